package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/dig2temporal/dig2temporal/internal/archive"
)

func (c *Command) downloadCommand() *cobra.Command {
	at := &clusterOptions{}
	var folder, revision string
	cmd := &cobra.Command{
		Use:   "download PROJECT [options]",
		Short: "Download a revision of a project into a folder",
		Long: `Download the files of a project, as of the newest revision or the one that
--revision names, into a folder that does not exist or is empty.`,
		Example: `  dig2temporal download sales
  dig2temporal download sales -r v12 -o sales-v12`,
		Args: arguments(1, 1, "a project"),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			if folder == "" {
				folder = args[0]
			}
			dir := c.path(folder)
			if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 || err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("%q is no empty folder: name another one with --into", folder)
			}
			k, err := c.withStore(ctx, at)
			if err != nil {
				return err
			}
			defer k.Close()
			r, err := findRevision(ctx, k, args[0], revision)
			if err != nil {
				return err
			}
			packed, err := k.Projects.Archive(ctx, r.Digest)
			if err != nil {
				return err
			}
			defer packed.Close()
			if err := os.MkdirAll(dir, 0o777); err != nil {
				return err
			}
			if err := archive.Unpack(ctx, packed, dir, archive.Limits{}); err != nil {
				return err
			}
			fmt.Fprintf(c.Err, "Downloaded revision %s of project %s into %s\n", r.Name, r.Project, folder)
			return nil
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&folder, "into", "o", "", "`FOLDER` to download into (default: the name of the project)")
	flags.StringVarP(&revision, "revision", "r", "", "`NAME` of the revision (default: the newest)")
	at.add(flags)
	_ = flags.MarkHidden("output")
	return cmd
}
