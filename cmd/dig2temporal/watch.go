package main

import (
	"context"
	"fmt"

	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/serve"
	"github.com/dig2temporal/dig2temporal/internal/observe"
	"github.com/dig2temporal/dig2temporal/operators"
)

// startWatch lets others watch a worker as its options say.
func (c *Command) startWatch(ctx context.Context, o *workerOptions, service string) (stop func(), err error) {
	o.watch, err = observe.Start(ctx, observe.Options{
		Listen: o.httpListen, Tracing: o.tracing, Service: service, Version: c.version(),
		Tasks: serve.Tasks(operators.Default()), Logger: c.serverLogger(o),
	})
	if err != nil {
		return nil, err
	}
	if address := o.watch.Address(); address != "" {
		fmt.Fprintf(c.Err, "Metrics and health: http://%s\n", address)
	}
	return func() {
		if err := o.watch.Close(context.WithoutCancel(ctx)); err != nil {
			fmt.Fprintf(c.Err, "warning: %v\n", err)
		}
	}, nil
}
