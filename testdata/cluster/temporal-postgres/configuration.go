package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/temporal"
	"google.golang.org/protobuf/types/known/durationpb"
)

const (
	loopback    = "127.0.0.1"
	clusterName = "active"
	// shards is what Temporal's own example has.
	shards = 4
)

// configuration is that of Temporal's example for PostgreSQL. The services listen
// at the ports that follow that of the frontend: a server that is started again is
// found where it was. PublicClient says where the frontend is.
func configuration(main, visibility database, port int) (*config.Config, error) {
	if port == 0 {
		var err error
		if port, err = freePorts(1 + 2*len(temporal.DefaultServices)); err != nil {
			return nil, err
		}
	}
	frontend := net.JoinHostPort(loopback, strconv.Itoa(port))
	c := &config.Config{
		Persistence: config.Persistence{
			DefaultStore: "default", VisibilityStore: "visibility", NumHistoryShards: shards,
			DataStores: map[string]config.DataStore{"default": {SQL: main.sql()}, "visibility": {SQL: visibility.sql()}},
		},
		Global: config.Global{Membership: config.Membership{MaxJoinDuration: 30 * time.Second, BroadcastAddress: loopback}},
		ClusterMetadata: &cluster.Config{
			FailoverVersionIncrement: 10, MasterClusterName: clusterName, CurrentClusterName: clusterName,
			ClusterInformation: map[string]cluster.ClusterInformation{
				clusterName: {Enabled: true, InitialFailoverVersion: 1, RPCAddress: frontend},
			},
		},
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		PublicClient:        config.PublicClient{HostPort: frontend},
		Services:            map[string]config.Service{},
	}
	const disabled = "disabled"
	c.Archival.History.State, c.Archival.Visibility.State = disabled, disabled
	c.NamespaceDefaults.Archival.History.State, c.NamespaceDefaults.Archival.Visibility.State = disabled, disabled
	for i, name := range temporal.DefaultServices {
		rpc := config.RPC{GRPCPort: port + 2*i + 1, MembershipPort: port + 2*i + 2, BindOnLocalHost: true}
		if name == "frontend" {
			rpc.GRPCPort = port
		}
		c.Services[name] = config.Service{RPC: rpc}
	}
	return c, nil
}

// freePorts finds n free ports in a row, and returns the first. They are below
// 32768: Temporal's table of members has signed 16 bits for them, and the system
// gives none of those to outgoing connections.
func freePorts(n int) (int, error) {
	const lowest, highest = 20000, 32767
	for range 100 {
		first := lowest + rand.IntN(highest-lowest+2-n)
		if allFree(first, n) {
			return first, nil
		}
	}
	return 0, errors.New("there are no free ports")
}

func allFree(first, n int) bool {
	for port := first; port < first+n; port++ {
		l, err := net.Listen("tcp", net.JoinHostPort(loopback, strconv.Itoa(port)))
		if err != nil {
			return false
		}
		_ = l.Close()
	}
	return true
}

// register makes the namespace and waits until the server takes it.
func register(ctx context.Context, o client.Options, retention time.Duration) error {
	c, err := client.DialContext(ctx, o)
	if err != nil {
		return fmt.Errorf("the server does not answer: %w", err)
	}
	defer c.Close()
	service := c.WorkflowService()
	for {
		_, err = service.RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
			Namespace: o.Namespace, WorkflowExecutionRetentionPeriod: durationpb.New(retention),
		})
		var exists *serviceerror.NamespaceAlreadyExists
		if err == nil || errors.As(err, &exists) {
			break
		}
		if ctx.Err() != nil {
			return fmt.Errorf("namespace %q can't be made: %w", o.Namespace, err)
		}
		time.Sleep(200 * time.Millisecond)
	}
	// Services learn of namespaces by looking every now and then.
	for {
		_, err = c.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{PageSize: 1})
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("namespace %q can't be used: %w", o.Namespace, err)
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// silent is the log of a client whose errors are told anyway.
type silent struct{}

func (silent) Debug(string, ...any) {}
func (silent) Info(string, ...any)  {}
func (silent) Warn(string, ...any)  {}
func (silent) Error(string, ...any) {}
