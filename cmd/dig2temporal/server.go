//go:build !noserver

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dig2temporal/dig2temporal/activities"
	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/cluster"
	"github.com/dig2temporal/dig2temporal/internal/devserver"
	"github.com/dig2temporal/dig2temporal/internal/devserver/ui"
	"github.com/dig2temporal/dig2temporal/internal/keyfile"
	"github.com/dig2temporal/dig2temporal/worker"
)

type serverOptions struct {
	workerOptions
	dataDir      string
	ip           string
	port, uiPort int
	retention    time.Duration
	noWorker     bool
	store        string
	keeper       string
}

func (c *Command) serverCommand() *cobra.Command {
	o := &serverOptions{}
	cmd := &cobra.Command{
		Use:   "server [options]",
		Short: "Run a Temporal server with its Web UI and a worker",
		Long: `Run a Temporal server on a database file, its Web UI, and a worker, in one process.
The other commands find it at localhost:7233, or where TEMPORAL_ADDRESS says. More
workers may be added with "dig2temporal worker".

It asks nobody who they are: whoever can connect can run commands. It survives a
kill at any moment; start it again with the same folder.`,
		Example: `  dig2temporal server
  dig2temporal server --data-dir /var/lib/dig2temporal --ip 0.0.0.0`,
		Args: arguments(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error { return c.server(cmd.Context(), o) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.dataDir, "data-dir", "", "`FOLDER` of the database and the stores (default: $XDG_DATA_HOME/dig2temporal, else ~/.local/share/dig2temporal)")
	flags.StringVar(&o.ip, "ip", "127.0.0.1", "`ADDRESS` to listen on")
	flags.IntVar(&o.port, "port", 7233, "Port `N` of the server; 0 takes a free one")
	flags.IntVar(&o.uiPort, "ui-port", 8233, "Port `N` of the Web UI; 0 serves none")
	flags.DurationVar(&o.retention, "retention", devserver.DefaultRetention, "How long attempts that have ended are kept, as `DURATION`")
	flags.StringVar(&o.store, "store", "", "`URL` of the store of projects and logs (default: $"+cluster.EnvStore+", else a folder below --data-dir)")
	flags.StringVar(&o.keeper, "keeper", "", "`URL` of what encrypts secrets (default: $"+cluster.EnvKeeper+", else a key file below --data-dir)")
	flags.BoolVar(&o.noWorker, "no-worker", false, "Run no worker in this process")
	o.workerOptions.add(flags)
	return cmd
}

// server runs until it is interrupted.
func (c *Command) server(ctx context.Context, o *serverOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	if o.store == "" {
		o.store = c.getenv(cluster.EnvStore)
	}
	if o.keeper == "" {
		o.keeper = c.getenv(cluster.EnvKeeper)
	}
	if strings.HasPrefix(o.keeper, "base64key:") {
		return usagef("the keeper must not hold a key: whoever may look at the namespace would see it. Use keyfile:///FILE or a key management service")
	}
	folder, err := c.dataFolder(o.dataDir)
	if err != nil {
		return err
	}
	stopWatch, err := c.startWatch(ctx, &o.workerOptions, "dig2temporal-server")
	if err != nil {
		return err
	}
	defer stopWatch()
	// Temporal warns of much that is nobody's fault.
	quiet := o.workerOptions
	if logLevels()[strings.ToLower(quiet.logLevel)] != activities.LevelDebug {
		quiet.logLevel = "error"
	}
	logs := c.serverLogger(&quiet)
	if err := o.defaultStores(folder); err != nil {
		return err
	}
	server, err := devserver.Start(ctx, devserver.Options{
		DatabaseFile: filepath.Join(folder, "temporal.db"), IP: o.ip, FrontendPort: o.port, Retention: o.retention,
		// Whoever finds the server has to find the stores, too.
		Data:             cluster.Settings{Store: o.store, Keeper: o.keeper, Server: true}.Data(),
		SearchAttributes: worker.AttributeTypes(), SystemWorker: true, Logger: logs,
	})
	if err != nil {
		return err
	}
	defer server.Stop()
	k, err := c.embedded(ctx, o, server)
	if err != nil {
		return err
	}
	defer k.Close()
	if _, err := server.ReleaseOrphans(ctx, serverIdentity); err != nil {
		return err
	}
	settings := k.Settings
	settings.Server = true
	if o.uiPort != 0 {
		address, stop, err := ui.Start(ui.Options{IP: o.ip, Port: o.uiPort, FrontendHostPort: server.HostPort(), Namespace: server.Namespace()})
		if err != nil {
			return err
		}
		defer stop()
		settings.WebUI = "http://" + reachable(address)
		fmt.Fprintf(c.Err, "Web UI: %s\n", settings.WebUI)
	}
	k.Settings = settings
	if err := k.Set(ctx, settings); err != nil {
		return err
	}
	fmt.Fprintf(c.Err, "Temporal server: %s, data in %s\n", reachable(server.HostPort()), folder)
	if o.noWorker {
		o.watch.SetReady(k.Reachable)
		interrupts, release := c.interrupts()
		defer release()
		<-interrupts
		return nil
	}
	o.folder = filepath.Join(folder, "worker")
	return c.serve(ctx, k, &o.workerOptions)
}

// serverIdentity begins the identity of the server's own worker.
const serverIdentity = "dig2temporal-server@"

// defaultStores puts the stores that are not named into the folder of the server.
func (o *serverOptions) defaultStores(folder string) error {
	if o.store == "" {
		o.store = fileURL("file", filepath.Join(folder, "store"))
	}
	if o.keeper == "" {
		key := filepath.Join(folder, "secrets.key")
		if _, err := keyfile.Create(key); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		o.keeper = fileURL("keyfile", key)
	}
	return nil
}

// embedded connects to the server in this process.
func (c *Command) embedded(ctx context.Context, o *serverOptions, server *devserver.Server) (*cluster.Cluster, error) {
	host, _ := os.Hostname()
	return cluster.Embedded(ctx, server.Dial, cluster.Options{
		Env: cluster.Environ(c.Env), Address: reachable(server.HostPort()), Namespace: server.Namespace(),
		Store: o.store, Keeper: o.keeper,
		Logger: c.sdkLogger(&o.workerOptions), Identity: serverIdentity + host + "-" + strconv.Itoa(os.Getpid()),
		Metrics: o.watch.MetricsHandler(), Interceptors: o.watch.ClientInterceptors(),
	})
}

func fileURL(scheme, path string) string {
	return (&url.URL{Scheme: scheme, Path: filepath.ToSlash(path)}).String()
}

// reachable is an address at which clients on this machine find what listens on
// all of them.
func reachable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}

// dataFolder makes the folder of a server.
func (c *Command) dataFolder(dir string) (string, error) {
	switch {
	case dir != "":
		dir = c.path(dir)
	case c.getenv("XDG_DATA_HOME") != "":
		dir = filepath.Join(c.getenv("XDG_DATA_HOME"), "dig2temporal")
	case c.getenv("HOME") != "":
		dir = filepath.Join(c.getenv("HOME"), ".local", "share", "dig2temporal")
	default:
		return "", usagef("expected --data-dir: HOME is not set")
	}
	return dir, os.MkdirAll(dir, 0o700)
}
