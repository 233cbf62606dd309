package container

import (
	"context"
	"encoding/base64"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/image"

	"github.com/dig2temporal/dig2temporal/internal/container/enginetest"
)

// steps collects what is begun.
type steps struct {
	begun []string
	out   output
}

func (s *steps) progress() Progress {
	return Progress{Output: &s.out, Begin: func(what, _ string) { s.begun = append(s.begun, what) }}
}

func TestUnreachable(t *testing.T) {
	dir := t.TempDir()
	for _, r := range []struct {
		host, environ, err string
	}{
		{"unix://" + dir + "/none.sock", "", "The Docker Engine at unix://" + dir + "/none.sock can't be reached: no such file or directory. Start it, or set DOCKER_HOST to the address of another one"},
		{"", "unix://" + dir + "/other.sock", "The Docker Engine at unix://" + dir + "/other.sock can't be reached: no such file or directory. Start it, or set DOCKER_HOST to the address of another one"},
		{"bad", "", "The Docker Engine at bad can't be reached: unable to parse docker host `bad`. Start it, or set DOCKER_HOST to the address of another one"},
	} {
		_, err := Connect(context.Background(), []string{"DOCKER_HOST=" + r.environ}, r.host)
		if err == nil || err.Error() != r.err {
			t.Errorf("%v, want %s", err, r.err)
		}
	}
	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Connect(canceled, nil, "unix:///none.sock"); err != context.Canceled {
		t.Errorf("canceled: %v", err)
	}
}

// TestSilent: something that takes connections and never answers is no engine.
func TestSilent(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
	defer cancel()
	if _, err := Connect(ctx, nil, "unix://"+socket); err != context.DeadlineExceeded {
		t.Errorf("%v", err)
	}
}

func TestUsualHost(t *testing.T) {
	home := t.TempDir()
	run := filepath.Join(home, ".docker", "run")
	if err := os.MkdirAll(run, 0o755); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("unix", filepath.Join(run, "docker.sock"))
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	e := &Engine{environ: environ{"HOME=" + home}}
	want := "unix://" + run + "/docker.sock"
	if _, err := os.Stat("/var/run/docker.sock"); err == nil {
		want = "unix:///var/run/docker.sock"
	}
	if got := e.usualHost(); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestEnsure(t *testing.T) {
	e, _ := connect(t)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	s := &steps{}
	id, err := e.Ensure(ctx, enginetest.Image, "", PullMissing, s.progress())
	if err != nil || !strings.HasPrefix(id, "sha256:") || len(s.begun) > 0 {
		t.Errorf("%q, begun %v, %v", id, s.begun, err)
	}
	if again, err := e.Ensure(ctx, id, "", PullNever, s.progress()); again != id || err != nil {
		t.Errorf("by its ID: %q, %v", again, err)
	}
	for _, r := range []struct {
		name string
		pull Pull
		err  string
	}{
		// An address that no registry can have.
		{"registry.invalid/none:1", PullMissing, `The image "registry.invalid/none:1" can't be pulled: `},
		{"registry.invalid/none:1", PullNever, `The image "registry.invalid/none:1" is not there, and it must not be pulled. Build it with "docker build -t registry.invalid/none:1 …", or pull it`},
		{"Not A Name", PullMissing, `"Not A Name" is no name of a Docker image: `},
	} {
		if _, err := e.Ensure(ctx, r.name, "", r.pull, s.progress()); err == nil || !strings.HasPrefix(err.Error(), r.err) {
			t.Errorf("%v, want %s", err, r.err)
		}
	}
	if strings.Join(s.begun, " ") != "Pulling" {
		t.Errorf("begun %v", s.begun)
	}
}

func TestBuild(t *testing.T) {
	e, engine := connect(t)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	locks := 0
	lock := func(name string) (func(), error) {
		if strings.ContainsAny(name, ":/") {
			t.Errorf("%q is no file name", name)
		}
		locks++
		return func() { locks-- }, nil
	}
	options := func(args ...string) *BuildOptions {
		b, err := ParseBuildOptions(args, nil)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	stamp := time.Now().Format(time.RFC3339Nano)
	b := &Build{From: enginetest.Image, Commands: []string{"echo one > /made", "echo " + stamp + "\necho $who >> /made"}, Options: options("--build-arg", "who=two")}
	// An argument counts only when it is declared, which needs another line.
	b.Commands[1] = strings.Replace(b.Commands[1], "$who", "two", 1)
	s := &steps{}
	name, err := e.Build(ctx, b, lock, s.progress())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = engine.API.ImageRemove(context.Background(), name, image.RemoveOptions{Force: true})
	})
	if strings.Join(s.begun, " ") != "Building" || !strings.Contains(s.out.String(), "RUN echo one") || !strings.Contains(s.out.String(), stamp) {
		t.Errorf("begun %v, output %q", s.begun, s.out.String())
	}
	out := &output{}
	code, err := e.Run(ctx, &Command{Image: name, Args: []string{"cat", "/made"}, Dir: "/", Folder: t.TempDir(), Options: runOptions(t), Stdout: out, Stderr: out})
	if code != 0 || err != nil || out.String() != "one\ntwo\n" {
		t.Errorf("%d, %q, %v", code, out.String(), err)
	}
	again, err := e.Build(ctx, b, lock, s.progress())
	if again != name || err != nil || len(s.begun) != 1 {
		t.Errorf("%s again: %s, %v, %v", name, again, s.begun, err)
	}
	failing := &Build{From: enginetest.Image, Commands: []string{"exit 3"}, Options: options()}
	_, err = e.Build(ctx, failing, lock, s.progress())
	if err == nil || !strings.HasPrefix(err.Error(), "Docker build failed: ") || !strings.Contains(err.Error(), "3") {
		t.Errorf("%v", err)
	}
	if locks != 0 {
		t.Errorf("%d locks are held", locks)
	}
}

