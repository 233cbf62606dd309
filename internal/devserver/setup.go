package devserver

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	persistencespb "go.temporal.io/server/api/persistence/v1"
	"go.temporal.io/server/common/headers"
	"go.temporal.io/server/common/metrics"
	"go.temporal.io/server/common/persistence"
	persistenceclient "go.temporal.io/server/common/persistence/client"
	"go.temporal.io/server/common/persistence/serialization"
	"go.temporal.io/server/common/resolver"
	"go.temporal.io/server/common/searchattribute/sadefs"
	"go.temporal.io/server/common/telemetry"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
)

// prepare writes what the services expect to find in the database: the cluster, the system's namespaces and ours.
func (env *environment) prepare(ctx context.Context, opts Options, d *database) error {
	serializer := serialization.NewSerializer()
	factory := persistenceclient.FactoryProvider(persistenceclient.NewFactoryParams{
		DataStoreFactory: persistenceclient.DataStoreFactoryProvider(clusterName, resolver.NewNoopResolver(),
			&env.config.Persistence, nil, env.logger, metrics.NoopMetricsHandler, telemetry.NoopTracerProvider, serializer),
		Cfg:            &env.config.Persistence,
		ClusterName:    clusterName,
		MetricsHandler: metrics.NoopMetricsHandler,
		Logger:         env.logger,
		Serializer:     serializer,
	})
	defer factory.Close()
	clusters, err := factory.NewClusterMetadataManager()
	if err != nil {
		return fmt.Errorf("open the cluster's metadata: %w", err)
	}
	defer clusters.Close()
	namespaces, err := factory.NewMetadataManager()
	if err != nil {
		return fmt.Errorf("open the namespaces: %w", err)
	}
	defer namespaces.Close()

	ctx = headers.SetCallerInfo(ctx, headers.SystemOperatorCallerInfo)
	if err := env.prepareCluster(ctx, clusters); err != nil {
		return fmt.Errorf("prepare the cluster's metadata: %w", err)
	}
	if err := namespaces.InitializeSystemNamespaces(ctx, clusterName); err != nil {
		return fmt.Errorf("prepare the system's namespaces: %w", err)
	}
	columns, err := prepareNamespace(ctx, namespaces, opts)
	if err == nil && len(columns) > 0 {
		err = d.indexColumns(columns)
	}
	if err != nil {
		return fmt.Errorf("prepare namespace %q: %w", opts.Namespace, err)
	}
	return nil
}

// prepareCluster writes the record of the only cluster, and completes that of an older server.
func (env *environment) prepareCluster(ctx context.Context, clusters persistence.ClusterMetadataManager) error {
	visibility := env.config.Persistence.GetVisibilityStoreConfig()
	index := visibility.GetIndexName()
	info := env.config.ClusterMetadata.ClusterInformation[clusterName]
	var version int64
	record := &persistencespb.ClusterMetadata{
		ClusterName:              clusterName,
		ClusterId:                info.ClusterID,
		HistoryShardCount:        shardCount,
		ClusterAddress:           info.RPCAddress,
		FailoverVersionIncrement: env.config.ClusterMetadata.FailoverVersionIncrement,
		InitialFailoverVersion:   info.InitialFailoverVersion,
		IsConnectionEnabled:      info.Enabled,
		UseClusterIdMembership:   true,
	}
	stored, err := clusters.GetClusterMetadata(ctx, &persistence.GetClusterMetadataRequest{ClusterName: clusterName})
	var missing *serviceerror.NotFound
	switch {
	case err == nil:
		record, version = stored.ClusterMetadata, stored.Version
	case !errors.As(err, &missing):
		return err
	}

	attributes := sadefs.GetDBIndexSearchAttributes(nil)
	if have := record.IndexSearchAttributes[index]; have == nil || !proto.Equal(have, attributes) {
		record.IndexSearchAttributes = map[string]*persistencespb.IndexSearchAttributes{index: attributes}
		saved, err := clusters.SaveClusterMetadata(ctx, &persistence.SaveClusterMetadataRequest{
			ClusterMetadata: record, Version: version,
		})
		if err != nil {
			return err
		}
		if !saved {
			return errors.New("the record changed while it was written")
		}
	}
	return nil
}

