package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/cluster"
	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/listing"
	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/report"
	"github.com/dig2temporal/dig2temporal/internal/archive"
	"github.com/dig2temporal/dig2temporal/internal/projectstore"
	"github.com/dig2temporal/dig2temporal/translate/finding"
	"github.com/dig2temporal/dig2temporal/translate/project"
)

// pushOptions are the options of commands that push a project.
type pushOptions struct {
	dir          string
	revision     string
	copyOutgoing bool
}

func (o *pushOptions) add(flags *pflag.FlagSet) {
	flags.StringVar(&o.dir, "project", "", "Use this `FOLDER` as the project (default: the current one)")
	flags.StringVarP(&o.revision, "revision", "r", "", "`NAME` of the revision (default: a new UUID)")
	flags.BoolVar(&o.copyOutgoing, "copy-outgoing-symlinks", false, "Put files that symlinks outside of the project lead to into the archive")
}

func (c *Command) pushCommand() *cobra.Command {
	o, at := &pushOptions{}, &clusterOptions{}
	cmd := &cobra.Command{
		Use:   "push PROJECT [options]",
		Short: "Push a project folder as a new revision",
		Long: `Check a project folder, store it as a new revision of the project, and say what
workflows it has. Attempts that were started keep the revision they have.

Files and folders whose names begin with a dot are left out, and what the file
.digdagignore names.`,
		Example: `  dig2temporal push sales
  dig2temporal push sales --project etl -r "$(git rev-parse --short HEAD)"`,
		Args: arguments(1, 1, "the name of a project"),
		RunE: func(cmd *cobra.Command, args []string) error { return c.push(cmd.Context(), o, at, args[0]) },
	}
	o.add(cmd.Flags())
	at.add(cmd.Flags())
	return cmd
}

func (c *Command) push(ctx context.Context, o *pushOptions, at *clusterOptions, name string) error {
	k, err := c.withStore(ctx, at)
	if err != nil {
		return err
	}
	defer k.Close()
	r, err := c.pushTo(ctx, k, o, name)
	if err != nil {
		return err
	}
	if err := listing.Write(c.Out, at.output, revisionEntry(r)); err != nil {
		return err
	}
	if at.output == "text" {
		fmt.Fprintln(c.Err, "Use `dig2temporal workflows` to show all workflows.")
	}
	return nil
}

// pushTo checks, packs and stores a project folder.
func (c *Command) pushTo(ctx context.Context, k *cluster.Cluster, o *pushOptions, name string) (*projectstore.Revision, error) {
	place, err := c.place(&projectOptions{dir: o.dir}, "")
	if err != nil {
		return nil, err
	}
	push := projectstore.Push{Project: name, Revision: o.revision}
	p, err := project.Open(place.dir)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	ignore, err := p.Ignore()
	if err != nil {
		return nil, err
	}
	if push.Workflows, err = c.pushedWorkflows(place, p); err != nil {
		return nil, err
	}
	file, err := os.CreateTemp("", "dig2temporal-*.tar.gz")
	if err != nil {
		return nil, err
	}
	defer func() {
		_ = file.Close()
		_ = os.Remove(file.Name())
	}()
	packed, err := archive.Pack(ctx, place.dir, file, archive.Options{Ignore: ignore.Ignores, CopyOutgoingSymlinks: o.copyOutgoing})
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(c.Err, "Archived %d files, %d bytes.\n", len(packed.Files), packed.Size)
	if _, err := file.Seek(0, 0); err != nil {
		return nil, err
	}
	push.Archive = file
	return k.Projects.Push(ctx, push)
}

// pushedWorkflows compiles the workflows of a project. Errors are reported and
// refuse the project; warnings are reported.
func (c *Command) pushedWorkflows(place *place, p *project.Project) ([]projectstore.PushWorkflow, error) {
	loaded := p.Load()
	if err := report.Write(c.Err, "text", c.shownDir(place), "", loaded.Findings); err != nil {
		return nil, err
	}
	if finding.HasErrors(loaded.Findings) {
		return nil, fmt.Errorf("the project has errors; nothing was pushed")
	}
	if len(p.Workflows()) == 0 {
		fmt.Fprintln(c.Err, "warning: the project has no workflow definitions: files *.dig in its folder")
	}
	var list []projectstore.PushWorkflow
	for _, name := range p.Workflows() {
		compiled := loaded.Plans[name]
		text, err := json.Marshal(compiled)
		if err != nil {
			return nil, err
		}
		w := projectstore.PushWorkflow{Name: name, Timezone: compiled.Timezone, Plan: text}
		if compiled.Schedule != nil {
			if w.Schedule, err = json.Marshal(compiled.Schedule); err != nil {
				return nil, err
			}
		}
		list = append(list, w)
	}
	return list, nil
}

func revisionEntry(r *projectstore.Revision) listing.Entry {
	var names []string
	for _, w := range r.Workflows {
		names = append(names, w.Name)
	}
	return listing.Entry{
		{Key: "project_id", Value: r.ProjectID},
		{Key: "project", Value: r.Project},
		{Key: "revision", Value: r.Name},
		{Key: "number", Value: r.Number},
		{Key: "digest", Value: r.Digest},
		{Key: "size", Value: r.Size},
		{Key: "created_at", Value: r.CreatedAt},
		{Key: "workflows", Value: names},
	}
}
