package devserver

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
)

// caller is a service whose methods do what the test says.
type caller struct {
	workflowservice.UnimplementedWorkflowServiceServer
	describe func(context.Context, *workflowservice.DescribeWorkflowExecutionRequest) (*workflowservice.DescribeWorkflowExecutionResponse, error)
}

func (c *caller) DescribeWorkflowExecution(
	ctx context.Context, r *workflowservice.DescribeWorkflowExecutionRequest,
) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	return c.describe(ctx, r)
}

func newCaller(t *testing.T) (*endpoint, *caller, *grpc.ClientConn) {
	t.Helper()
	e, c := newEndpoint(), &caller{}
	e.serve(&workflowservice.WorkflowService_ServiceDesc, c)
	server := grpc.NewServer()
	healthpb.RegisterHealthServer(server, health.NewServer())
	go func() { _ = server.Serve(e.pipe) }()
	t.Cleanup(server.Stop)
	conn, err := grpc.NewClient("passthrough:///embedded", e.dialOptions()...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return e, c, conn
}

type key struct{}

func TestCall(t *testing.T) {
	e, c, conn := newCaller(t)
	order := ""
	var methods []string
	e.start([]grpc.UnaryServerInterceptor{
		func(ctx context.Context, r any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
			order += "1"
			return next(ctx, r)
		},
		func(ctx context.Context, r any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
			order += "2"
			methods = append(methods, info.FullMethod)
			return next(ctx, r)
		},
	})
	kept := &workflowservice.DescribeWorkflowExecutionResponse{}
	c.describe = func(ctx context.Context, r *workflowservice.DescribeWorkflowExecutionRequest) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
		if got := metadata.ValueFromIncomingContext(ctx, "who"); len(got) != 1 || got[0] != "me" {
			t.Errorf("metadata is %q", got)
		}
		if ctx.Value(key{}) != nil {
			t.Error("a value of the caller's context got through")
		}
		if _, ok := ctx.Deadline(); !ok {
			t.Error("the deadline didn't get through")
		}
		if _, ok := peer.FromContext(ctx); !ok {
			t.Error("there is no peer")
		}
		_ = grpc.SetHeader(ctx, metadata.Pairs("h", "1"))
		_ = grpc.SetTrailer(ctx, metadata.Pairs("t", "2"))
		r.Execution.WorkflowId = "changed by the callee"
		return kept, nil
	}
	ctx, cancel := context.WithTimeout(context.WithValue(context.Background(), key{}, 1), time.Minute)
	defer cancel()
	ctx = metadata.AppendToOutgoingContext(ctx, "who", "me")
	request := &workflowservice.DescribeWorkflowExecutionRequest{Execution: &commonpb.WorkflowExecution{WorkflowId: "w"}}
	var header, trailer metadata.MD
	reply, err := workflowservice.NewWorkflowServiceClient(conn).DescribeWorkflowExecution(ctx, request,
		grpc.Header(&header), grpc.Trailer(&trailer))
	if err != nil {
		t.Fatal(err)
	}
	if reply == kept || request.Execution.WorkflowId != "w" {
		t.Error("caller and callee share a message")
	}
	if header.Get("h") == nil || trailer.Get("t") == nil {
		t.Errorf("header is %v, trailer is %v", header, trailer)
	}
	if order != "12" || !slices.Equal(methods, []string{workflowservice.WorkflowService_DescribeWorkflowExecution_FullMethodName}) {
		t.Errorf("interceptors ran in order %q, for %q", order, methods)
	}

	// A method that isn't known here goes by the wire.
	if _, err := healthpb.NewHealthClient(conn).Check(ctx, &healthpb.HealthCheckRequest{}); err != nil {
		t.Error(err)
	}
	// One that the service doesn't have says so.
	_, err = workflowservice.NewWorkflowServiceClient(conn).ListNamespaces(ctx, &workflowservice.ListNamespacesRequest{})
	if status.Code(err) != codes.Unimplemented {
		t.Errorf("error is %v", err)
	}
}

func TestCallErrors(t *testing.T) {
	e, c, conn := newCaller(t)
	workflows := workflowservice.NewWorkflowServiceClient(conn)
	call := func(ctx context.Context) error {
		_, err := workflows.DescribeWorkflowExecution(ctx, &workflowservice.DescribeWorkflowExecutionRequest{})
		return err
	}
	if code := status.Code(call(context.Background())); code != codes.Unavailable {
		t.Errorf("before the start: %s", code)
	}
	e.start(nil)

	fails := errors.New("broken")
	c.describe = func(context.Context, *workflowservice.DescribeWorkflowExecutionRequest) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
		return nil, fails
	}
	if code := status.Code(call(context.Background())); code != codes.Unknown {
		t.Errorf("any error: %s", code)
	}
	fails = serviceerror.ToStatus(serviceerror.NewNotFound("no such")).Err()
	var notFound *serviceerror.NotFound
	if err := serviceerror.FromStatus(status.Convert(call(context.Background()))); !errors.As(err, &notFound) {
		t.Errorf("service error: %v", err)
	}

	entered := make(chan struct{}, 1)
	c.describe = func(ctx context.Context, _ *workflowservice.DescribeWorkflowExecutionRequest) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
		entered <- struct{}{}
		<-ctx.Done()
		return nil, ctx.Err()
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	if code := status.Code(call(ctx)); code != codes.DeadlineExceeded {
		t.Errorf("deadline: %s", code)
	}
	select {
	case <-entered:
	default:
	}
	if code := status.Code(call(ctx)); code != codes.DeadlineExceeded {
		t.Errorf("after the deadline: %s", code)
	}
	ctx, cancel = context.WithCancel(context.Background())
	go func() {
		<-entered
		cancel()
	}()
	if code := status.Code(call(ctx)); code != codes.Canceled {
		t.Errorf("cancelled: %s", code)
	}

	// A patient method answers after the deadline, but knows of a caller that has gone.
	e.bePatient(time.Minute, workflowservice.WorkflowService_DescribeWorkflowExecution_FullMethodName)
	wait := c.describe
	c.describe = func(ctx context.Context, _ *workflowservice.DescribeWorkflowExecutionRequest) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
		time.Sleep(20 * time.Millisecond)
		return &workflowservice.DescribeWorkflowExecutionResponse{}, ctx.Err()
	}
	ctx, cancel = context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	if err := call(ctx); err != nil {
		t.Errorf("patient, after the deadline: %v", err)
	}
	c.describe = wait
	ctx, cancel = context.WithCancel(context.Background())
	go func() {
		<-entered
		cancel()
	}()
	if code := status.Code(call(ctx)); code != codes.Canceled {
		t.Errorf("patient, cancelled: %s", code)
	}

	stopped := make(chan error)
	go func() { stopped <- call(context.Background()) }()
	<-entered
	e.stop()
	if code := status.Code(<-stopped); code != codes.Unavailable {
		t.Errorf("stopped during a call: %s", code)
	}
	if code := status.Code(call(context.Background())); code != codes.Unavailable {
		t.Errorf("after the stop: %s", code)
	}
}