// prepareNamespace creates or updates the namespace, and returns the columns that search attributes were given.
func prepareNamespace(ctx context.Context, namespaces persistence.MetadataManager, opts Options) ([]string, error) {
	stored, err := namespaces.GetNamespace(ctx, &persistence.GetNamespaceRequest{Name: opts.Namespace})
	var missing *serviceerror.NamespaceNotFound
	if errors.As(err, &missing) {
		detail := newNamespace(opts)
		columns, err := addSearchAttributes(detail.Config, opts.SearchAttributes)
		if err != nil {
			return nil, err
		}
		_, err = namespaces.CreateNamespace(ctx, &persistence.CreateNamespaceRequest{Namespace: detail})
		return columns, err
	}
	if err != nil {
		return nil, err
	}
	detail := stored.Namespace
	columns, err := addSearchAttributes(detail.Config, opts.SearchAttributes)
	if err != nil {
		return nil, err
	}
	data := maps.Clone(detail.Info.Data)
	if data == nil {
		data = map[string]string{}
	}
	maps.Copy(data, opts.Data)
	retention := detail.Config.Retention.AsDuration()
	if len(columns) == 0 && retention == opts.Retention && maps.Equal(data, detail.Info.Data) {
		return nil, nil
	}
	detail.Info.Data = data
	detail.Config.Retention = durationpb.New(opts.Retention)
	detail.ConfigVersion++
	metadata, err := namespaces.GetMetadata(ctx)
	if err != nil {
		return nil, err
	}
	return columns, namespaces.UpdateNamespace(ctx, &persistence.UpdateNamespaceRequest{
		Namespace: detail, NotificationVersion: metadata.NotificationVersion,
	})
}

func newNamespace(opts Options) *persistencespb.NamespaceDetail {
	return &persistencespb.NamespaceDetail{
		Info: &persistencespb.NamespaceInfo{
			Id:    uuid.NewString(),
			Name:  opts.Namespace,
			State: enumspb.NAMESPACE_STATE_REGISTERED,
			Data:  opts.Data,
		},
		Config: &persistencespb.NamespaceConfig{
			Retention:               durationpb.New(opts.Retention),
			HistoryArchivalState:    enumspb.ARCHIVAL_STATE_DISABLED,
			VisibilityArchivalState: enumspb.ARCHIVAL_STATE_DISABLED,
		},
		ReplicationConfig: &persistencespb.NamespaceReplicationConfig{
			ActiveClusterName: clusterName,
			Clusters:          []string{clusterName},
		},
		FailoverVersion:             0,
		FailoverNotificationVersion: -1,
	}
}

// addSearchAttributes gives each attribute that has none a column of its type, and returns those columns.
func addSearchAttributes(c *persistencespb.NamespaceConfig, wanted map[string]enumspb.IndexedValueType) ([]string, error) {
	types := sadefs.GetDBIndexSearchAttributes(nil).CustomSearchAttributes
	if c.CustomSearchAttributeAliases == nil {
		c.CustomSearchAttributeAliases = map[string]string{}
	}
	used := c.CustomSearchAttributeAliases
	have := map[string]enumspb.IndexedValueType{}
	for column, name := range used {
		have[name] = types[column]
	}
	var added []string
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		want := wanted[name]
		if t, ok := have[name]; ok {
			if t != want {
				return nil, fmt.Errorf("search attribute %q is of type %s, not %s", name, t, want)
			}
			continue
		}
		column := freeColumn(types, used, want)
		if column == "" {
			return nil, fmt.Errorf("no room for search attribute %q: all attributes of type %s are used", name, want)
		}
		used[column] = name
		added = append(added, column)
	}
	return added, nil
}

func freeColumn(columns map[string]enumspb.IndexedValueType, used map[string]string, want enumspb.IndexedValueType) string {
	for _, column := range slices.Sorted(maps.Keys(columns)) {
		if _, taken := used[column]; !taken && columns[column] == want {
			return column
		}
	}
	return ""
}
