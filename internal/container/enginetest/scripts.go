package enginetest

import (
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Scripts is the name of the image of WithScripts.
const Scripts = "dig2temporal-test:scripts"

// WithScripts makes an image with this machine's Python and Ruby, an init, and
// what little of other programs scripts need. The test is skipped where one of
// them is missing.
func (e *Engine) WithScripts() string {
	e.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	if _, err := e.API.ImageInspect(ctx, Scripts); err == nil {
		return Scripts
	}
	python, library := e.interpreter("python3", "import sys, sysconfig; print(sys.executable); print(sysconfig.get_path('stdlib')); print(sysconfig.get_path('platstdlib'))")
	ruby, more := e.interpreter("ruby", "require 'rbconfig'; puts RbConfig.ruby, RbConfig::CONFIG['rubylibdir'], RbConfig::CONFIG['rubyarchdir'], RbConfig::CONFIG['vendordir']")
	init, err := exec.LookPath("tini")
	if err != nil {
		e.t.Skip("needs tini")
	}
	all, err := files(append(slices.Clone(programs), "mkdir", "chmod", "chown", "tr", "base64", "mv", python, ruby, init))
	if err != nil {
		e.t.Fatal(err)
	}
	var libraries []string
	for _, root := range append(library, more...) {
		libraries = append(libraries, e.tree(all, root)...)
	}
	if len(libraries) > 0 {
		linked(all, libraries...)
	}
	// They are found by these names, wherever they are.
	links := map[string]string{}
	for name, path := range map[string]string{"python3": python, "ruby": ruby, "tini": init} {
		if at := "/usr/bin/" + name; all[at] == "" {
			links[at] = path
		}
	}
	packed, err := pack(all, links)
	if err != nil {
		e.t.Fatal(err)
	}
	e.importImage(ctx, Scripts, packed)
	return Scripts
}

// interpreter asks an interpreter where it is, and where its libraries are. One of
// the system comes before one of the user.
func (e *Engine) interpreter(name, question string) (path string, roots []string) {
	e.t.Helper()
	path = filepath.Join("/usr/bin", name)
	if _, err := os.Stat(path); err != nil {
		if path, err = exec.LookPath(name); err != nil {
			e.t.Skipf("needs %s", name)
		}
	}
	option := "-c"
	if name == "ruby" {
		option = "-e"
	}
	answer, err := exec.Command(path, option, question).Output()
	if err != nil {
		e.t.Fatalf("%s: %v", path, err)
	}
	lines := strings.Split(strings.TrimSpace(string(answer)), "\n")
	return lines[0], slices.Compact(lines[1:])
}

// tree adds a library's files but for what no script uses, and returns those that
// are linked with others.
func (e *Engine) tree(files map[string]string, root string) (shared []string) {
	e.t.Helper()
	unused := []string{"__pycache__", "site-packages", "dist-packages", "test", "idlelib", "tkinter", "lib2to3", "ensurepip", "gems"}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() {
			if slices.Contains(unused, name) || strings.HasPrefix(name, "config-") {
				return filepath.SkipDir
			}
			return nil
		}
		if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() || strings.HasSuffix(name, ".a") {
			return nil
		}
		files[real(path)] = path
		if strings.HasSuffix(name, ".so") {
			shared = append(shared, path)
		}
		return nil
	})
	if err != nil && !os.IsNotExist(err) {
		e.t.Fatal(err)
	}
	return shared
}