// TestAuth: what "docker login" left is found for the registry of an image.
func TestAuth(t *testing.T) {
	folder := t.TempDir()
	login := base64.StdEncoding.EncodeToString([]byte("me:hush"))
	text := `{"auths":{"registry.example.com":{"auth":"` + login + `"},"https://index.docker.io/v1/":{"auth":"` + login + `"}}}`
	if err := os.WriteFile(filepath.Join(folder, "config.json"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	e := &Engine{environ: environ{"DOCKER_CONFIG=" + folder}}
	for name, known := range map[string]bool{"registry.example.com/a/b:1": true, "python:3.12": true, "other.example.com/a": false} {
		auth, err := e.auth(name)
		if err != nil {
			t.Fatal(err)
		}
		decoded, err := base64.URLEncoding.DecodeString(auth)
		if err != nil || strings.Contains(string(decoded), "hush") != known {
			t.Errorf("%s: %s, %v", name, decoded, err)
		}
	}
}

func TestMessages(t *testing.T) {
	for text, want := range map[string][2]string{
		`{"stream":"Step 1\n"}{"stream":"x"}`: {"Step 1\nx", ""},
		`{"status":"Pulling from a","id":"1"}{"status":"Downloading","id":"b","progressDetail":{"current":1}}{"status":"Done"}`: {"1: Pulling from a\nDone\n", ""},
		`{"stream":"a\n"}{"errorDetail":{"message":"no"},"error":"no\n"}{"stream":"b"}`:                                         {"a\n", "no"},
		`{"stream":"a"}<html>`: {"a", "invalid character '<' looking for beginning of value"},
		``:                     {"", ""},
	} {
		var out output
		err := messages(strings.NewReader(text), &out)
		if got := out.String(); got != want[0] || err == nil && want[1] != "" || err != nil && err.Error() != want[1] {
			t.Errorf("%s: %q, %v", text, got, err)
		}
	}
	if err := messages(io.MultiReader(strings.NewReader(`{"stream":`)), io.Discard); err == nil {
		t.Error("a cut answer is no error")
	}
}
