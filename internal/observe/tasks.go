package observe

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"
)

// observer sees every activity of a worker. The interceptor of tracing is around
// it, so that the span of the context is that of the activity.
type observer struct {
	interceptor.WorkerInterceptorBase
	tasks   Tasks
	metrics *metrics // nil without metrics
}

func (o *observer) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	a := &observedActivity{observer: o}
	a.Next = next
	return a
}

type observedActivity struct {
	interceptor.ActivityInboundInterceptorBase
	*observer
}

func (a *observedActivity) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	name := a.tasks.Operator(activity.GetInfo(ctx).ActivityType.Name, in.Args)
	if name == "" {
		return a.Next.ExecuteActivity(ctx, in)
	}
	operator := attribute.String("operator", name)
	if a.metrics != nil {
		started, running := time.Now(), metric.WithAttributes(operator)
		a.metrics.running.Add(ctx, 1, running)
		defer func() { a.metrics.running.Add(ctx, -1, running) }()
		result, err := a.traced(ctx, in)
		outcome, _ := a.tasks.Outcome(result, err)
		ended := metric.WithAttributes(operator, attribute.String("outcome", outcome))
		a.metrics.finished.Add(ctx, 1, ended)
		a.metrics.duration.Record(ctx, time.Since(started).Seconds(), ended)
		return result, err
	}
	return a.traced(ctx, in)
}

func (a *observedActivity) traced(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	span := trace.SpanFromContext(ctx)
	if !span.IsRecording() {
		return a.Next.ExecuteActivity(ctx, in)
	}
	for key, value := range a.tasks.Attributes(in.Args) {
		span.SetAttributes(attribute.String(key, value))
	}
	result, err := a.Next.ExecuteActivity(ctx, in)
	outcome, failed := a.tasks.Outcome(result, err)
	span.SetAttributes(attribute.String("dig2temporal.outcome", outcome))
	if failed {
		// To Temporal the failures of tasks are benign: they are no fault of the
		// worker. Whoever reads traces looks for them.
		text := outcome
		if err != nil {
			text = err.Error()
		}
		span.SetStatus(codes.Error, text)
	}
	return result, err
}
