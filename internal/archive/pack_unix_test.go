//go:build unix

package archive_test

import (
	"bytes"
	"net"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/dig2temporal/dig2temporal/internal/archive"
)

func TestSpecialFiles(t *testing.T) {
	pipe := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(pipe, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	socket := t.TempDir()
	t.Chdir(socket)
	listener, err := net.Listen("unix", "socket")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	for dir, want := range map[string]string{pipe: `"pipe" is a named pipe`, socket: `"socket" is a socket`} {
		_, err := archive.Pack(t.Context(), dir, &bytes.Buffer{}, archive.Options{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v", err)
		}
	}
	_, err = archive.Pack(t.Context(), pipe, &bytes.Buffer{}, archive.Options{Ignore: func(path string, _ bool) bool { return path == "pipe" }})
	if err != nil {
		t.Errorf("ignored: %v", err)
	}
}
