// Command temporal-postgres runs a whole Temporal server, with the server's own
// defaults, on PostgreSQL: what a cluster is, in one process, for tests. It makes
// and updates the databases and the namespace, and says "ready at HOST:PORT" when
// it answers.
//
// It is a module of its own, so that dig2temporal doesn't depend on what only a
// full server needs.
package main

import (
	"context"
	"flag"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/temporal"
)

func main() {
	dsn := flag.String("dsn", "", "`URL` of the database, as postgres://USER:PASSWORD@HOST:PORT/NAME; visibility is kept in NAME_visibility")
	port := flag.Int("port", 7233, "Port `N` of the frontend on 127.0.0.1, below 32760, the 8 after it are for the other services; 0 takes free ones")
	namespace := flag.String("namespace", "default", "`NAME` of the namespace to make")
	retention := flag.Duration("retention", 72*time.Hour, "How long the namespace keeps what has ended")
	level := flag.String("log-level", "warn", "`LEVEL` from which on the server logs to stdout")
	flag.Parse()
	if err := run(*dsn, *port, *namespace, *retention, *level); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(dsn string, port int, namespace string, retention time.Duration, level string) error {
	main, visibility, err := databases(dsn)
	if err != nil {
		return err
	}
	logger := log.NewZapLogger(log.BuildZapLogger(log.Config{Stdout: true, Level: level}))
	if err := prepare(main, mainSchema, logger); err != nil {
		return err
	}
	if err := prepare(visibility, visibilitySchema, logger); err != nil {
		return err
	}
	c, err := configuration(main, visibility, port)
	if err != nil {
		return err
	}
	interrupted := temporal.InterruptCh()
	server, err := temporal.NewServer(temporal.ForServices(temporal.DefaultServices), temporal.WithConfig(c), temporal.WithLogger(logger))
	if err != nil {
		return err
	}
	if err := server.Start(); err != nil {
		return err
	}
	defer server.Stop()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := register(ctx, client.Options{HostPort: c.PublicClient.HostPort, Namespace: namespace, Logger: silent{}}, retention); err != nil {
		return err
	}
	fmt.Printf("ready at %s\n", c.PublicClient.HostPort)
	<-interrupted
	return nil
}

// databases reads the URL of a database.
func databases(dsn string) (main, visibility database, err error) {
	u, err := url.Parse(dsn)
	if err != nil || u.Scheme != "postgres" || u.User == nil || strings.Trim(u.Path, "/") == "" {
		return main, visibility, fmt.Errorf("expected --dsn postgres://USER:PASSWORD@HOST:PORT/NAME")
	}
	password, _ := u.User.Password()
	main = database{address: u.Host, user: u.User.Username(), password: password, name: strings.Trim(u.Path, "/"), attributes: map[string]string{}}
	for key, values := range u.Query() {
		main.attributes[key] = values[0]
	}
	visibility = main
	visibility.name += "_visibility"
	return main, visibility, nil
}
