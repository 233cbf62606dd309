package devserver

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.temporal.io/server/common/persistence/sql/sqlplugin"
	sqliteschema "go.temporal.io/server/schema/sqlite"
)

// The tables are the server's own, as its schema package creates them. Two things are done differently.
//
// The visibility table comes with an index for each of its 57 searchable columns, most of them computed from JSON.
// Keeping them up to date costs several times what all the other work for a short execution does, and creating them
// is the longest step of a start in memory. Here it gets the few that lists and the Web UI need to be quick, and one
// for each column that a search attribute is given.
//
// SQLite is told that an execution's history is long. Without statistics it reads a history from its beginning
// whenever the end is asked for, which is with every activity.

// schemaVersion names the tables of the server that is linked in. Temporal has no migrations for SQLite.
const schemaVersion = sqliteschema.Version + "/" + sqliteschema.VisibilityVersion

// schemaOwner is our name in the table of schema versions.
const schemaOwner = "dig2temporal"

// ErrSchema is what every *SchemaError is.
var ErrSchema = errors.New("database has another schema")

// SchemaError says that a database was made by a build with another version of the server's tables.
type SchemaError struct {
	// File is the database.
	File string
	// Found is the version in the file, empty if there is none; Want is the version of this build.
	Found, Want string
}

func (e *SchemaError) Error() string {
	if e.Found == "" {
		return fmt.Sprintf("%s: not a database of this program; name another file, or move this one away", e.File)
	}
	return fmt.Sprintf("%s: database has schema %s, this version needs %s; there is no conversion: "+
		"finish what runs in it with the version that made it, or move the file away to start with an empty one",
		e.File, e.Found, e.Want)
}

// Is makes errors.Is(err, ErrSchema) true.
func (e *SchemaError) Is(target error) bool { return target == ErrSchema }

var keptIndexes = []string{
	"default_idx",
	"by_status",
	"by_task_queue",
	"by_workflow_id",
	"by_parent_workflow_id",
	"by_root_workflow_id",
	"by_temporal_scheduled_by_id",
}

var visibilityIndex = regexp.MustCompile(`^CREATE INDEX (\w+)\s+ON executions_visibility \(namespace_id, (\w+),`)

var historyStatistics = []string{
	`ANALYZE history_node`,
	`INSERT INTO sqlite_stat1 VALUES ('history_node', 'sqlite_autoindex_history_node_1', '1000000 1000000 10000 10000 1 1')`,
	`ANALYZE sqlite_master`,
}

// statements collects what the schema package would execute.
type statements struct {
	sqlplugin.AdminDB
	all []string
}

func (s *statements) Exec(statement string, _ ...any) error {
	s.all = append(s.all, statement)
	return nil
}

// serverSchema returns the statements that create the tables, and the indexes left out by the column they are of.
func serverSchema() (tables []string, indexes map[string]string, err error) {
	var s statements
	if err := sqliteschema.SetupSchemaOnDB(&s); err != nil {
		return nil, nil, err
	}
	indexes = map[string]string{}
	for _, statement := range s.all {
		m := visibilityIndex.FindStringSubmatch(strings.TrimSpace(statement))
		if m == nil || slices.Contains(keptIndexes, m[1]) {
			tables = append(tables, statement)
			continue
		}
		indexes[m[2]] = strings.Replace(statement, "CREATE INDEX", "CREATE INDEX IF NOT EXISTS", 1)
	}
	return tables, indexes, nil
}

// ensureSchema creates the tables in an empty database, all or nothing, and checks the version of others.
func (d *database) ensureSchema() error {
	db, err := d.admin()
	if err != nil {
		return err
	}
	defer db.Close()
	existing, err := db.ListTables("")
	if err != nil {
		return fmt.Errorf("open database %s: %w", d.file, err)
	}
	if len(existing) > 0 {
		found, err := db.ReadSchemaVersion(schemaOwner)
		if err != nil || found != schemaVersion {
			return &SchemaError{File: d.file, Found: found, Want: schemaVersion}
		}
		return nil
	}
	tables, _, err := serverSchema()
	if err != nil {
		return fmt.Errorf("create tables in database %s: %w", d.file, err)
	}
	err = d.transaction(db, func() error {
		if err := execAll(db, tables); err != nil {
			return err
		}
		if err := execAll(db, historyStatistics); err != nil {
			return err
		}
		if err := db.CreateSchemaVersionTables(); err != nil {
			return err
		}
		return db.UpdateSchemaVersion(schemaOwner, schemaVersion, schemaVersion)
	})
	if err != nil {
		return fmt.Errorf("create tables in database %s: %w", d.file, err)
	}
	return nil
}

// indexColumns creates the indexes of visibility columns that have come into use.
func (d *database) indexColumns(columns []string) error {
	_, indexes, err := serverSchema()
	if err != nil {
		return err
	}
	var create []string
	for _, c := range columns {
		if statement, ok := indexes[c]; ok {
			create = append(create, statement)
		}
	}
	db, err := d.admin()
	if err != nil {
		return err
	}
	defer db.Close()
	return execAll(db, create)
}

// transaction works because there is only one connection.
func (d *database) transaction(db sqlplugin.AdminDB, do func() error) error {
	if err := db.Exec(`BEGIN IMMEDIATE`); err != nil {
		return err
	}
	if err := do(); err != nil {
		return errors.Join(err, db.Exec(`ROLLBACK`))
	}
	return db.Exec(`COMMIT`)
}

func execAll(db sqlplugin.AdminDB, statements []string) error {
	for _, s := range statements {
		if err := db.Exec(s); err != nil {
			return err
		}
	}
	return nil
}
