package outcome

import (
	"context"

	"github.com/dig2temporal/dig2temporal/internal/claimcheck"
	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/worker"
)

// Expand puts large values in the place of their references.
func Expand(ctx context.Context, values *claimcheck.Values, rows []*worker.Row) error {
	for _, r := range rows {
		for _, o := range []**ordered.Object{&r.Export, &r.Store, &r.Error} {
			var err error
			if *o, err = values.Expand(ctx, *o); err != nil {
				return err
			}
		}
	}
	return nil
}
