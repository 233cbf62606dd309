// Package ui serves the Temporal Web UI for a frontend. It is apart from the server because its pages are 6 MB of the
// binary that links it.
package ui

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
	"github.com/temporalio/ui-server/v2/server/config"
	"github.com/temporalio/ui-server/v2/server/csrf"
	"github.com/temporalio/ui-server/v2/server/route"
	"github.com/temporalio/ui-server/v2/ui"
)

// Options says where to serve the UI, and of what.
type Options struct {
	// IP is the address to listen on, 127.0.0.1 by default. The UI asks no one who they are.
	IP string
	// Port is the port to listen on; 0 takes a free one.
	Port int
	// FrontendHostPort is the gRPC address of the Temporal frontend.
	FrontendHostPort string
	// Namespace is the one that is shown first, "default" by default.
	Namespace string
}

// Start serves the UI and returns its host:port. The returned function stops it, and cuts connections off.
func Start(opts Options) (addr string, stop func(), err error) {
	if opts.IP == "" {
		opts.IP = "127.0.0.1"
	}
	if opts.Namespace == "" {
		opts.Namespace = "default"
	}
	handler, err := newHandler(opts)
	if err != nil {
		return "", nil, fmt.Errorf("web UI: %w", err)
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(opts.IP, strconv.Itoa(opts.Port)))
	if err != nil {
		return "", nil, fmt.Errorf("web UI: %w", err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(listener) // it ends with Close, or when the listener breaks; neither concerns anyone else
	}()
	return listener.Addr().String(), func() {
		_ = server.Close()
		<-served
	}, nil
}

func newHandler(opts Options) (http.Handler, error) {
	if opts.FrontendHostPort == "" {
		return nil, errors.New("the address of the Temporal frontend is missing")
	}
	provider, err := config.NewConfigProviderWithRefresh(&config.Config{
		TemporalGRPCAddress: opts.FrontendHostPort,
		DefaultNamespace:    opts.Namespace,
		EnableUI:            true,
		DisableNewsFetch:    true,
		HideLogs:            true,
		CORS:                config.CORS{CookieInsecure: true},
	})
	if err != nil {
		return nil, err
	}
	assets, err := ui.Assets()
	if err != nil {
		return nil, err
	}
	if assets, err = fs.Sub(assets, "local"); err != nil {
		return nil, err
	}

	e := echo.New()
	e.Logger.SetOutput(io.Discard)
	e.Use(middleware.Recover(), middleware.Gzip(), middleware.Secure())
	if net.ParseIP(opts.IP).IsLoopback() {
		e.Use(localOnly)
	}
	const secureCookie = false // plain HTTP
	e.Use(csrf.EnsureTokenCookie(secureCookie))
	e.Use(middleware.CSRFWithConfig(csrf.MiddlewareConfig(provider, secureCookie)))
	route.SetHealthRoute(e)
	if err := route.SetAPIRoutes(e, provider, nil); err != nil {
		return nil, err
	}
	if err := route.SetUIRoutes(e, "", assets, provider); err != nil {
		return nil, err
	}
	route.SetRenderRoute(e, "/")
	return e, nil
}

// localOnly refuses requests that come under a foreign name: a page on the web can have its name resolve to the
// loopback address, and would then be of the same origin as the UI.
func localOnly(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		host := c.Request().Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		if host == "localhost" || net.ParseIP(strings.Trim(host, "[]")) != nil {
			return next(c)
		}
		return echo.NewHTTPError(http.StatusForbidden, "this server answers to localhost only")
	}
}
