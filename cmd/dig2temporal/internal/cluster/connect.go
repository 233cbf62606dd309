// Package cluster is the view that commands have of a Temporal namespace with
// its workers and stores: it starts, finds, retries and kills attempts. What it
// knows comes from Temporal and from the project store; it keeps nothing.
package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"google.golang.org/grpc"

	"gocloud.dev/blob"

	"github.com/dig2temporal/dig2temporal/internal/bucket"
	"github.com/dig2temporal/dig2temporal/internal/claimcheck"
	"github.com/dig2temporal/dig2temporal/internal/codec"
	"github.com/dig2temporal/dig2temporal/internal/keeper"
	"github.com/dig2temporal/dig2temporal/internal/projectsecrets"
	"github.com/dig2temporal/dig2temporal/internal/projectstore"
)

// The variables of the environment that take the place of the settings which the
// namespace holds.
const (
	EnvStore  = "DIG2TEMPORAL_STORE"
	EnvKeeper = "DIG2TEMPORAL_KEEPER"
	EnvQueue  = "DIG2TEMPORAL_TASK_QUEUE"
	// EnvEncryption holds the keys that payloads are encrypted with, as ID:KEY
	// separated by blanks, the current one first; or @FILE with one a line.
	EnvEncryption = "DIG2TEMPORAL_ENCRYPTION_KEYS"
)

// Options say where the cluster is. Empty ones are taken from the environment and
// the configuration file, as the command "temporal" does.
type Options struct {
	Env                         environ
	Address, Namespace, Profile string
	// Store and Keeper are URLs; by default those of the environment, then those
	// of the namespace.
	Store, Keeper string
	Logger        log.Logger
	// Identity names this process to the server.
	Identity string
	// Metrics takes those of the SDK, nil for none.
	Metrics      client.MetricsHandler
	Interceptors []interceptor.ClientInterceptor
	// DialOptions are for a connection by Dial.
	DialOptions []grpc.DialOption
}

// Cluster is an open connection. It is safe for concurrent use.
type Cluster struct {
	Client    client.Client
	Namespace string
	// Address is the host and port of the frontend.
	Address string
	// Settings are those in force, Held those that the namespace holds.
	Settings, Held Settings
	// Bucket is the store of archives, logs and large values, nil when none is
	// set.
	Bucket   *blob.Bucket
	Projects *projectstore.Store
	// Converter is that of all payloads.
	Converter converter.DataConverter
	// Payloads is where large payloads are kept; nil without a store. Values keeps
	// parts of them, for the activities of workers.
	Payloads *claimcheck.Store
	Values   *claimcheck.Values
	// first is the client that Client shares its connection with.
	first client.Client
}

// environ is an environment as "KEY=value".
type environ []string

// Environ makes an environment usable for Options.
func Environ(env []string) environ { return env }

// Environ returns it as it is.
func (e environ) Environ() []string { return e }

// LookupEnv returns the last value of a variable.
func (e environ) LookupEnv(key string) (string, bool) {
	for i := len(e) - 1; i >= 0; i-- {
		if v, ok := strings.CutPrefix(e[i], key+"="); ok {
			return v, true
		}
	}
	return "", false
}

func (e environ) get(key string) string {
	v, _ := e.LookupEnv(key)
	return v
}

// ErrNoStore says that nobody has told where archives and logs are kept.
var ErrNoStore = errors.New(`the namespace has no store for projects and logs: set one with "dig2temporal setup --store URL", or in ` + EnvStore)

// Connect connects to a cluster and opens its store.
func Connect(ctx context.Context, o Options) (*Cluster, error) {
	c, err := Dial(ctx, o)
	if err != nil {
		return nil, err
	}
	return c.Open(ctx)
}

