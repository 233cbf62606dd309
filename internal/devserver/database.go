package devserver

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"
	"github.com/google/uuid"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/metrics"
	"go.temporal.io/server/common/persistence/sql"
	"go.temporal.io/server/common/persistence/sql/sqlplugin"
	"go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	"go.temporal.io/server/common/resolver"
)

// database is an open SQLite database with the server's tables.
//
// All services share one connection. The server's SQLite plug-in keeps it under its settings and never closes it, so
// that a database in memory stays as long as the process, and a second server on the same file gets the connection of
// the first. One of the settings means nothing to SQLite and tells databases apart.
type database struct {
	file string
	sql  *config.SQL
	lock *flock.Flock
}

const identitySetting = "setup"

// openDatabase opens a file, created if it isn't there; an empty name is a database in memory.
func openDatabase(file string) (*database, error) {
	settings := map[string]string{}
	d := &database{file: file, sql: &config.SQL{PluginName: sqlite.PluginName, ConnectAttributes: settings}}
	if file == "" {
		// Named this way, the plug-in leaves the creation of the tables to us.
		d.sql.DatabaseName = ":memory:"
		settings[identitySetting] = uuid.NewString()
		return d, d.ensureSchema()
	}

	path, err := filepath.Abs(file)
	if err != nil {
		return nil, fmt.Errorf("database %s: %w", file, err)
	}
	if d.lock, err = lockDatabase(path); err != nil {
		return nil, err
	}
	d.sql.DatabaseName = escape(path)
	settings["mode"] = "rw"
	// Alone in the file, SQLite needs neither file locks nor shared memory. It has to know before it opens the
	// write-ahead log; the plug-in applies settings in the order of their names, and trims these only afterwards.
	settings[" locking_mode"] = "exclusive"
	settings["journal_mode"] = "wal"
	// Without a sync at every commit the last moments can get lost with the machine, but not with the process.
	settings["synchronous"] = "normal"
	settings["wal_autocheckpoint"] = "4000"
	if settings[identitySetting], err = createFile(path); err == nil {
		err = d.ensureSchema()
	}
	if err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

// createFile makes sure that the file is there and returns what tells it from a later one of the same name. A file
// that is there isn't opened: closing it would take away the locks of a connection this process has.
func createFile(path string) (string, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err == nil {
		err = f.Close()
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("create database: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("open database: %w", err)
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("open database: %s is not a file", path)
	}
	return fileIdentity(info), nil
}

// escape makes a path a part of a file: URI.
func escape(path string) string {
	return strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(filepath.ToSlash(path))
}

// admin is a handle to the connection.
func (d *database) admin() (sqlplugin.AdminDB, error) {
	db, err := sql.NewSQLAdminDB(sqlplugin.DbKindUnknown, d.sql, resolver.NewNoopResolver(),
		log.NewNoopLogger(), metrics.NoopMetricsHandler)
	if err == nil {
		return db, nil
	}
	// The lock was free: the process that had it has stopped its server and is still there.
	if strings.Contains(err.Error(), "database is locked") {
		return nil, inUse(d.file)
	}
	return nil, fmt.Errorf("open database %s: %w", d.file, err)
}

// close gives the file free. There is nothing to write: whatever was acknowledged is in the write-ahead log.
func (d *database) close() {
	if d.lock != nil {
		_ = d.lock.Unlock()
	}
}
