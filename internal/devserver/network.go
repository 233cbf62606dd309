package devserver

import (
	"errors"
	"fmt"
	"net"
	"net/http"

	"go.temporal.io/server/common"
	"go.temporal.io/server/common/membership/static"
	"go.temporal.io/server/common/primitives"
	"google.golang.org/grpc"
)

// network is how the services find each other.
type network struct {
	frontend, history, matching *endpoint

	// public is the port for clients outside; nil for a private server.
	public   net.Listener
	hostPort string
}

func newNetwork() *network {
	return &network{frontend: newEndpoint(), history: newEndpoint(), matching: newEndpoint()}
}

// hosts are the members of the cluster: one of each kind. The names are for logs, no one dials them.
func (n *network) hosts() map[primitives.ServiceName]static.Hosts {
	hosts := map[primitives.ServiceName]static.Hosts{}
	for _, name := range []primitives.ServiceName{
		primitives.FrontendService, primitives.HistoryService, primitives.MatchingService, primitives.WorkerService,
	} {
		hosts[name] = static.SingleLocalHost("embedded-" + string(name) + ":1")
	}
	return hosts
}

func (n *network) close() {
	for _, e := range []*endpoint{n.frontend, n.history, n.matching} {
		e.cancel()
		e.pipe.Close()
	}
	if n.public != nil {
		n.public.Close()
	}
}

// connections is the way a service listens and dials.
type connections struct {
	network  *network
	listener net.Listener
}

var _ common.RPCFactory = connections{}

// GetFrontendGRPCServerOptions lets clients outside send what the limits of the server allow. The server's many
// interceptors need a deep stack; goroutines that stay have grown theirs. While all are busy, as with the polls of many
// workers, calls get a goroutine of their own.
func (c connections) GetFrontendGRPCServerOptions() ([]grpc.ServerOption, error) {
	const streamWorkers = 64
	return []grpc.ServerOption{grpc.MaxRecvMsgSize(transactionLimit), grpc.NumStreamWorkers(streamWorkers)}, nil
}

func (c connections) GetInternodeGRPCServerOptions() ([]grpc.ServerOption, error) { return nil, nil }

func (c connections) GetGRPCListener() net.Listener { return c.listener }

func (c connections) CreateLocalFrontendGRPCConnection() *grpc.ClientConn {
	return mustConnect(c.network.frontend)
}

// CreateRemoteFrontendGRPCConnection is asked for the admin service of the only cluster.
func (c connections) CreateRemoteFrontendGRPCConnection(string) *grpc.ClientConn {
	return mustConnect(c.network.frontend)
}

func (c connections) CreateHistoryGRPCConnection(string) *grpc.ClientConn {
	return mustConnect(c.network.history)
}

func (c connections) CreateMatchingGRPCConnection(string) *grpc.ClientConn {
	return mustConnect(c.network.matching)
}

// CreateLocalFrontendHTTPClient is for Nexus, which needs the frontend's HTTP port.
func (c connections) CreateLocalFrontendHTTPClient() (*common.FrontendHTTPClient, error) {
	return &common.FrontendHTTPClient{Client: http.Client{Transport: noHTTP{}}, Address: "embedded", Scheme: "http"}, nil
}

type noHTTP struct{}

func (noHTTP) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("the embedded server has no HTTP port")
}

func mustConnect(e *endpoint) *grpc.ClientConn {
	conn, err := e.connect()
	if err != nil {
		panic(fatalError{fmt.Errorf("connect to a service of this process: %w", err)})
	}
	return conn
}
