package operators

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
)

// output collects what a task prints.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

type testLog struct{ t *testing.T }

func (l testLog) Infof(format string, args ...any)  { l.t.Logf(format, args...) }
func (l testLog) Warnf(format string, args ...any)  { l.t.Logf(format, args...) }
func (l testLog) Errorf(format string, args ...any) { l.t.Logf("error: "+format, args...) }

type secretMap map[string]string

func (m secretMap) Lookup(key string) (string, bool, error) {
	v, ok := m[key]
	return v, ok, nil
}

func (m secretMap) Get(key string) (string, error) {
	if v, ok := m[key]; ok {
		return v, nil
	}
	return "", SecretNotFound(key)
}

// newTask returns a task whose keys all stand in the task itself.
func newTask(t *testing.T, kind string, config *ordered.Object) (*Task, *output) {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	out := &output{}
	return &Task{
		Name: "+main+t", Type: kind, Config: config, Local: config, ProjectDir: dir, Workdir: dir,
		Environ: os.Environ(), Output: out, Log: testLog{t}, Secrets: secretMap{}, Now: time.Now,
		Save: func(*ordered.Object) {},
	}, out
}

func parse(t *testing.T, text string) *ordered.Object {
	t.Helper()
	o, err := ordered.ParseObject([]byte(text))
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return o
}

func readRows(t *testing.T, file string, rows any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, rows); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}
