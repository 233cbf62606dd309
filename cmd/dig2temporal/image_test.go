package main

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/docker/docker/api/types/build"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/pkg/stdcopy"

	"github.com/dig2temporal/dig2temporal/internal/bucket/buckettest"
	"github.com/dig2temporal/dig2temporal/internal/container/enginetest"
	"github.com/dig2temporal/dig2temporal/internal/keyfile"
)

// workerImage is an image of the Dockerfile, on a base that is made of programs of
// this machine: what the base of the Dockerfile would have is out of reach.
type workerImage struct {
	*enginetest.Engine
	name string
}

// maxBinary is what the command without a server may have: twice the size would
// mean that the server is in it again.
const maxBinary = 75 << 20

func buildImage(t *testing.T) *workerImage {
	t.Helper()
	i := &workerImage{enginetest.Start(t), "dig2temporal-test:worker"}
	base := i.WithScripts()
	root := absolute(t, filepath.Join("..", ".."))
	binary := filepath.Join(t.TempDir(), "dig2temporal")
	// The Dockerfile's flags, but for those that would have all packages compiled
	// once more.
	compile := exec.Command("go", "build", "-tags", "noserver,disable_grpc_modules", "-ldflags", "-s -w", "-o", binary, ".")
	if out, err := compile.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	info, err := os.Stat(binary)
	if err != nil {
		t.Fatal(err)
	}
	if t.Logf("the command has %.1f MB", float64(info.Size())/1e6); info.Size() > maxBinary {
		t.Errorf("the command has %d bytes, more than %d", info.Size(), maxBinary)
	}
	var folder bytes.Buffer
	w := tar.NewWriter(&folder)
	for name, path := range map[string]string{"Dockerfile": filepath.Join(root, "Dockerfile"), "dig2temporal": binary} {
		text, err := os.ReadFile(path)
		if err == nil {
			err = w.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: int64(len(text))})
		}
		if err == nil {
			_, err = w.Write(text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	none := ""
	answer, err := i.API.ImageBuild(t.Context(), &folder, build.ImageBuildOptions{
		Tags: []string{i.name}, Target: "prebuilt", Remove: true, ForceRemove: true, NetworkMode: "none",
		BuildArgs: map[string]*string{"BASE_IMAGE": &base, "PACKAGES": &none},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if text, err := io.ReadAll(answer.Body); err != nil || strings.Contains(string(text), `"error"`) {
		t.Fatalf("the image can't be built: %v\n%s", err, text)
	}
	t.Cleanup(func() {
		_, _ = i.API.ImageRemove(context.Background(), i.name, image.RemoveOptions{Force: true, PruneChildren: true})
	})
	return i
}

// start starts a container, with the file of a host in its home if one is given,
// and returns its id.
func (i *workerImage) start(t *testing.T, config *container.Config, files ...string) string {
	t.Helper()
	config.Image = i.name
	made, err := i.API.ContainerCreate(t.Context(), config, &container.HostConfig{NetworkMode: "host"}, nil, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = i.API.ContainerRemove(context.Background(), made.ID, container.RemoveOptions{Force: true, RemoveVolumes: true})
	})
	for _, file := range files {
		if err := i.API.CopyToContainer(t.Context(), made.ID, workerHome, ownFile(t, file), container.CopyToContainerOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := i.API.ContainerStart(t.Context(), made.ID, container.StartOptions{}); err != nil {
		t.Fatal(err)
	}
	return made.ID
}

const (
	workerHome = "/home/dig2temporal"
	workerUser = 10001
)

// ownFile packs a file as one that only the user of the image may read.
func ownFile(t *testing.T, path string) io.Reader {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	w := tar.NewWriter(&packed)
	err = w.WriteHeader(&tar.Header{Name: filepath.Base(path), Mode: 0o600, Uid: workerUser, Gid: workerUser, Size: int64(len(text))})
	if err == nil {
		_, err = w.Write(text)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return &packed
}

// logs returns what a container printed so far.
func (i *workerImage) logs(t *testing.T, id string) string {
	t.Helper()
	answer, err := i.API.ContainerLogs(t.Context(), id, container.LogsOptions{ShowStdout: true, ShowStderr: true})
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Close()
	var text strings.Builder
	if _, err := stdcopy.StdCopy(&text, &text, answer); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// run runs a container to its end.
func (i *workerImage) run(t *testing.T, config *container.Config) (code int64, printed string) {
	t.Helper()
	id := i.start(t, config)
	code = i.wait(t, id)
	return code, i.logs(t, id)
}

func (i *workerImage) wait(t *testing.T, id string) int64 {
	t.Helper()
	ended, failed := i.API.ContainerWait(t.Context(), id, container.WaitConditionNotRunning)
	select {
	case end := <-ended:
		return end.StatusCode
	case err := <-failed:
		t.Fatal(err)
	case <-time.After(time.Minute):
		t.Fatal("the container does not end")
	}
	return 0
}

// TestImage builds the image of the Dockerfile and lets a container of it run the
// tasks of an attempt, with a store that is reached by the network only.
func TestImage(t *testing.T) {
	if testing.Short() {
		t.Skip("builds an image")
	}
	i := buildImage(t)
	for _, c := range []struct {
		args []string
		code int64
		want string
	}{
		{[]string{"worker", "--help"}, 0, "--task-queue"},
		{[]string{"run", "daily.dig", "--rerun"}, 1, `error: this build has no embedded Temporal server, which "run" needs: use the full build`},
		{[]string{"server", "--port", "7233"}, 1, `error: this build has no embedded Temporal server, which "server" needs`},
		{[]string{"run", "--help"}, 0, "without the tag \"noserver\". Here,\n\"dig2temporal submit\" runs a workflow on a Temporal cluster.\n"},
	} {
		if code, printed := i.run(t, &container.Config{Cmd: c.args}); code != c.code || !strings.Contains(printed, c.want) {
			t.Errorf("%v: exit %d\n%s", c.args, code, printed)
		}
	}

	store := buckettest.S3(t)
	key := filepath.Join(t.TempDir(), "secrets.key")
	if _, err := keyfile.Create(key); err != nil {
		t.Fatal(err)
	}
	t.Setenv("DIG2TEMPORAL_KEEPER", "keyfile://"+key)
	environ := []string{
		"DIG2TEMPORAL_STORE=" + store,
		"AWS_ACCESS_KEY_ID=" + os.Getenv("AWS_ACCESS_KEY_ID"), "AWS_SECRET_ACCESS_KEY=" + os.Getenv("AWS_SECRET_ACCESS_KEY"),
	}
	for _, e := range environ {
		name, value, _ := strings.Cut(e, "=")
		t.Setenv(name, value)
	}
	s := serverAlone(t)
	address := freeAddress(t)
	id := i.start(t, &container.Config{
		Cmd: []string{"worker", "--http-listen", address, "--grace", "2s"}, Env: append(environ, "TEMPORAL_ADDRESS="+s.address,
			"DIG2TEMPORAL_KEEPER=keyfile://"+workerHome+"/"+filepath.Base(key)),
	}, key)
	ready := func() bool {
		answer, err := http.Get("http://" + address + "/readyz")
		if err != nil {
			return false
		}
		answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	}
	for end := time.Now().Add(time.Minute); !ready(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the worker does not get ready:\n%s", i.logs(t, id))
		}
	}
	dir := projectFolder(t, map[string]string{
		"wf.dig": `+sh:
  _env:
    TOKEN: ${secret:api.token}
  sh>: test "$TOKEN" = hush && echo "sh as $(id -u) in $HOME"
+py:
  py>: tasks.Tasks.store
  by: ${session_date}
+rb:
  _export:
    rb:
      require: tasks
  rb>: Tasks.show
+both:
  sh>: test "${seen}" = 2024-02-29 && echo "py and rb have run as ${python_uid}"
`,
		"tasks.py": "import os\nimport digdag\n\nclass Tasks(object):\n    def store(self, by):\n        digdag.env.store({'seen': by, 'python_uid': os.getuid()})\n",
		"tasks.rb": "class Tasks\n  def show(seen)\n    puts \"rb as #{Process.uid} has #{seen}\"\n  end\nend\n",
	})
	s.must(t, "push", "p", "--project", dir)
	s.must(t, "secrets", "--project", "p", "--set", "api.token=hush")
	code, stdout, stderr := s.call("submit", filepath.Join(dir, "wf.dig"), "--name", "p", "--session", "2024-02-29", "--follow")
	for _, want := range []string{"sh as 10001 in /home/dig2temporal", "rb as 10001 has 2024-02-29", "py and rb have run as 10001"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q", want)
		}
	}
	if code != 0 || t.Failed() {
		t.Fatalf("exit %d\n%s%s\nThe worker:\n%s", code, stdout, stderr, i.logs(t, id))
	}
	timeout := 40
	if err := i.API.ContainerStop(t.Context(), id, container.StopOptions{Timeout: &timeout}); err != nil {
		t.Fatal(err)
	}
	if code, printed := i.wait(t, id), i.logs(t, id); code != 0 || !strings.Contains(printed, "Stopping") {
		t.Errorf("the worker ends with %d:\n%s", code, printed)
	}
}

// serverAlone starts a server without a worker.
func serverAlone(t *testing.T) *testServer {
	t.Helper()
	s := &testServer{base: t.TempDir(), home: t.TempDir(), address: freeAddress(t)}
	_, port, _ := net.SplitHostPort(s.address)
	interrupts, ended, out := make(chan os.Signal, 2), make(chan int, 1), &lockedBuffer{}
	c := s.command(out)
	c.Interrupts = interrupts
	go func() {
		ended <- c.Main(context.Background(), []string{
			"server", "--data-dir", filepath.Join(s.base, "server"), "--port", port, "--ui-port", "0", "--no-worker",
		})
	}()
	t.Cleanup(func() {
		interrupts <- syscall.SIGTERM
		if code := <-ended; code != 0 {
			t.Errorf("the server ended with %d:\n%s", code, out)
		}
	})
	for !strings.Contains(out.String(), "data in ") {
		select {
		case code := <-ended:
			ended <- code
			t.Fatalf("the server ended with %d:\n%s", code, out)
		case <-time.After(10 * time.Millisecond):
		}
	}
	return s
}
