package container

import (
	"bytes"
	"context"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"
)

// The first process of a container does not get the signals that it does not
// expect, SIGTERM among them, and has to reap the children of others. Commands do
// neither, so that an init goes before them. Images whose entrypoint is an init
// go without: some of these refuse to be anything but the first.

var inits = []string{"init", "my_init", "tini", "tini-static", "dumb-init", "docker-init", "catatonit", "systemd"}

func (e *Engine) hasInit(ctx context.Context, c *Command) (bool, error) {
	entrypoint := []string(c.Options.config.Entrypoint)
	if len(entrypoint) == 0 {
		found, err := e.api.ImageInspect(ctx, c.Image)
		if err != nil {
			return false, err
		}
		if found.Config != nil {
			entrypoint = found.Config.Entrypoint
		}
	}
	return len(entrypoint) > 0 && slices.Contains(inits, path.Base(entrypoint[0])), nil
}

// firstWords looks at how the errors of a container begin. When a program is not
// there the engine says so, but with an init before it the container starts, and
// the init says it to whoever reads the errors.
type firstWords struct {
	c    *Command
	to   io.Writer
	held []byte
	// over tells that other words have come.
	over bool
}

// These are the inits of Docker and of Podman.
var (
	initBegins = [][]byte{[]byte("[FATAL tini ("), []byte("ERROR (catatonit:")}
	initFails  = regexp.MustCompile(`^(?:\[FATAL tini \(\d+\)\] exec .+ failed|ERROR \(catatonit:\d+\): failed to exec pid1): ([^\r\n]+)\r?\n$`)
)

// maxWords is how much of it may be held back.
const maxWords = 4 << 10

func (f *firstWords) Write(p []byte) (int, error) {
	if f.over {
		return f.to.Write(p)
	}
	f.held = append(f.held, p...)
	mayBe := slices.ContainsFunc(initBegins, func(begin []byte) bool {
		n := min(len(begin), len(f.held))
		return bytes.Equal(begin[:n], f.held[:n])
	})
	if end := bytes.IndexByte(f.held, '\n'); !mayBe || len(f.held) > maxWords || end >= 0 && end < len(f.held)-1 {
		f.release()
	}
	return len(p), nil
}

func (f *firstWords) release() {
	f.over = true
	_, _ = f.to.Write(f.held)
	f.held = nil
}

// end passes on what was held back, but for the words of an init.
func (f *firstWords) end() {
	if !f.over && !initFails.Match(f.held) {
		f.release()
	}
}

// failure returns the error that the program is not there, when the init said so.
func (f *firstWords) failure(code int) error {
	if f.over || code != 126 && code != 127 {
		return nil
	}
	m := initFails.FindSubmatch(f.held)
	if m == nil {
		return nil
	}
	e := &ProgramError{Program: f.c.program(), Image: f.c.Image, Reason: strings.ToLower(string(m[1]))}
	if code == 127 && !strings.Contains(e.Program, "/") {
		e.Reason = "executable file not found in $PATH"
	}
	return e
}
