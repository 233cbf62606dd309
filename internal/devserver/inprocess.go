package devserver

import (
	"context"
	"errors"
	"net"
	"reflect"
	"sync"
	"time"

	"go.temporal.io/server/common/headers"
	serviceerrors "go.temporal.io/server/common/serviceerror"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/proto"
)

// Calls between the services of one process.
//
// Clients here are ordinary *grpc.ClientConn, because that is what the SDK and the services want, but their innermost
// interceptor answers the call itself: it runs the service's interceptors and its handler in the caller's goroutine.
// What the two sides of a wire may rely on is kept: the callee's context takes over deadline, cancellation and
// metadata but no other value, messages are copied (the history service keeps what it returns in caches, the frontend
// edits what it receives), errors become status errors, and headers and trailers come back.
//
// Methods that an endpoint doesn't know (health, reflection, streams, the services of server plug-ins) go by gRPC
// over a pipe in memory.

// stopPatience is how long a stopping endpoint waits for calls that were cancelled.
const stopPatience = time.Second

type endpoint struct {
	pipe        *bufconn.Listener
	interceptor grpc.UnaryServerInterceptor
	methods     map[string]method

	// calls counts the calls under way; while the endpoint isn't open there is none.
	mu     sync.RWMutex
	open   bool
	calls  sync.WaitGroup
	ctx    context.Context
	cancel context.CancelFunc
}

type method struct {
	service any
	handle  grpc.MethodHandler
	// patience replaces the caller's deadline if it is longer.
	patience time.Duration
}

func newEndpoint() *endpoint {
	e := &endpoint{pipe: bufconn.Listen(1 << 16), methods: map[string]method{}}
	e.ctx, e.cancel = context.WithCancel(peer.NewContext(context.Background(), &peer.Peer{Addr: e.pipe.Addr()}))
	return e
}

// serve adds a service. All services of an endpoint are added before it is opened.
func (e *endpoint) serve(desc *grpc.ServiceDesc, service any) {
	for _, m := range desc.Methods {
		e.methods["/"+desc.ServiceName+"/"+m.MethodName] = method{service: service, handle: m.Handler}
	}
}

// bePatient gives a method more time than its caller does. It is for callers that are better off with a late answer.
func (e *endpoint) bePatient(d time.Duration, names ...string) {
	for _, name := range names {
		m := e.methods[name]
		m.patience = d
		e.methods[name] = m
	}
}

func (e *endpoint) start(interceptors []grpc.UnaryServerInterceptor) {
	e.interceptor = chain(interceptors)
	e.mu.Lock()
	e.open = true
	e.mu.Unlock()
}

// stop cancels the calls under way and waits for them, a little.
func (e *endpoint) stop() {
	e.mu.Lock()
	e.open = false
	e.mu.Unlock()
	e.cancel()
	done := make(chan struct{})
	go func() {
		e.calls.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(stopPatience):
	}
}

var errNotServing = status.Error(codes.Unavailable, "the embedded server is not running")

func (e *endpoint) enter() bool {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if e.open {
		e.calls.Add(1)
	}
	return e.open
}

// intercept is a grpc.UnaryClientInterceptor.
func (e *endpoint) intercept(
	ctx context.Context, name string, req, reply any,
	conn *grpc.ClientConn, byWire grpc.UnaryInvoker, opts ...grpc.CallOption,
) error {
	if !e.enter() {
		return errNotServing
	}
	defer e.calls.Done()
	m, known := e.methods[name]
	if !known {
		return byWire(ctx, name, req, reply, conn, opts...)
	}
	if err := ctx.Err(); err != nil {
		return status.FromContextError(err).Err()
	}

	callee, cancel := e.calleeContext(ctx, m.patience)
	defer cancel()
	transport := &callTransport{method: name}
	callee = grpc.NewContextWithServerTransportStream(callee, transport)

	resp, err := m.handle(m.service, callee, func(in any) error { return copyMessage(in, req) }, e.interceptor)
	transport.report(opts)
	if err != nil {
		return statusError(ctx, err)
	}
	return copyMessage(reply, resp)
}

