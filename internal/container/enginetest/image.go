// Package enginetest gives tests a Docker Engine with an image, which is made of
// files of this machine, since tests can't load any.
package enginetest

import (
	"archive/tar"
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/client"
)

// Image is the name of the image: it has a shell and few other programs.
const Image = "dig2temporal-test:base"

// programs of the image.
var programs = []string{"sh", "cat", "env", "id", "ls", "sleep", "kill", "head", "rm"}

// Engine is the engine that the environment names.
type Engine struct {
	API *client.Client
	t   testing.TB
}

// Start returns the engine with the image in it. The test is skipped where no
// engine runs.
func Start(t testing.TB) *Engine {
	t.Helper()
	api, err := client.NewClientWithOpts(client.FromEnv, client.WithAPIVersionNegotiation())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { api.Close() })
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if _, err := api.Ping(ctx); err != nil {
		t.Skipf("no Docker Engine runs here: %v", err)
	}
	e := &Engine{API: api, t: t}
	if _, err := api.ImageInspect(ctx, Image); err != nil {
		e.load(ctx)
	}
	return e
}

func (e *Engine) load(ctx context.Context) {
	e.t.Helper()
	files, err := archive()
	if err != nil {
		e.t.Fatal(err)
	}
	e.importImage(ctx, Image, files, "ENV PATH=/usr/bin:/bin")
}

func (e *Engine) importImage(ctx context.Context, name string, files io.Reader, changes ...string) {
	e.t.Helper()
	answer, err := e.API.ImageImport(ctx, image.ImportSource{Source: files, SourceName: "-"}, name,
		image.ImportOptions{Changes: changes})
	if err != nil {
		e.t.Fatal(err)
	}
	defer answer.Close()
	if text, err := io.ReadAll(answer); err != nil || strings.Contains(string(text), `"error"`) {
		e.t.Fatalf("the image can't be made: %s %v", text, err)
	}
}

// Containers returns how many containers have a label.
func (e *Engine) Containers(label string) int {
	e.t.Helper()
	list, err := e.API.ContainerList(context.Background(), container.ListOptions{
		All: true, Filters: filters.NewArgs(filters.Arg("label", label)),
	})
	if err != nil {
		e.t.Fatal(err)
	}
	return len(list)
}

// Gone waits until no container has the label.
func (e *Engine) Gone(label string) {
	e.t.Helper()
	for range 200 {
		if e.Containers(label) == 0 {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	e.t.Errorf("a container with the label %s is left", label)
}

// HostPrograms are options that show the programs of this machine in a
// container, where there are more of them than in the image.
func HostPrograms() []string {
	options := []string{"-v", "/usr:/usr:ro"}
	for _, folder := range []string{"/bin", "/lib", "/lib64"} {
		if info, err := os.Lstat(folder); err == nil && info.IsDir() {
			options = append(options, "-v", folder+":"+folder+":ro")
		}
	}
	return options
}

// archive packs the programs with their libraries, at the places where they are.
func archive() (io.Reader, error) {
	files, err := files(programs)
	if err != nil {
		return nil, err
	}
	return pack(files, nil)
}

// pack packs files, and symbolic links with their targets.
func pack(files, links map[string]string) (io.Reader, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, folder := range []string{"bin", "lib", "lib64"} {
		if target, err := os.Readlink("/" + folder); err == nil {
			if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeSymlink, Name: folder, Linkname: target, Mode: 0o777}); err != nil {
				return nil, err
			}
		}
	}
	for _, folder := range []string{"tmp", "etc"} {
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: folder, Mode: 0o1777}); err != nil {
			return nil, err
		}
	}
	// Folders without a header would be for root only.
	for _, folder := range parents(files) {
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: strings.TrimPrefix(folder, "/"), Mode: 0o755}); err != nil {
			return nil, err
		}
	}
	for name, source := range files {
		text, err := os.ReadFile(source)
		if err != nil {
			return nil, err
		}
		if err := w.WriteHeader(&tar.Header{Name: strings.TrimPrefix(name, "/"), Mode: 0o755, Size: int64(len(text))}); err != nil {
			return nil, err
		}
		if _, err := w.Write(text); err != nil {
			return nil, err
		}
	}
	for name, target := range links {
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeSymlink, Name: strings.TrimPrefix(name, "/"), Linkname: target, Mode: 0o777}); err != nil {
			return nil, err
		}
	}
	return &b, w.Close()
}

// parents returns the folders of files, outer ones first.
func parents(files map[string]string) []string {
	var folders []string
	for name := range files {
		for folder := filepath.Dir(name); folder != "/"; folder = filepath.Dir(folder) {
			if !slices.Contains(folders, folder) {
				folders = append(folders, folder)
			}
		}
	}
	slices.Sort(folders)
	return folders
}

// files maps paths in the image to files: those of programs, and of what they
// are linked with.
func files(programs []string) (map[string]string, error) {
	files := map[string]string{}
	for _, program := range programs {
		path := program
		if !filepath.IsAbs(path) {
			path = filepath.Join("/usr/bin", program)
			if _, err := os.Stat(path); err != nil {
				path = filepath.Join("/bin", program)
			}
		}
		files[real(path)] = path
		linked(files, path)
	}
	return files, nil
}

// linked adds the libraries of programs or of libraries.
func linked(files map[string]string, paths ...string) {
	// What has no libraries makes ldd fail.
	libraries, _ := exec.Command("ldd", paths...).Output()
	for _, field := range strings.Fields(string(libraries)) {
		if strings.HasPrefix(field, "/") && !strings.HasSuffix(field, ":") {
			files[real(field)] = field
		}
	}
}

// real is the path with the links among its folders followed.
func real(path string) string {
	folder, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err != nil {
		return path
	}
	return filepath.Join(folder, filepath.Base(path))
}
