package imports

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A worker needs no Temporal server. Whoever imports a package of it, however far
// away, doubles the size of the worker.
func TestWorkersHaveNoServer(t *testing.T) {
	packages := linked(t, "noserver,disable_grpc_modules")
	for _, unwanted := range []string{
		"go.temporal.io/server", "github.com/temporalio/ui-server", "modernc.org/sqlite", "github.com/gocql/gocql",
		"github.com/envoyproxy", module + "internal/devserver", module + "cmd/dig2temporal/internal/local",
	} {
		for _, p := range packages {
			if within(p, unwanted) {
				t.Errorf("the build without a server has the package %s", p)
			}
		}
	}
	// The same question about the other build has another answer.
	for _, wanted := range []string{"go.temporal.io/server", module + "internal/devserver"} {
		found := false
		for _, p := range linked(t, "disable_grpc_modules") {
			found = found || within(p, wanted)
		}
		if !found {
			t.Errorf("the full build has nothing of %s", wanted)
		}
	}
}

func within(path, root string) bool { return path == root || strings.HasPrefix(path, root+"/") }

func linked(t *testing.T, tags string) []string {
	t.Helper()
	list := exec.Command("go", "list", "-deps", "-tags", tags, "./cmd/dig2temporal")
	list.Dir = filepath.Join("..", "..")
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	packages := strings.Fields(string(out))
	if len(packages) < 500 {
		t.Fatalf("only %d packages", len(packages))
	}
	return packages
}
