package devserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/server/api/adminservice/v1"
	"go.temporal.io/server/api/historyservice/v1"
	"go.temporal.io/server/api/matchingservice/v1"
	"go.temporal.io/server/common/metrics"
	"go.temporal.io/server/common/primitives"
	"go.temporal.io/server/common/rpc/interceptor"
	"go.temporal.io/server/service"
	"go.temporal.io/server/service/frontend"
	"go.temporal.io/server/service/history"
	"go.temporal.io/server/service/history/events"
	"go.temporal.io/server/service/history/replication"
	"go.temporal.io/server/service/matching"
	"go.temporal.io/server/service/worker/batcher"
	"go.uber.org/fx"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
)

// servicePatience bounds start and stop of one service. Both take milliseconds.
const servicePatience = 10 * time.Second

// startPatience is how long the start of a task may take. Matching gives it a second and then offers the task anew;
// on a busy machine a big history takes longer, and would be read again and again for nothing.
const startPatience = 30 * time.Second

type services struct {
	matching, history, frontend *fx.App
	system                      systemParts
}

// startServices builds the three services at once, while the database is prepared, and starts them in the order in
// which they need each other.
func startServices(ctx context.Context, env *environment, prepare func() error) (*services, error) {
	s := &services{}
	var build errgroup.Group
	build.Go(caught(prepare))
	build.Go(caught(func() error { s.matching = newMatching(env); return s.matching.Err() }))
	build.Go(caught(func() error { s.history = newHistory(env); return s.history.Err() }))
	build.Go(caught(func() error { s.frontend = newFrontend(env, &s.system); return s.frontend.Err() }))
	if err := build.Wait(); err != nil {
		return s, err
	}
	ctx, cancel := context.WithTimeout(ctx, servicePatience)
	defer cancel()
	for _, app := range []*fx.App{s.matching, s.history, s.frontend} {
		if err := app.Start(ctx); err != nil {
			return s, fmt.Errorf("start the embedded server: %w", err)
		}
	}
	return s, nil
}

func (s *services) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), servicePatience)
	defer cancel()
	for _, app := range []*fx.App{s.frontend, s.history, s.matching} {
		if app != nil && app.Err() == nil {
			_ = app.Stop(ctx) // what doesn't stop in time ends with the process
		}
	}
}

// caught turns what the parts can't start without, and report to their logger as the end of the process, into an error.
func caught(do func() error) func() error {
	return func() (err error) {
		defer func() {
			if p := recover(); p != nil {
				fatal, ok := p.(fatalError)
				if !ok {
					panic(p)
				}
				err = fatal
			}
		}()
		return do()
	}
}

func newMatching(env *environment) *fx.App {
	e := env.network.matching
	return fx.New(
		env.options(primitives.MatchingService, e.pipe),
		matching.Module,
		fx.Invoke(func(lc fx.Lifecycle, parts service.GrpcServerOptionsParams, handler *matching.Handler) {
			e.serve(&matchingservice.MatchingService_ServiceDesc, handler)
			lc.Append(fx.StartStopHook(func() { e.start(internalInterceptors(parts)) }, e.stop))
		}),
	)
}

func newHistory(env *environment) *fx.App {
	e := env.network.history
	return fx.New(
		env.options(primitives.HistoryService, e.pipe),
		history.QueueModule,
		history.Module,
		replication.Module,
		fx.Decorate(func(events.Notifier) events.Notifier { return newNotifier() }),
		fx.Invoke(func(lc fx.Lifecycle, parts service.GrpcServerOptionsParams, handler historyservice.HistoryServiceServer) {
			e.serve(&historyservice.HistoryService_ServiceDesc, handler)
			e.bePatient(startPatience,
				historyservice.HistoryService_RecordWorkflowTaskStarted_FullMethodName,
				historyservice.HistoryService_RecordActivityTaskStarted_FullMethodName)
			lc.Append(fx.StartStopHook(func() { e.start(internalInterceptors(parts)) }, e.stop))
		}),
	)
}

// internalInterceptors are those of an internal service that do more than measure, limit and pass measurements on.
func internalInterceptors(parts service.GrpcServerOptionsParams) []grpc.UnaryServerInterceptor {
	all := []grpc.UnaryServerInterceptor{parts.ServiceErrorInterceptor.Intercept, unmeasured}
	all = append(all, parts.AdditionalInterceptors...)
	return append(all, parts.RetryableInterceptor.Intercept)
}

// unmeasured provides the metrics that handlers look for.
func unmeasured(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	return handler(interceptor.AddTelemetryContext(ctx, metrics.NoopMetricsHandler), req)
}

func newFrontend(env *environment, system *systemParts) *fx.App {
	e := env.network.frontend
	var listener net.Listener = e.pipe
	if env.network.public != nil {
		listener = env.network.public
	}
	return fx.New(
		env.options(primitives.FrontendService, listener),
		fx.Supply([]grpc.UnaryServerInterceptor(nil)),
		frontend.Module,
		batcher.Module,
		fx.Invoke(func(
			lc fx.Lifecycle, server *grpc.Server, parts frontend.GrpcServerOptions, health *interceptor.HealthInterceptor,
			workflows frontend.Handler, admin *frontend.AdminHandler, operator *frontend.OperatorHandlerImpl,
		) {
			e.serve(&workflowservice.WorkflowService_ServiceDesc, workflows)
			e.serve(&adminservice.AdminService_ServiceDesc, admin)
			e.serve(&operatorservice.OperatorService_ServiceDesc, operator)
			lc.Append(fx.StartStopHook(func() {
				// The frontend calls itself healthy in a goroutine of its own, a little after it has started.
				health.SetHealthy(true)
				e.start(parts.UnaryInterceptors)
				if listener != net.Listener(e.pipe) {
					go func() {
						if err := server.Serve(e.pipe); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
							env.logger.Error("the embedded server's pipe broke: " + err.Error())
						}
					}()
				}
			}, e.stop))
		}),
		fx.Populate(system),
	)
}
