package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"gocloud.dev/blob"

	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/cluster"
	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/listing"
	"github.com/dig2temporal/dig2temporal/internal/bucket"
	"github.com/dig2temporal/dig2temporal/internal/keeper"
	"github.com/dig2temporal/dig2temporal/internal/keyfile"
	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/operators"
)

func (c *Command) setupCommand() *cobra.Command {
	at := &clusterOptions{}
	s := cluster.Settings{}
	var routes []string
	cmd := &cobra.Command{
		Use:   "setup [options]",
		Short: "Prepare a Temporal namespace",
		Long: `Register the search attributes that listings need in the namespace, and write
into it where the stores are, so that clients and workers find them: a store of
projects and logs, and a keeper that encrypts secrets. It may be repeated; what
is not given stays as it is.

Stores:   s3://BUCKET?region=eu-west-1, gs://BUCKET, azblob://CONTAINER,
          file:///FOLDER that all workers and clients share
Keepers:  awskms://, gcpkms://, azurekeyvault://, hashivault://,
          keyfile:///FILE that all workers and clients have; it is made if it
          is not there

Where a namespace can't be changed, as in Temporal Cloud, set the environment
variables ` + cluster.EnvStore + ` and ` + cluster.EnvKeeper + ` of clients and workers.`,
		Example: `  dig2temporal setup --store "s3://pipelines?region=eu-west-1" --keeper "awskms://alias/pipelines?region=eu-west-1"
  dig2temporal setup --route py=scripts`,
		Args: arguments(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			s.Store = at.store
			var err error
			if s.Routes, err = readRoutes(routes); err != nil {
				return err
			}
			k, err := c.connect(ctx, at)
			if err != nil {
				return err
			}
			defer k.Close()
			if err := c.checkSettings(ctx, k.Held, s); err != nil {
				return err
			}
			added, err := k.AddSearchAttributes(ctx)
			if err != nil {
				return err
			}
			if err := k.Set(ctx, s); err != nil {
				return err
			}
			if len(added) > 0 {
				fmt.Fprintf(c.Err, "Registered the search attributes %s.\n", strings.Join(added, ", "))
			}
			now := k.Held.With(s)
			return listing.Write(c.Out, at.output, listing.Entry{
				{Key: "address", Value: k.Address}, {Key: "namespace", Value: k.Namespace},
				{Key: "store", Value: now.Store}, {Key: "keeper", Value: now.Keeper}, {Key: "web_ui", Value: now.WebUI},
				{Key: "routes", Value: shownRoutes(now.Routes)},
			})
		},
	}
	at.add(cmd.Flags())
	cmd.Flags().StringVar(&s.Keeper, "keeper", "", "`URL` of what encrypts secrets")
	cmd.Flags().StringArrayVar(&routes, "route", nil, "Send tasks of an operator to other workers, as `OPERATOR=QUEUE`; OPERATOR= takes that back; may be given many times")
	cmd.Flags().StringVar(&s.WebUI, "web-ui", "", "Address of Temporal's Web UI, such as `http://localhost:8233`, for links")
	return cmd
}

// checkSettings opens what is to be set, so that a wrong one is not set. It makes
// a key file that is not there, unless the namespace uses it already: then another
// machine has the key.
func (c *Command) checkSettings(ctx context.Context, now, s cluster.Settings) error {
	if now.Server && (s.Store != "" || s.Keeper != "") {
		return errors.New(`the namespace belongs to a "dig2temporal server": give it --store and --keeper when it is started`)
	}
	if strings.HasPrefix(s.Keeper, "base64key:") {
		return usagef("--keeper must not hold a key: whoever may look at the namespace would see it. Use keyfile:///FILE or a key management service")
	}
	if s.Store != "" {
		b, err := bucket.Open(ctx, s.Store)
		if err != nil {
			return err
		}
		defer b.Close()
		if err := checkStore(ctx, b); err != nil {
			return fmt.Errorf("the store can't be used: %w", err)
		}
	}
	if s.Keeper != "" {
		if file := keeper.File(s.Keeper); file != "" && s.Keeper != now.Keeper {
			_, err := keyfile.Create(file)
			if err != nil && !errors.Is(err, fs.ErrExist) {
				return err
			}
			if err == nil {
				fmt.Fprintf(c.Err, "Wrote a new key to %s: all workers need the file, and whoever sets secrets.\n", file)
			}
		}
		k, err := keeper.Open(ctx, s.Keeper)
		if err != nil {
			return err
		}
		return k.Close()
	}
	return nil
}

// checkStore writes into a store, which has to tell that an object is there
// already: revisions rely on it, and not all that speak S3's protocol can.
func checkStore(ctx context.Context, b *blob.Bucket) error {
	if there, err := b.IsAccessible(ctx); err != nil {
		return err
	} else if !there {
		return errors.New("there is no such bucket")
	}
	const name, text = "dig2temporal.txt", "dig2temporal keeps projects, logs and large values here.\n"
	if err := bucket.Create(ctx, b, name, "text/plain", strings.NewReader(text)); err != nil && !errors.Is(err, bucket.ErrExists) {
		return err
	}
	switch err := bucket.Create(ctx, b, name, "text/plain", strings.NewReader(text)); {
	case errors.Is(err, bucket.ErrExists):
		return nil
	case err != nil:
		return err
	default:
		return errors.New("it replaces an object that must not be replaced (If-None-Match is ignored)")
	}
}

func readRoutes(list []string) (map[string]string, error) {
	registry := operators.Default()
	known := registry.Names()
	routes := map[string]string{}
	for _, text := range list {
		operator, queue, ok := strings.Cut(text, "=")
		operator = strings.TrimSuffix(operator, ">")
		switch {
		case !ok:
			return nil, usagef("--route takes OPERATOR=QUEUE but got %q", text)
		case !slices.Contains(known, operator):
			return nil, usagef("--route: unknown operator %q%s", operator, didYouMean(operator, known))
		}
		if op, _ := registry.Lookup(operator); op.Spec().Local {
			return nil, usagef("--route: %s> is done by the workers that walk the workflow, so it can't be sent elsewhere", operator)
		}
		routes[operator] = queue
	}
	return routes, nil
}

func shownRoutes(routes map[string]string) *ordered.Object {
	shown := ordered.New()
	for _, operator := range slices.Sorted(maps.Keys(routes)) {
		if queue := routes[operator]; queue != "" {
			shown.Set(operator, queue)
		}
	}
	return shown
}
