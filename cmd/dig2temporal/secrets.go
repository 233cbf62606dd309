package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dig2temporal/dig2temporal/activities"
	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/params"
	"github.com/dig2temporal/dig2temporal/internal/secretstore"
)

type secretsOptions struct {
	clusterOptions
	local       bool
	project     string
	set, delete []string
}

func (c *Command) secretsCommand() *cobra.Command {
	o := &secretsOptions{}
	cmd := &cobra.Command{
		Use:   "secrets (--local | --project PROJECT) [--set KEY... | --delete KEY...] [options]",
		Short: "Set, delete and list secrets",
		Long: `Set, delete and list the secrets that tasks use as ${secret:KEY} in sh> and in
_env. Without --set and --delete the keys are listed; values are never shown.

With --local they are those that "dig2temporal run" gives to tasks of this user.
They are kept encrypted in $DIGDAG_CONFIG_HOME, $XDG_CONFIG_HOME/dig2temporal or
~/.config/dig2temporal, with the key beside them, readable for this user only.

With --project they are those of a project of the cluster, for all its attempts.
They are kept in the cluster's store, encrypted by its keeper.

What follows --set is one or more of

  KEY          ask for the value, without showing it
  KEY=-        the value is the standard input, with its line ends
  KEY=@FILE    the value is the content of the file, with its line ends
  KEY=VALUE    the value itself; other users of the machine may see it
  @FILE, @-    keys with their values, as YAML or JSON`,
		Example: `  dig2temporal secrets --local --set db.password
  printf %s "$TOKEN" | dig2temporal secrets --local --set api.token=-
  dig2temporal secrets --local --set @secrets.yml
  dig2temporal secrets --local --delete db.password api.token
  dig2temporal secrets --project sales --set db.password`,
		Args: func(_ *cobra.Command, args []string) error { return o.more(args) },
		RunE: func(cmd *cobra.Command, _ []string) error { return c.secrets(cmd.Context(), o) },
	}
	flags := cmd.Flags()
	flags.BoolVar(&o.local, "local", false, "The secrets of this user")
	flags.StringVar(&o.project, "project", "", "The secrets of this `PROJECT` of the cluster")
	flags.StringArrayVar(&o.set, "set", nil, "Set a secret, as `KEY`, KEY=VALUE, KEY=@FILE, KEY=-, @FILE or @-; more may follow")
	flags.StringArrayVar(&o.delete, "delete", nil, "Delete the secret `KEY`; more may follow")
	o.add(flags)
	return cmd
}

// more adds the arguments that follow --set or --delete.
func (o *secretsOptions) more(args []string) error {
	switch {
	case len(o.set) > 0 && len(o.delete) > 0:
		return usagef("Please specify only one of --set or --delete")
	case len(o.set) > 0:
		o.set = append(o.set, args...)
	case len(o.delete) > 0:
		o.delete = append(o.delete, args...)
	case len(args) > 0:
		// It may be a secret, so it is not repeated.
		return usagef("unexpected argument: expected --set or --delete before it")
	}
	return nil
}

func (c *Command) secrets(ctx context.Context, o *secretsOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	do := func(store secretSet) error {
		switch {
		case len(o.set) > 0:
			return c.setSecrets(store, o.set)
		case len(o.delete) > 0:
			return c.deleteSecrets(store, o.delete)
		}
		return c.listSecrets(store, o.output)
	}
	switch {
	case o.local && o.project != "":
		return usagef("--local and --project don't work together")
	case o.project != "":
		return c.onProjectSecrets(ctx, &o.clusterOptions, o.project, do)
	case !o.local:
		return usagef("expected --local or --project")
	}
	folder := c.secretsFolder()
	if folder == "" {
		return errors.New("there is no folder for secrets: HOME is not set; set DIGDAG_CONFIG_HOME to one")
	}
	return do(secretstore.Open(folder))
}

func (c *Command) setSecrets(store secretSet, args []string) error {
	reader := &secretReader{command: c}
	secrets, err := reader.read(args)
	if err != nil {
		return err
	}
	if err := store.Set(secrets); err != nil {
		return err
	}
	for _, key := range reader.keys {
		fmt.Fprintf(c.Err, "Secret '%s' set\n", key)
		if strings.HasSuffix(secrets[key], "\n") {
			fmt.Fprintf(c.Err, "Its value ends with a line end, which is part of it.\n")
		}
	}
	return nil
}

func (c *Command) deleteSecrets(store secretSet, keys []string) error {
	seen := map[string]bool{}
	for _, key := range keys {
		if err := secretstore.CheckKey(key); err != nil {
			return &usageError{err}
		}
		if seen[key] {
			return usagef("Duplicate --delete secret key: '%s'", key)
		}
		seen[key] = true
	}
	missing, err := store.Delete(keys...)
	if err != nil {
		return err
	}
	for _, key := range missing {
		seen[key] = false
	}
	for _, key := range keys {
		if seen[key] {
			fmt.Fprintf(c.Err, "Secret '%s' deleted\n", key)
		} else {
			fmt.Fprintf(c.Err, "Secret '%s' was not set\n", key)
		}
	}
	return nil
}

type secretJSON struct {
	Key string `json:"key"`
}

func (c *Command) listSecrets(store secretSet, output string) error {
	keys, err := store.Keys()
	if err != nil {
		return err
	}
	if output == "json" {
		list := make([]secretJSON, len(keys))
		for i, key := range keys {
			list[i].Key = key
		}
		return c.writeJSON(map[string]any{"secrets": list})
	}
	for _, key := range keys {
		fmt.Fprintln(c.Out, key)
	}
	return nil
}

// secretsFolder is where the secrets of the user are, "" when nobody knows.
func (c *Command) secretsFolder() string {
	if home := c.getenv("DIGDAG_CONFIG_HOME"); home != "" {
		return c.path(home)
	}
	if home := c.getenv("XDG_CONFIG_HOME"); home != "" {
		return filepath.Join(c.path(home), "dig2temporal")
	}
	if home := c.getenv("HOME"); home != "" {
		return filepath.Join(c.path(home), ".config", "dig2temporal")
	}
	return ""
}

// localSecrets finds the secrets of a run: those of the configuration, then
// those of the user.
type localSecrets struct {
	configured map[string]string
	store      *secretstore.Store
}

var _ activities.Secrets = (*localSecrets)(nil)

// localSecrets returns what tasks of a run get their secrets from.
func (c *Command) localSecrets(o *projectOptions) (*localSecrets, error) {
	pairs, err := c.configuration(o)
	if err != nil {
		return nil, err
	}
	s := &localSecrets{configured: configuredSecrets(pairs)}
	if folder := c.secretsFolder(); folder != "" {
		s.store = secretstore.Open(folder)
	}
	return s, nil
}

// configuredSecrets are the keys "secrets.*"; of a repeated one the last counts.
func configuredSecrets(pairs []params.Pair) map[string]string {
	secrets := map[string]string{}
	for _, p := range pairs {
		if key, ok := strings.CutPrefix(p.Key, "secrets."); ok {
			secrets[key] = p.Value
		}
	}
	return secrets
}

func (s *localSecrets) Get(_ context.Context, _ *activities.Session, key string) (string, bool, error) {
	if value, ok := s.configured[key]; ok {
		return value, true, nil
	}
	if s.store == nil {
		return "", false, nil
	}
	return s.store.Get(key)
}
