// Package container runs commands in containers, through the API of a Docker
// Engine: it finds the engine, sees to the image, and runs one container a
// command, which is removed in any case.
package container

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/docker/docker/client"
)

// Engine is a Docker Engine that answers.
type Engine struct {
	api *client.Client
	// environ is what the docker command would find in its environment.
	environ environ
}

// UnreachableError tells that there is no engine at an address, or that it does
// not answer.
type UnreachableError struct {
	Host string
	Err  error
}

func (e *UnreachableError) Error() string {
	text := fmt.Sprintf("The Docker Engine at %s can't be reached: %v. ", e.Host, reason(e.Err))
	if errors.Is(e.Err, syscall.EACCES) || errors.Is(e.Err, syscall.EPERM) {
		return text + `Let this user use it (mostly by adding it to the group "docker"), or set DOCKER_HOST to the address of another one`
	}
	return text + "Start it, or set DOCKER_HOST to the address of another one"
}

func (e *UnreachableError) Unwrap() error { return e.Err }

// reason is the innermost error: what the system said.
func reason(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// Connect finds an engine: at the host, when it is an address, else where
// DOCKER_HOST says, else at the usual places. The error is an
// *UnreachableError when none answers.
func Connect(ctx context.Context, variables []string, host string) (*Engine, error) {
	e := &Engine{environ: variables}
	if host == "" {
		host = e.environ.get("DOCKER_HOST")
	}
	if host == "" {
		host = e.usualHost()
	}
	options := []client.Opt{client.WithHost(host), client.WithAPIVersionNegotiation()}
	certificates := e.environ.get("DOCKER_CERT_PATH")
	if certificates == "" && e.environ.get("DOCKER_TLS_VERIFY") != "" {
		certificates = e.configFolder()
	}
	if certificates != "" && strings.HasPrefix(host, "tcp://") {
		file := func(name string) string { return filepath.Join(certificates, name) }
		options = append(options, client.WithTLSClientConfig(file("ca.pem"), file("cert.pem"), file("key.pem")))
	}
	var err error
	if e.api, err = client.NewClientWithOpts(options...); err != nil {
		return nil, &UnreachableError{Host: host, Err: err}
	}
	if err := e.ping(ctx, host); err != nil {
		e.Close()
		return nil, err
	}
	return e, nil
}

const pingTimeout = 10 * time.Second

func (e *Engine) ping(ctx context.Context, host string) error {
	// The client hides the error of the system, but a dial shows it.
	if connection, err := e.api.Dialer()(ctx); err != nil {
		return unreachable(ctx, host, err)
	} else {
		connection.Close()
	}
	limited, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	if _, err := e.api.Ping(limited); err != nil {
		return unreachable(ctx, host, err)
	}
	return nil
}

func unreachable(ctx context.Context, host string, err error) error {
	if canceled := context.Cause(ctx); canceled != nil {
		return canceled
	}
	return &UnreachableError{Host: host, Err: err}
}

// usualHost is the socket of the system, or one of the user.
func (e *Engine) usualHost() string {
	sockets := []string{strings.TrimPrefix(client.DefaultDockerHost, "unix://")}
	if dir := e.environ.get("XDG_RUNTIME_DIR"); dir != "" {
		sockets = append(sockets, filepath.Join(dir, "docker.sock"))
	}
	if home := e.environ.get("HOME"); home != "" {
		sockets = append(sockets, filepath.Join(home, ".docker", "run", "docker.sock"))
	}
	for _, socket := range sockets {
		if info, err := os.Stat(socket); err == nil && info.Mode().Type() == fs.ModeSocket {
			return "unix://" + socket
		}
	}
	return client.DefaultDockerHost
}

func (e *Engine) configFolder() string {
	if folder := e.environ.get("DOCKER_CONFIG"); folder != "" {
		return folder
	}
	return filepath.Join(e.environ.get("HOME"), ".docker")
}

// Close ends the connection.
func (e *Engine) Close() { _ = e.api.Close() }

// environ holds "NAME=value" entries.
type environ []string

func (e environ) get(name string) string {
	value, _ := e.lookup(name)
	return value
}

func (e environ) lookup(name string) (value string, ok bool) {
	for _, entry := range e {
		if v, found := strings.CutPrefix(entry, name+"="); found {
			value, ok = v, true
		}
	}
	return value, ok
}
