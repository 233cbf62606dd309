// Package devserver runs a whole Temporal server inside the process, on a SQLite database in a file or in memory.
//
// It is assembled from the server's own parts (frontend, history, matching) rather than started through the
// server's top package, for three reasons, all of them measured. The top package links the service that scales
// workers on Kubernetes and clouds: half as much binary again and a third more start-up. The three services talk to
// each other, and our own client to them, by plain calls instead of gRPC over loopback sockets: half the CPU time of
// an activity was gRPC. And nothing but the frontend needs a port; with Options.Private nothing has one.
//
// The parts are internal to Temporal and may change with any version, so everything that knows them is in this
// package, and go.mod names one exact version.
package devserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/grpc"
)

// DefaultRetention is how long closed executions are kept when Options.Retention is zero.
const DefaultRetention = 30 * 24 * time.Hour

// Options says what server to start. The zero value is a server in memory on a free port of the loopback interface.
type Options struct {
	// DatabaseFile is the SQLite file, created with its schema if it isn't there. Its folder must exist. Empty keeps
	// everything in memory. A lock file lies beside it while the server runs.
	DatabaseFile string

	// IP is the address the frontend listens on, 127.0.0.1 by default. There is no authentication: who can connect
	// can run commands.
	IP string
	// FrontendPort is the frontend's gRPC port; 0 takes a free one.
	FrontendPort int
	// Private opens no port at all: only Dial reaches the server.
	Private bool

	// Namespace is created if it isn't there, "default" by default.
	Namespace string
	// Retention is how long closed executions are kept, DefaultRetention by default, at least an hour. A change is
	// applied to an existing namespace.
	Retention time.Duration
	// Data are added to what the namespace holds, before anybody can ask for it.
	Data map[string]string
	// SearchAttributes are registered in the namespace. Missing ones are added to an existing namespace, none is removed.
	SearchAttributes map[string]enumspb.IndexedValueType

	// SystemWorker runs what serves Schedules, batch operations and worker deployments in the namespace. A server
	// that only runs workflows doesn't need it.
	SystemWorker bool

	// Logger gets what the server logs; nil discards it.
	Logger *slog.Logger
}

// Server is a running server.
type Server struct {
	namespace string
	network   *network
	services  *services
	database  *database
	logger    logger
	worker    *systemWorker
	stop      sync.Once
}

// Start starts a server and returns when it answers. The errors a user can do something about are *InUseError,
// *SchemaError and *PortError.
func Start(ctx context.Context, opts Options) (s *Server, err error) {
	opts, err = opts.withDefaults()
	if err != nil {
		return nil, err
	}
	s = &Server{namespace: opts.Namespace, logger: newLogger(opts.Logger)}
	defer func() {
		if err != nil {
			s.Stop()
			s = nil
		}
	}()
	if s.database, err = openDatabase(opts.DatabaseFile); err != nil {
		return s, err
	}
	if s.network, err = listen(opts); err != nil {
		return s, err
	}
	env := newEnvironment(s.database.sql, s.network, s.logger)
	prepare := func() error { return env.prepare(ctx, opts, s.database) }
	if s.services, err = startServices(ctx, env, prepare); err != nil {
		return s, err
	}
	if opts.SystemWorker {
		if s.worker, err = startSystemWorker(ctx, s, env); err != nil {
			return s, err
		}
	}
	return s, nil
}

func (o Options) withDefaults() (Options, error) {
	if o.IP == "" {
		o.IP = "127.0.0.1"
	}
	if net.ParseIP(o.IP) == nil {
		return o, fmt.Errorf("listen address %q is not an IP address", o.IP)
	}
	if o.Namespace == "" {
		o.Namespace = "default"
	}
	if o.Retention == 0 {
		o.Retention = DefaultRetention
	}
	if o.Retention < time.Hour {
		return o, fmt.Errorf("retention %s is too short, at least 1h is needed", o.Retention)
	}
	return o, nil
}

// HostPort is the address of the frontend for gRPC clients; empty for a private server.
func (s *Server) HostPort() string { return s.network.hostPort }

// Namespace is the name of the namespace that Start made sure of.
func (s *Server) Namespace() string { return s.namespace }

// Dial returns a client whose calls go to the server directly, without a socket. Address, TLS and credentials of the
// options are not used; an empty namespace is the server's. The caller closes the client, before the server.
func (s *Server) Dial(ctx context.Context, opts client.Options) (client.Client, error) {
	if opts.Namespace == "" {
		opts.Namespace = s.namespace
	}
	opts.HostPort = "passthrough:///embedded"
	opts.Credentials = nil
	opts.ConnectionOptions.TLS = nil
	opts.ConnectionOptions.DialOptions = append(append([]grpc.DialOption{}, opts.ConnectionOptions.DialOptions...),
		s.network.frontend.dialOptions()...)
	return client.DialContext(ctx, opts)
}

// Stop stops the server. Calls under way are cancelled; what was acknowledged is in the database. Stop may be called
// more than once.
func (s *Server) Stop() {
	s.stop.Do(func() {
		s.logger.quiet.Store(true)
		if s.worker != nil {
			s.worker.stop()
		}
		if s.services != nil {
			s.services.stop()
		}
		if s.network != nil {
			s.network.close()
		}
		if s.database != nil {
			s.database.close()
		}
	})
}

// PortError says that the frontend can't listen where it should.
type PortError struct {
	// Address is host:port.
	Address string
	// Err is the operating system's reason.
	Err error
}

func (e *PortError) Error() string {
	var op *net.OpError
	if errors.As(e.Err, &op) {
		return fmt.Sprintf("cannot listen on %s: %v", e.Address, op.Err)
	}
	return fmt.Sprintf("cannot listen on %s: %v", e.Address, e.Err)
}

func (e *PortError) Unwrap() error { return e.Err }

func listen(opts Options) (*network, error) {
	n := newNetwork()
	if opts.Private {
		return n, nil
	}
	address := net.JoinHostPort(opts.IP, strconv.Itoa(opts.FrontendPort))
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, &PortError{Address: address, Err: err}
	}
	n.public = l
	n.hostPort = l.Addr().String()
	return n, nil
}
