package container

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"
	"github.com/docker/docker/pkg/stdcopy"
)

// Command is a command to run in a container of its own.
type Command struct {
	Image string
	Args  []string
	// Env holds "NAME=value" entries, which win over those of the options and of
	// the image.
	Env []string
	// Dir is the folder that it runs in, Folder one that is there at the same path
	// as outside.
	Dir, Folder string
	// Relabel gives the folder a label of SELinux that containers may use.
	Relabel bool
	Options *RunOptions
	// Stdout and Stderr may be one writer. Their errors are ignored.
	Stdout, Stderr io.Writer
	// Grace is the time between SIGTERM and SIGKILL, 4 seconds when 0: the end of a
	// container takes some time itself.
	Grace time.Duration
	// Kill ends the Grace early when it is closed.
	Kill <-chan struct{}
}

// ProgramError tells that the image has no such program.
type ProgramError struct {
	Program, Image string
	Reason         string
}

func (e *ProgramError) Error() string {
	return fmt.Sprintf("Cannot run program %q in the image %q: %s", e.Program, e.Image, e.Reason)
}

// StartError tells that the engine refused to start the container.
type StartError struct{ Reason string }

func (e *StartError) Error() string { return "The container can't be started: " + e.Reason }

// after bounds what is done for a container after its command.
const after = 30 * time.Second

// Run runs the command and returns its exit code. The container is gone
// afterwards. When the context is done, the container is stopped, by the engine
// itself, so that it ends even when this process does not live to see it.
func (e *Engine) Run(ctx context.Context, c *Command) (code int, err error) {
	if err := context.Cause(ctx); err != nil {
		return 0, err
	}
	// The container outlives a cancellation for a while.
	steady := context.WithoutCancel(ctx)
	config, host := c.config()
	if host.Init == nil && host.PidMode == "" {
		own, err := e.hasInit(ctx, c)
		if err != nil {
			return 0, startError(ctx, c, err)
		}
		wanted := !own
		host.Init = &wanted
	}
	id, err := e.create(ctx, steady, c, config, host)
	if err != nil {
		return 0, startError(ctx, c, err)
	}
	defer e.remove(steady, id)
	first := &firstWords{c: c}
	attached, err := e.api.ContainerAttach(steady, id, container.AttachOptions{Stream: true, Stdout: true, Stderr: true})
	if err != nil {
		return 0, lost(ctx, err)
	}
	output := copying(attached.Reader, attached.Close, func(r io.Reader) { c.copy(r, first) })
	defer output.end()
	ended, failed := e.api.ContainerWait(steady, id, container.WaitConditionNextExit)
	// A start that is broken off would leave open whether the command runs.
	if err := e.api.ContainerStart(steady, id, container.StartOptions{}); err != nil {
		return 0, startError(ctx, c, err)
	}
	select {
	case <-ctx.Done():
		e.stop(steady, id, c)
	case end := <-ended:
		output.wait(after)
		if end.Error != nil {
			return 0, fmt.Errorf("the Docker Engine failed: %s", end.Error.Message)
		}
		if err := first.failure(int(end.StatusCode)); err != nil {
			return 0, err
		}
		return int(end.StatusCode), nil
	case err := <-failed:
		return 0, lost(ctx, err)
	}
	select {
	case <-ended:
	case <-failed:
	case <-time.After(after):
	}
	output.wait(after)
	return 0, context.Cause(ctx)
}

// create creates the container. When the context is done before, it is removed as
// soon as it is there.
func (e *Engine) create(ctx, steady context.Context, c *Command, config *container.Config, host *container.HostConfig) (string, error) {
	type creation struct {
		id  string
		err error
	}
	done := make(chan creation, 1)
	go func() {
		created, err := e.api.ContainerCreate(steady, config, host, nil, c.Options.platform, c.Options.name)
		done <- creation{created.ID, err}
	}()
	select {
	case r := <-done:
		return r.id, r.err
	case <-ctx.Done():
		go func() {
			if r := <-done; r.err == nil {
				e.remove(steady, r.id)
			}
		}()
		return "", context.Cause(ctx)
	}
}

