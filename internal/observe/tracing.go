package observe

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.temporal.io/sdk/contrib/opentelemetry"
	"go.temporal.io/sdk/interceptor"
)

type tracing struct {
	provider    *sdktrace.TracerProvider
	interceptor interceptor.Interceptor
}

func startTracing(ctx context.Context, o Options) (*tracing, error) {
	sender, err := spanSender(ctx)
	if err != nil {
		return nil, fmt.Errorf("spans can't be sent: %w", err)
	}
	// What comes later wins: the environment.
	about, err := resource.New(ctx,
		resource.WithAttributes(attribute.String("service.name", o.Service), attribute.String("service.version", o.Version)),
		resource.WithTelemetrySDK(), resource.WithHost(), resource.WithFromEnv(),
	)
	if err != nil {
		return nil, fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	t := &tracing{provider: sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(&loggedSender{SpanExporter: sender, logger: o.Logger}), sdktrace.WithResource(about),
	)}
	t.interceptor, err = opentelemetry.NewTracingInterceptor(opentelemetry.TracerOptions{
		Tracer: t.provider.Tracer("temporal-sdk-go"),
		// An attempt that was started by a client with other habits must still run.
		AllowInvalidParentSpans: true,
	})
	return t, err
}

// spanSender sends by the protocol that the environment names. The rest of the
// variables is read by the sender itself.
func spanSender(ctx context.Context) (sdktrace.SpanExporter, error) {
	const general, special = "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"
	switch protocol := cmp.Or(os.Getenv(special), os.Getenv(general), "http/protobuf"); protocol {
	case "http/protobuf":
		return otlptracehttp.New(ctx)
	case "grpc":
		return otlptrace.New(ctx, otlptracegrpc.NewClient())
	default:
		return nil, fmt.Errorf("unknown protocol %q in %s, expected grpc or http/protobuf", protocol, general)
	}
}

// loggedSender tells the worker's log when spans can't be sent. The library would
// write to stderr, once for each batch.
type loggedSender struct {
	sdktrace.SpanExporter
	logger *slog.Logger
	failed atomic.Bool
}

func (s *loggedSender) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	err := s.SpanExporter.ExportSpans(ctx, spans)
	switch {
	case err != nil && !s.failed.Swap(true):
		s.logger.Warn("traces can't be sent; they are lost until they can", "error", err)
	case err == nil && s.failed.Swap(false):
		s.logger.Warn("traces can be sent again")
	}
	return nil
}
