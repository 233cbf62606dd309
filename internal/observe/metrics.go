package observe

import (
	"context"
	"log/slog"
	"net/http"
	"runtime"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	otelprometheus "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/opentelemetry"
)

// seconds are the buckets of durations: a local activity takes milliseconds, a
// task may take hours.
var seconds = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 4 * 3600, 24 * 3600}

// metrics are those of one worker, in a registry of their own.
type metrics struct {
	registry *prometheus.Registry
	provider *sdkmetric.MeterProvider
	meter    metric.Meter
	sdk      client.MetricsHandler
	logger   *slog.Logger

	running  metric.Int64UpDownCounter
	finished metric.Int64Counter
	duration metric.Float64Histogram
}

func newMetrics(o Options) (*metrics, error) {
	m := &metrics{registry: prometheus.NewRegistry(), logger: o.Logger}
	exporter, err := otelprometheus.New(otelprometheus.WithRegisterer(m.registry),
		otelprometheus.WithoutScopeInfo(), otelprometheus.WithoutTargetInfo())
	if err != nil {
		return nil, err
	}
	m.provider = sdkmetric.NewMeterProvider(
		sdkmetric.WithReader(exporter),
		sdkmetric.WithResource(resource.Empty()),
		sdkmetric.WithView(sdkmetric.NewView(
			sdkmetric.Instrument{Kind: sdkmetric.InstrumentKindHistogram, Unit: "s"},
			sdkmetric.Stream{Aggregation: sdkmetric.AggregationExplicitBucketHistogram{Boundaries: seconds}},
		)),
	)
	m.meter = m.provider.Meter("dig2temporal")
	m.sdk = opentelemetry.NewMetricsHandler(opentelemetry.MetricsHandlerOptions{
		Meter: m.provider.Meter("temporal-sdk-go"), UseMonotonicCounters: true, OnError: m.failed,
	})
	m.running, err = m.meter.Int64UpDownCounter("dig2temporal_tasks_running", metric.WithDescription("Tasks that run now."))
	if err != nil {
		return nil, err
	}
	m.finished, err = m.meter.Int64Counter("dig2temporal_tasks_finished",
		metric.WithDescription("Runs of tasks that have ended, by operator and outcome."))
	if err != nil {
		return nil, err
	}
	m.duration, err = m.meter.Float64Histogram("dig2temporal_task_duration", metric.WithUnit("s"),
		metric.WithDescription("How long runs of tasks take, by operator and outcome."))
	if err != nil {
		return nil, err
	}
	build := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "dig2temporal_build_info", Help: "1, with the version of the program.",
		ConstLabels: prometheus.Labels{"version": o.Version, "goversion": runtime.Version()},
	}, func() float64 { return 1 })
	for _, c := range []prometheus.Collector{
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), build,
	} {
		if err := m.registry.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *metrics) failed(err error) { m.logger.Warn("a metric can't be kept", "error", err) }

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorLog: slog.NewLogLogger(m.logger.Handler(), slog.LevelWarn), MaxRequestsInFlight: 4, EnableOpenMetrics: true,
	})
}

// Counter returns what adds to a metric that only rises; name is without the
// "_total" that Prometheus wants. Without metrics it adds to nothing.
func (w *Observe) Counter(name, help string) func(n int) {
	if w.metrics == nil {
		return func(int) {}
	}
	counter, err := w.metrics.meter.Int64Counter(name, metric.WithDescription(help))
	if err != nil {
		w.metrics.failed(err)
		return func(int) {}
	}
	return func(n int) { counter.Add(context.Background(), int64(n)) }
}