// Embedded connects to a server of this process by its own way to dial.
func Embedded(ctx context.Context, dial func(context.Context, client.Options) (client.Client, error), o Options) (*Cluster, error) {
	outer, err := Encryption(o.Env)
	if err != nil {
		return nil, err
	}
	options := client.Options{
		Namespace: o.Namespace, Logger: o.Logger, Identity: o.Identity,
		MetricsHandler: o.Metrics, Interceptors: o.Interceptors,
	}
	convert(&options, outer)
	c, err := dial(ctx, options)
	if err != nil {
		return nil, err
	}
	return open(ctx, c, options, outer, o, o.Address)
}

func open(ctx context.Context, first client.Client, options client.Options, outer []converter.PayloadCodec, o Options, address string) (*Cluster, error) {
	c := &Cluster{Client: first, Namespace: options.Namespace, Address: address, Converter: options.DataConverter}
	err := c.open(ctx, options, outer, o)
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (c *Cluster) open(ctx context.Context, options client.Options, outer []converter.PayloadCodec, o Options) error {
	var err error
	if c.Held, err = c.held(ctx); err != nil {
		return err
	}
	c.Settings = c.Held.With(Settings{Store: o.Env.get(EnvStore), Keeper: o.Env.get(EnvKeeper)}).With(Settings{Store: o.Store, Keeper: o.Keeper})
	if c.Settings.Store == "" {
		return nil
	}
	if c.Bucket, err = bucket.Open(ctx, c.Settings.Store); err != nil {
		return err
	}
	c.Projects = projectstore.New(c.Bucket, time.Now)
	c.Payloads = claimcheck.New(c.Bucket, claimcheck.Options{})
	c.Values = claimcheck.NewValues(c.Payloads, codec.Codecs(outer...)...)
	// Where the store is was not known before there was a connection.
	options.ExternalStorage = c.Payloads.ExternalStorage()
	with, err := client.NewClientFromExistingWithContext(ctx, c.Client, options)
	if err != nil {
		return err
	}
	c.first, c.Client = c.Client, with
	return nil
}

// Reachable asks the server whether it answers.
func (c *Cluster) Reachable(ctx context.Context) error {
	if _, err := c.Client.WorkflowService().GetSystemInfo(ctx, &workflowservice.GetSystemInfoRequest{}); err != nil {
		return fmt.Errorf("the Temporal server at %s does not answer: %w", c.Address, err)
	}
	return nil
}

// Close closes the connection and the store. It may be called again.
func (c *Cluster) Close() {
	if c.Bucket != nil {
		_ = c.Bucket.Close()
	}
	c.Client.Close()
	if c.first != nil {
		c.first.Close()
	}
}

// Encryption returns the codec that encrypts payloads, as the environment wants
// it; none by default.
func Encryption(env environ) ([]converter.PayloadCodec, error) {
	text := env.get(EnvEncryption)
	if text == "" {
		return nil, nil
	}
	if file, ok := strings.CutPrefix(text, "@"); ok {
		content, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", EnvEncryption, err)
		}
		text = string(content)
	}
	keys, err := codec.ReadKeys(strings.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", EnvEncryption, err)
	}
	encryption, err := codec.NewEncryption(keys, "")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", EnvEncryption, err)
	}
	return []converter.PayloadCodec{encryption}, nil
}

// Secrets opens the store of project secrets. Without a keeper it lists and
// deletes only. Close ends its use of the keeper.
func (c *Cluster) Secrets(ctx context.Context) (store *projectsecrets.Store, done func(), err error) {
	if c.Bucket == nil {
		return nil, nil, ErrNoStore
	}
	if c.Settings.Keeper == "" {
		return projectsecrets.New(c.Bucket, nil), func() {}, nil
	}
	k, err := keeper.Open(ctx, c.Settings.Keeper)
	if err != nil {
		return nil, nil, err
	}
	return projectsecrets.New(c.Bucket, k), func() { _ = k.Close() }, nil
}

func unreachable(address string, err error) error {
	var denied *serviceerror.PermissionDenied
	if errors.As(err, &denied) {
		return fmt.Errorf("the Temporal server at %s refuses the connection: %w", address, err)
	}
	return fmt.Errorf(`no Temporal server answers at %s: %w. Start one with "dig2temporal server", or set TEMPORAL_ADDRESS`, address, err)
}
