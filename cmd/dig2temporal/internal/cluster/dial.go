package cluster

import (
	"context"
	"fmt"
	"net"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/converter"
)

// Connection is an open connection to a server whose settings and stores are not
// known yet.
type Connection struct {
	// Client can do all that needs no store.
	Client    client.Client
	Namespace string

	address string
	given   Options
	options client.Options
	outer   []converter.PayloadCodec
}

// Dial connects to a server.
func Dial(ctx context.Context, o Options) (*Connection, error) {
	outer, err := Encryption(o.Env)
	if err != nil {
		return nil, err
	}
	options, err := clientOptions(o, outer)
	if err != nil {
		return nil, err
	}
	c, err := client.DialContext(ctx, options)
	if err != nil {
		return nil, unreachable(options.HostPort, err)
	}
	return &Connection{Client: c, Namespace: options.Namespace, address: options.HostPort, given: o, options: options, outer: outer}, nil
}

// String names the namespace with its server.
func (c *Connection) String() string { return c.address + "/" + c.Namespace }

// Open asks for the settings and opens the store. The cluster takes over the
// connection, which is closed when the store can't be opened.
func (c *Connection) Open(ctx context.Context) (*Cluster, error) {
	return open(ctx, c.Client, c.options, c.outer, c.given, c.address)
}

func clientOptions(o Options, outer []converter.PayloadCodec) (client.Options, error) {
	options, err := envconfig.LoadClientOptions(envconfig.LoadClientOptionsRequest{
		EnvLookup: o.Env, ConfigFileProfile: o.Profile,
	})
	if err != nil {
		return options, fmt.Errorf("the Temporal connection settings can't be read: %w", err)
	}
	if o.Address != "" {
		options.HostPort = o.Address
	}
	if options.HostPort == "" {
		options.HostPort = client.DefaultHostPort
	}
	if o.Namespace != "" {
		options.Namespace = o.Namespace
	}
	if options.Namespace == "" {
		options.Namespace = client.DefaultNamespace
	}
	options.Logger, options.Identity = o.Logger, o.Identity
	options.MetricsHandler, options.Interceptors = o.Metrics, o.Interceptors
	options.ConnectionOptions.DialOptions = append(options.ConnectionOptions.DialOptions, o.DialOptions...)
	if local(options.HostPort) {
		// On the way to this machine it saves nothing, and takes a tenth of the time
		// of a worker with small tasks.
		options.ConnectionOptions.GrpcCompression = &client.GrpcCompressionNone{}
	}
	convert(&options, outer)
	return options, nil
}

// local says whether an address is one of this machine by its form.
func local(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
