package main

import (
	"fmt"
	"time"

	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/persistence/sql/sqlplugin/postgresql"
	"go.temporal.io/server/tools/common/schema"
	"go.temporal.io/server/tools/sql"
)

type database struct {
	address, user, password, name string
	attributes                    map[string]string
}

func (d database) sql() *config.SQL {
	return &config.SQL{
		PluginName: postgresql.PluginName, ConnectAddr: d.address, ConnectProtocol: "tcp", ConnectAttributes: d.attributes,
		User: d.user, Password: d.password, DatabaseName: d.name, MaxConns: 20, MaxIdleConns: 20, MaxConnLifetime: time.Hour,
	}
}

const (
	mainSchema       = "postgresql/v12/temporal"
	visibilitySchema = "postgresql/v12/visibility"
)

// prepare makes a database, if it isn't there, and brings its tables to the
// version of this server, as Temporal's own tool does.
func prepare(d database, name string, logger log.Logger) error {
	if err := sql.DoCreateDatabase(d.sql(), "postgres", logger); err != nil {
		return fmt.Errorf("database %s can't be made: %w", d.name, err)
	}
	c, err := sql.NewConnection(d.sql(), logger)
	if err != nil {
		return fmt.Errorf("database %s can't be opened: %w", d.name, err)
	}
	defer c.Close()
	if _, err := c.ReadSchemaVersion(); err != nil {
		if err := schema.NewSetupSchemaTask(c, &schema.SetupConfig{InitialVersion: "0.0"}, logger).Run(); err != nil {
			return fmt.Errorf("database %s can't be set up: %w", d.name, err)
		}
	}
	if err := schema.NewUpdateSchemaTask(c, &schema.UpdateConfig{DBName: d.name, SchemaName: name}, logger).Run(); err != nil {
		return fmt.Errorf("the tables of database %s can't be brought up to date: %w", d.name, err)
	}
	return nil
}
