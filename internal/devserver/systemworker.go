package devserver

import (
	"context"
	"fmt"
	"sync"

	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/server/common/headers"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/namespace"
	"go.temporal.io/server/common/primitives"
	"go.temporal.io/server/common/sdk"
	workercommon "go.temporal.io/server/service/worker/common"
	"go.uber.org/fx"
	"google.golang.org/grpc"
)

// systemParts are the workflows of the server that serve one namespace, as the frontend's modules provide them.
type systemParts struct {
	fx.In

	Namespaces namespace.Registry
	Components []workercommon.PerNSWorkerComponent `group:"perNamespaceWorkerComponent"`
}

// systemWorker runs the server's own workflows for one namespace: schedules, batch operations, worker deployments.
type systemWorker struct {
	client  client.Client
	worker  sdkworker.Worker
	cleanup []func()
}

func startSystemWorker(ctx context.Context, s *Server, env *environment) (*systemWorker, error) {
	ns, err := s.services.system.Namespaces.GetNamespace(namespace.Name(s.namespace))
	if err != nil {
		return nil, fmt.Errorf("start the worker of the server's own workflows: %w", err)
	}
	w := &systemWorker{}
	w.client, err = s.Dial(ctx, client.Options{
		DataConverter: sdk.PreferProtoDataConverter,
		Identity:      "temporal-system@" + s.namespace,
		Logger:        log.NewSdkLogger(env.logger),
	})
	if err != nil {
		return nil, fmt.Errorf("start the worker of the server's own workflows: %w", err)
	}
	w.worker = sdkworker.New(w.client, primitives.PerNSWorkerTaskQueue, sdkworker.Options{
		BackgroundActivityContext: headers.SetCallerInfo(context.Background(), headers.NewBackgroundHighCallerInfo(s.namespace)),
	})
	for _, c := range s.services.system.Components {
		if o := c.DedicatedWorkerOptions(ns); o != nil && !o.Enabled {
			continue
		}
		if f := c.Register(w.worker, ns, workercommon.RegistrationDetails{TotalWorkers: 1, Multiplicity: 1}); f != nil {
			w.cleanup = append(w.cleanup, f)
		}
	}
	if err := w.worker.Start(); err != nil {
		w.client.Close()
		return nil, fmt.Errorf("start the worker of the server's own workflows: %w", err)
	}
	return w, nil
}

func (w *systemWorker) stop() {
	w.worker.Stop()
	w.client.Close()
	for _, f := range w.cleanup {
		f()
	}
}

// sdkClients gives the services SDK clients of the frontend.
type sdkClients struct {
	network *network
	logger  log.Logger

	once   sync.Once
	system client.Client
}

var _ sdk.ClientFactory = (*sdkClients)(nil)

func (c *sdkClients) GetSystemClient() client.Client {
	c.once.Do(func() {
		var err error
		c.system, err = client.NewLazyClient(client.Options{
			HostPort:          "passthrough:///embedded",
			Namespace:         primitives.SystemLocalNamespace,
			Logger:            log.NewSdkLogger(c.logger),
			ConnectionOptions: client.ConnectionOptions{DialOptions: c.network.frontend.dialOptions()},
		})
		if err != nil {
			panic(fatalError{err})
		}
	})
	return c.system
}

func (c *sdkClients) NewClient(opts client.Options) client.Client {
	opts.Logger = log.NewSdkLogger(c.logger)
	opts.ConnectionOptions = client.ConnectionOptions{DialOptions: []grpc.DialOption{}}
	made, err := client.NewClientFromExisting(c.GetSystemClient(), opts)
	if err != nil {
		panic(fatalError{err})
	}
	return made
}

func (c *sdkClients) NewWorker(for_ client.Client, taskQueue string, opts sdkworker.Options) sdkworker.Worker {
	return sdkworker.New(for_, taskQueue, opts)
}