func (e *endpoint) calleeContext(ctx context.Context, patience time.Duration) (context.Context, context.CancelFunc) {
	var callee context.Context
	var cancel context.CancelFunc
	if deadline, ok := ctx.Deadline(); ok {
		callee, cancel = context.WithDeadline(e.ctx, latest(deadline, time.Now().Add(patience)))
	} else {
		callee, cancel = context.WithCancel(e.ctx)
	}
	if md, ok := metadata.FromOutgoingContext(ctx); ok {
		callee = metadata.NewIncomingContext(callee, md)
	}
	if ctx.Done() == nil {
		return callee, cancel
	}
	release := context.AfterFunc(ctx, func() {
		if patience == 0 || ctx.Err() != context.DeadlineExceeded {
			cancel()
		}
	})
	return callee, func() {
		release()
		cancel()
	}
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// statusError is what the caller would have got from the wire: its own cancellation first, then what the handler says.
func statusError(ctx context.Context, err error) error {
	if cause := ctx.Err(); cause != nil {
		return status.FromContextError(cause).Err()
	}
	if s, ok := status.FromError(err); ok {
		return s.Err()
	}
	if errors.Is(err, context.Canceled) {
		return errNotServing
	}
	return status.FromContextError(err).Err()
}

// copyMessage copies between messages. They differ in type where the server sends history as bytes that only the
// last receiver decodes; the two types have one encoding.
func copyMessage(dst, src any) error {
	to, from := dst.(proto.Message), src.(proto.Message)
	if reflect.TypeOf(to) == reflect.TypeOf(from) {
		proto.Merge(to, from)
		return nil
	}
	data, err := proto.Marshal(from)
	if err == nil {
		err = proto.Unmarshal(data, to)
	}
	if err != nil {
		return status.Error(codes.Internal, err.Error())
	}
	return nil
}

// callTransport takes the headers and trailers a handler sets. Handlers may set them from several goroutines.
type callTransport struct {
	method string

	mu              sync.Mutex
	header, trailer metadata.MD
}

func (t *callTransport) Method() string { return t.method }

func (t *callTransport) SetHeader(md metadata.MD) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.header = metadata.Join(t.header, md)
	return nil
}

func (t *callTransport) SendHeader(md metadata.MD) error { return t.SetHeader(md) }

func (t *callTransport) SetTrailer(md metadata.MD) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.trailer = metadata.Join(t.trailer, md)
	return nil
}

func (t *callTransport) report(opts []grpc.CallOption) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, o := range opts {
		switch o := o.(type) {
		case grpc.HeaderCallOption:
			*o.HeaderAddr = t.header
		case grpc.TrailerCallOption:
			*o.TrailerAddr = t.trailer
		}
	}
}

func chain(interceptors []grpc.UnaryServerInterceptor) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
		return link(interceptors, info, handler)(ctx, req)
	}
}

func link(rest []grpc.UnaryServerInterceptor, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) grpc.UnaryHandler {
	if len(rest) == 0 {
		return handler
	}
	return func(ctx context.Context, req any) (any, error) {
		return rest[0](ctx, req, info, link(rest[1:], info, handler))
	}
}

func (e *endpoint) dialOptions() []grpc.DialOption {
	return []grpc.DialOption{
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return e.pipe.DialContext(ctx) }),
		grpc.WithChainUnaryInterceptor(e.intercept),
	}
}

// connect makes a connection for the services among themselves. They hand on the headers of the caller they work for,
// and expect errors as the types of the service error packages.
func (e *endpoint) connect() (*grpc.ClientConn, error) {
	internal := func(
		ctx context.Context, name string, req, reply any,
		conn *grpc.ClientConn, next grpc.UnaryInvoker, opts ...grpc.CallOption,
	) error {
		err := next(headers.Propagate(ctx), name, req, reply, conn, opts...)
		if err == nil {
			return nil
		}
		return serviceerrors.FromStatus(status.Convert(err))
	}
	return grpc.NewClient("passthrough:///embedded",
		append([]grpc.DialOption{grpc.WithChainUnaryInterceptor(internal)}, e.dialOptions()...)...)
}
