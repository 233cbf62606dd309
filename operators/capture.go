package operators

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/config"
)

// maxCaptured is how many bytes of output can become a param: params travel with
// every later task, so that large data belongs into a file.
const maxCaptured = 1 << 20

// capture keeps what a command writes to its standard output, up to the limit.
// What comes after it is counted only.
type capture struct {
	// name is the param that the output becomes.
	name string
	text bytes.Buffer
	size int64
}

// newCapture returns nil when the task does not want its output stored.
func newCapture(params *ordered.Object) (*capture, error) {
	if !isSet(params, "store_stdout") {
		return nil, nil
	}
	name, err := config.GetText(params, "store_stdout")
	if err != nil {
		return nil, err
	}
	if !isVariable(name) {
		return nil, config.Errorf("store_stdout must be the name of a param (letters, digits and _) but got %q", name)
	}
	return &capture{name: name}, nil
}

func (c *capture) Write(p []byte) (int, error) {
	c.size += int64(len(p))
	if room := maxCaptured - c.text.Len(); room > 0 {
		c.text.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}

// result stores the output in the place of the param.
func (c *capture) result() (*Result, error) {
	if c.size > maxCaptured {
		return nil, c.failure("it has %d bytes, %d are allowed. Write it to a file, and store the name of the file", c.size, maxCaptured)
	}
	if !utf8.Valid(c.text.Bytes()) {
		return nil, c.failure("it is no UTF-8 text. Write it to a file, and store the name of the file")
	}
	text := strings.TrimSuffix(strings.TrimSuffix(c.text.String(), "\n"), "\r")
	return &Result{Store: ordered.Of(c.name, valueOf(text)), Reset: []string{c.name}}, nil
}

func (c *capture) failure(format string, args ...any) error {
	return &Failure{Message: fmt.Sprintf("The output of the command can't be stored as %q: ", c.name) + fmt.Sprintf(format, args...)}
}

// valueOf reads a JSON object or array; every other text is itself.
func valueOf(text string) any {
	trimmed := strings.TrimSpace(text)
	if !strings.HasPrefix(trimmed, "{") && !strings.HasPrefix(trimmed, "[") {
		return text
	}
	value, err := ordered.Parse([]byte(trimmed))
	if err != nil {
		return text
	}
	return value
}

// together lets several streams go to one writer. Its errors are swallowed: a
// broken log must not stop a command.
type together struct {
	mu sync.Mutex
	w  io.Writer
}

func (t *together) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, _ = t.w.Write(p)
	return len(p), nil
}
