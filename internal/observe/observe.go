// Package observe lets others watch a worker: metrics for Prometheus, health for
// whatever restarts it, and traces by OpenTelemetry. What is not asked for costs
// nothing: there are no interceptors then, and the SDK keeps no metrics.
package observe

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
)

// Options say what is to be watched, and how.
type Options struct {
	// Listen is the HOST:PORT of /metrics, /healthz and /readyz; there are none
	// when it is empty.
	Listen string
	// Tracing sends spans to the OpenTelemetry collector that the standard
	// variables of the process's environment name (OTEL_EXPORTER_OTLP_ENDPOINT and
	// its kin, OTEL_TRACES_SAMPLER, OTEL_RESOURCE_ATTRIBUTES); by default by HTTP to
	// localhost:4318.
	Tracing bool
	// Service and Version name the program in traces, where the environment does
	// not. Version is that of the metric dig2temporal_build_info, too.
	Service, Version string
	// Tasks tells activities that run tasks from others. Required.
	Tasks Tasks
	// Logger is told of spans that can't be sent. The default says nothing.
	Logger *slog.Logger
}

// Tasks knows what the activities of a worker are.
type Tasks interface {
	// Operator returns the operator of the task that an activity runs, "" when it
	// runs none. Answers must be few: each is the label of a metric.
	Operator(activityType string, args []any) string
	// Outcome names how an activity ended, in one of a few words, and tells whether
	// that is a failure.
	Outcome(result any, err error) (name string, failed bool)
	// Attributes describe the task that an activity with these arguments runs; its
	// span gets them.
	Attributes(args []any) map[string]string
}

// Observe is what watches a worker. It is safe for concurrent use.
type Observe struct {
	health   *health
	metrics  *metrics // nil without a listener
	tracing  *tracing // nil when it is off
	address  string
	server   *http.Server
	observer interceptor.WorkerInterceptor
}

// Start starts to listen and to send what the options ask for. Until SetReady is
// called the worker is not ready.
func Start(ctx context.Context, o Options) (*Observe, error) {
	o.Service = cmp.Or(o.Service, "dig2temporal")
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	w := &Observe{health: &health{}}
	var err error
	if o.Listen != "" {
		err = w.listen(o)
	}
	if err == nil && o.Tracing {
		w.tracing, err = startTracing(ctx, o)
	}
	if err != nil {
		return nil, errors.Join(err, w.Close(ctx))
	}
	if w.metrics != nil || w.tracing != nil {
		w.observer = &observer{tasks: o.Tasks, metrics: w.metrics}
	}
	return w, nil
}

func (w *Observe) listen(o Options) error {
	var err error
	if w.metrics, err = newMetrics(o); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", w.metrics.handler())
	mux.HandleFunc("GET /healthz", w.health.live)
	mux.HandleFunc("GET /readyz", w.health.ready)
	w.address = listener.Addr().String()
	w.server = &http.Server{
		Handler: mux, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(o.Logger.Handler(), slog.LevelDebug),
	}
	go func() { _ = w.server.Serve(listener) }()
	return nil
}

// Address is the host and port that it listens on, "" for none.
func (w *Observe) Address() string { return w.address }

// MetricsHandler takes the metrics of the SDK; it is for the options of clients.
// It is nil when nobody asked for metrics.
func (w *Observe) MetricsHandler() client.MetricsHandler {
	if w.metrics == nil {
		return nil
	}
	return w.metrics.sdk
}

// ClientInterceptors are for the options of clients. Workers with such a client
// take them over by themselves.
func (w *Observe) ClientInterceptors() []interceptor.ClientInterceptor {
	if w.tracing == nil {
		return nil
	}
	return []interceptor.ClientInterceptor{w.tracing.interceptor}
}

// WorkerInterceptors are for the options of workers.
func (w *Observe) WorkerInterceptors() []interceptor.WorkerInterceptor {
	if w.observer == nil {
		return nil
	}
	return []interceptor.WorkerInterceptor{w.observer}
}

// SetReady says that the worker takes tasks as long as check succeeds, which
// gets some seconds; nil says that it takes none.
func (w *Observe) SetReady(check func(context.Context) error) { w.health.set(check) }

// Close stops listening and sends the last spans, as long as the context lasts
// but at most 5 seconds.
func (w *Observe) Close(ctx context.Context) error {
	ctx, stop := context.WithTimeout(ctx, 5*time.Second)
	defer stop()
	var errs []error
	if w.tracing != nil {
		errs = append(errs, w.tracing.provider.Shutdown(ctx))
	}
	if w.server != nil {
		errs = append(errs, w.server.Close())
	}
	if w.metrics != nil {
		errs = append(errs, w.metrics.provider.Shutdown(ctx))
	}
	return errors.Join(errs...)
}
