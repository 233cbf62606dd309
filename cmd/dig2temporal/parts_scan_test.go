//go:build cluster && linux

package main

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dig2temporal/dig2temporal/internal/bucket"
)

// disclosed tells whether data holds a text: in clear, in hexadecimal or base64,
// or within what is compressed in it, wherever that begins.
func disclosed(data []byte, text string) bool { return discloses(data, forms(text), 4) }

func discloses(data []byte, forms [][]byte, depth int) bool {
	if slices.ContainsFunc(forms, func(form []byte) bool { return bytes.Contains(data, form) }) {
		return true
	}
	if depth == 0 {
		return false
	}
	for at := range len(data) - 2 {
		var r io.Reader
		var err error
		switch {
		case data[at] == 0x1f && data[at+1] == 0x8b:
			r, err = gzip.NewReader(bytes.NewReader(data[at:]))
		case data[at] == 0x78 && (int(data[at])<<8|int(data[at+1]))%31 == 0:
			r, err = zlib.NewReader(bytes.NewReader(data[at:]))
		default:
			continue
		}
		if err != nil {
			continue
		}
		// What comes before an error may be a part of it, too.
		if open, _ := io.ReadAll(io.LimitReader(r, 256<<20)); len(open) > 0 && discloses(open, forms, depth-1) {
			return true
		}
	}
	return false
}

func forms(text string) [][]byte {
	list := [][]byte{[]byte(text), []byte(hex.EncodeToString([]byte(text)))}
	for shift := range 3 {
		coded := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("x", shift) + text))
		// The characters at the ends depend on what is beside the text, too.
		coded = coded[(shift*8+5)/6 : len(coded)-2]
		list = append(list, []byte(coded), []byte(strings.NewReplacer("+", "-", "/", "_").Replace(coded)))
	}
	return list
}

func TestDisclosed(t *testing.T) {
	const text = "kept-from-all"
	var inner, outer bytes.Buffer
	w := zlib.NewWriter(&inner)
	_, _ = w.Write([]byte("before " + text + " after"))
	_ = w.Close()
	g := gzip.NewWriter(&outer)
	_, _ = g.Write(append([]byte("head x"), inner.Bytes()...))
	_ = g.Close()
	for name, data := range map[string]string{
		"clear": "a " + text + ".", "hex": hex.EncodeToString([]byte("ab" + text)), "compressed": "head" + inner.String() + "tail", "twice": outer.String(),
		"base64": base64.StdEncoding.EncodeToString([]byte(text)), "base64 a": base64.StdEncoding.EncodeToString([]byte("a" + text + "b")),
		"base64 ab": base64.URLEncoding.EncodeToString([]byte("ab" + text + "bc")),
	} {
		if !disclosed([]byte(data), text) {
			t.Errorf("%s: not found", name)
		}
	}
	if disclosed([]byte("kept-from-al\x78\x9c\x1f\x8b\x08"), text) {
		t.Error("found where it is not")
	}
}

var bytea = regexp.MustCompile(`\\\\x([0-9a-f]+)`)

// held returns what a dump holds, with binary columns as they are.
func held(dump []byte) []byte {
	return bytea.ReplaceAllFunc(dump, func(text []byte) []byte {
		open := make([]byte, hex.DecodedLen(len(text)-3))
		if _, err := hex.Decode(open, text[3:]); err != nil {
			return text
		}
		return open
	})
}

// objects returns everything in the store.
func (p *parts) objects(t *testing.T, url string) map[string][]byte {
	t.Helper()
	ctx := t.Context()
	b, err := bucket.Open(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	all := map[string][]byte{}
	for list := b.List(nil); ; {
		object, err := list.Next(ctx)
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		if all[object.Key], err = b.ReadAll(ctx, object.Key); err != nil {
			t.Fatal(err)
		}
	}
}

// watcher looks at the processes of this machine again and again, as others do who
// may list them.
type watcher struct {
	mu sync.Mutex
	// arguments are all command lines that were seen, environments those of
	// processes by their command line.
	arguments    map[string]bool
	environments map[string]map[string]bool
	stop, done   chan struct{}
}

func watch(t *testing.T) *watcher {
	w := &watcher{arguments: map[string]bool{}, environments: map[string]map[string]bool{}, stop: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(w.done)
		for {
			w.look()
			select {
			case <-w.stop:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	t.Cleanup(w.end)
	return w
}

func (w *watcher) end() {
	select {
	case <-w.stop:
	default:
		close(w.stop)
	}
	<-w.done
}

func (w *watcher) look() {
	list, _ := os.ReadDir("/proc")
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, entry := range list {
		if _, err := strconv.Atoi(entry.Name()); err != nil {
			continue
		}
		line, err := os.ReadFile(filepath.Join("/proc", entry.Name(), "cmdline"))
		if err != nil || len(line) == 0 {
			continue
		}
		command := strings.ReplaceAll(strings.TrimRight(string(line), "\x00"), "\x00", " ")
		w.arguments[command] = true
		environment, err := os.ReadFile(filepath.Join("/proc", entry.Name(), "environ"))
		if err != nil {
			continue
		}
		if w.environments[command] == nil {
			w.environments[command] = map[string]bool{}
		}
		w.environments[command][string(environment)] = true
	}
}

// withArguments returns the command lines that hold a text.
func (w *watcher) withArguments(text string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var found []string
	for command := range w.arguments {
		if disclosed([]byte(command), text) {
			found = append(found, command)
		}
	}
	return found
}

// withEnvironment returns the command lines of processes whose environment holds a
// text.
func (w *watcher) withEnvironment(text string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var found []string
	for command, all := range w.environments {
		for environment := range all {
			if disclosed([]byte(environment), text) {
				found = append(found, command)
				break
			}
		}
	}
	return found
}