func (c *Command) config() (*container.Config, *container.HostConfig) {
	config, host := c.Options.config, c.Options.host
	config.Image, config.Cmd, config.WorkingDir = c.Image, c.Args, c.Dir
	config.Env = merged(config.Env, c.Env)
	config.AttachStdout, config.AttachStderr = true, true
	host.AutoRemove = true
	if c.Relabel {
		host.Binds = append(host.Binds[:len(host.Binds):len(host.Binds)], c.Folder+":"+c.Folder+":rw,Z")
	} else {
		folder := mount.Mount{Type: mount.TypeBind, Source: c.Folder, Target: c.Folder}
		host.Mounts = append(host.Mounts[:len(host.Mounts):len(host.Mounts)], folder)
	}
	return &config, &host
}

// merged returns the variables of both; those of the second win.
func merged(under, over environ) []string {
	var all []string
	for _, entry := range under {
		name, _, _ := strings.Cut(entry, "=")
		if _, ok := over.lookup(name); !ok {
			all = append(all, entry)
		}
	}
	return append(all, over...)
}

func (c *Command) copy(r io.Reader, first *firstWords) {
	stdout, stderr := deaf{c.Stdout}, deaf{c.Stderr}
	if c.Options.config.Tty {
		first.to = stdout
		_, _ = io.Copy(first, r)
	} else {
		first.to = stderr
		_, _ = stdcopy.StdCopy(stdout, first, r)
	}
	first.end()
}

// deaf ignores errors of a writer: a command never stops for a broken log.
type deaf struct{ w io.Writer }

func (d deaf) Write(p []byte) (int, error) {
	_, _ = d.w.Write(p)
	return len(p), nil
}

func (e *Engine) stop(ctx context.Context, id string, c *Command) {
	grace := c.Grace
	if grace == 0 {
		grace = 4 * time.Second
	}
	seconds := int(grace.Round(time.Second) / time.Second)
	ctx, cancel := context.WithTimeout(ctx, grace+after)
	defer cancel()
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		_ = e.api.ContainerStop(ctx, id, container.StopOptions{Timeout: &seconds})
	}()
	select {
	case <-stopped:
	case <-c.Kill:
		_ = e.api.ContainerKill(ctx, id, "KILL")
		<-stopped
	}
}

// remove removes what is left of a container, mostly nothing: the engine removes
// it at its end.
func (e *Engine) remove(ctx context.Context, id string) {
	ctx, cancel := context.WithTimeout(ctx, after)
	defer cancel()
	_ = e.api.ContainerRemove(ctx, id, container.RemoveOptions{Force: true, RemoveVolumes: true})
}

// startError says why a container was not started. The engine knows the reasons
// by their texts only.
func startError(ctx context.Context, c *Command, err error) error {
	if canceled := context.Cause(ctx); canceled != nil {
		return canceled
	}
	text := err.Error()
	program := c.program()
	switch {
	case strings.Contains(text, "docker-init") || strings.Contains(text, "catatonit"):
		return &StartError{said(err) + ` (run_options: ["--init=false"] does without)`}
	case strings.Contains(text, "executable file not found"):
		return &ProgramError{program, c.Image, "executable file not found in $PATH"}
	case strings.Contains(text, fmt.Sprintf("exec: %q", program)) && strings.Contains(text, "no such file or directory"):
		return &ProgramError{program, c.Image, "no such file or directory"}
	case strings.Contains(text, fmt.Sprintf("exec: %q", program)) && strings.Contains(text, "permission denied"):
		return &ProgramError{program, c.Image, "permission denied"}
	case strings.Contains(text, "bind source path does not exist"):
		return &StartError{fmt.Sprintf("the engine does not see the folder %s. It must run on this machine, or share the folder with it", c.Folder)}
	case errdefs.IsNotFound(err) && strings.Contains(text, "No such image"):
		return &ImageError{Image: c.Image, Text: fmt.Sprintf("The image %q is gone: %v", c.Image, err)}
	}
	return &StartError{said(err)}
}

// program is what the container runs, as far as the image has no entrypoint.
func (c *Command) program() string {
	if len(c.Options.config.Entrypoint) > 0 {
		return c.Options.config.Entrypoint[0]
	}
	return c.Args[0]
}

// User returns the user that commands run as by default in an image, "" for root.
func (e *Engine) User(ctx context.Context, image string, o *RunOptions) (string, error) {
	if o.config.User != "" {
		return o.config.User, nil
	}
	found, err := e.api.ImageInspect(ctx, image)
	if err != nil || found.Config == nil {
		return "", lost(ctx, err)
	}
	return found.Config.User, nil
}
