package devserver

import (
	"net"

	otellog "go.opentelemetry.io/otel/log"
	lognoop "go.opentelemetry.io/otel/log/noop"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/server/chasm"
	"go.temporal.io/server/client"
	"go.temporal.io/server/common"
	"go.temporal.io/server/common/archiver/provider"
	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/membership/static"
	"go.temporal.io/server/common/metrics"
	persistence "go.temporal.io/server/common/persistence/client"
	"go.temporal.io/server/common/persistence/visibility"
	esclient "go.temporal.io/server/common/persistence/visibility/store/elasticsearch/client"
	"go.temporal.io/server/common/primitives"
	"go.temporal.io/server/common/resolver"
	"go.temporal.io/server/common/resource"
	"go.temporal.io/server/common/rpc/auth"
	"go.temporal.io/server/common/rpc/encryption"
	"go.temporal.io/server/common/sdk"
	"go.temporal.io/server/common/searchattribute"
	"go.temporal.io/server/common/telemetry"
	"go.temporal.io/server/common/wideevents"
	"go.temporal.io/server/service/history/tasks"
	"go.uber.org/fx"
	"google.golang.org/grpc"
)

const (
	clusterName = "active"
	clusterID   = "6f2a2c64-5a27-4f52-9d0e-2f1a3a1d7c11"
	storeName   = "sqlite"

	// shardCount is written into a new database and never changes.
	shardCount = 1
)

// environment is what all services are given.
type environment struct {
	config  *config.Config
	tuning  dynamicconfig.StaticClient
	network *network
	logger  log.Logger
}

func newEnvironment(sql *config.SQL, network *network, logger log.Logger) *environment {
	c := &config.Config{
		Persistence: config.Persistence{
			DefaultStore:     storeName,
			VisibilityStore:  storeName,
			NumHistoryShards: shardCount,
			DataStores:       map[string]config.DataStore{storeName: {SQL: sql}},
		},
		ClusterMetadata: &cluster.Config{
			FailoverVersionIncrement: 10,
			MasterClusterName:        clusterName,
			CurrentClusterName:       clusterName,
			ClusterInformation: map[string]cluster.ClusterInformation{clusterName: {
				Enabled:                true,
				InitialFailoverVersion: 1,
				RPCAddress:             "embedded:1",
				ClusterID:              clusterID,
			}},
		},
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		// The services are reached through the network of this process; the frontend's HTTP port stays closed.
		Services: map[string]config.Service{},
	}
	for name := range network.hosts() {
		c.Services[string(name)] = config.Service{}
	}
	const disabled = "disabled"
	c.Archival.History.State = disabled
	c.Archival.Visibility.State = disabled
	c.NamespaceDefaults.Archival.History.State = disabled
	c.NamespaceDefaults.Archival.Visibility.State = disabled
	return &environment{config: c, tuning: tuning(), network: network, logger: logger}
}

// options provides what the modules of a service expect to be given.
func (env *environment) options(name primitives.ServiceName, listener net.Listener) fx.Option {
	return fx.Options(
		fx.NopLogger,
		fx.Supply(
			name,
			env.config,
			env.config.Persistence,
			env.config.ClusterMetadata,
			[]sdktrace.SpanExporter(nil),
			[]grpc.StreamServerInterceptor(nil),
		),
		fx.Provide(
			func() log.Logger { return env.logger },
			resource.DefaultSnTaggedLoggerProvider,
			resource.ThrottledLoggerProvider,
			func() resource.NamespaceLogger { return nil },

			func() dynamicconfig.Client { return env.tuning },
			func() tasks.TaskCategoryRegistry { return tasks.NewDefaultTaskCategoryRegistry() },
			persistence.FactoryProvider,
			resource.ArchivalMetadataProvider,
			resource.ArchiverProviderProvider,
			resource.DCRedirectionPolicyProvider,
			func() resolver.ServiceResolver { return resolver.NewNoopResolver() },
			client.NewFactoryProvider,
			func() common.RPCFactory { return connections{network: env.network, listener: listener} },
			func() sdk.ClientFactory { return &sdkClients{network: env.network, logger: env.logger} },
			func() (encryption.TLSConfigProvider, error) {
				return encryption.NewTLSConfigProviderFromConfig(config.RootTLS{}, metrics.NoopMetricsHandler, env.logger, nil)
			},

			func() authorization.Authorizer { return authorization.NewNoopAuthorizer() },
			func() authorization.ClaimMapper { return authorization.NewNoopClaimMapper() },
		),
		fx.Provide(nothing[persistence.AbstractDataStoreFactory], nothing[visibility.VisibilityStoreFactory],
			nothing[provider.CustomHistoryArchiverFactory], nothing[provider.CustomVisibilityArchiverFactory],
			nothing[searchattribute.Mapper], nothing[authorization.JWTAudienceMapper], nothing[auth.TokenProvider],
			nothing[esclient.Client]),
		fx.Provide(
			func() metrics.Handler { return metrics.NoopMetricsHandler },
			metrics.NewServerStatsHandler,
			telemetry.NewServerStatsHandler,
			telemetry.NewClientStatsHandler,
			func() trace.TracerProvider { return telemetry.NoopTracerProvider },
			func() propagation.TextMapPropagator { return propagation.TraceContext{} },
			func() otellog.Logger { return wideevents.NewLogger(lognoop.NewLoggerProvider(), string(name)) },
		),
		static.MembershipModule(env.network.hosts()),
		chasm.Module,
	)
}

// nothing provides an extension point that isn't used.
func nothing[T any]() T {
	var none T
	return none
}
