package secretstore

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/dig2temporal/dig2temporal/internal/keyfile"
)

func newStore(t *testing.T) (*Store, string) {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "config", "home")
	return Open(folder), folder
}

func set(t *testing.T, s *Store, pairs ...string) {
	t.Helper()
	secrets := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		secrets[pairs[i]] = pairs[i+1]
	}
	if err := s.Set(secrets); err != nil {
		t.Fatal(err)
	}
}

func TestStore(t *testing.T) {
	s, folder := newStore(t)
	if keys, err := s.Keys(); len(keys) > 0 || err != nil {
		t.Errorf("an empty store has %v, %v", keys, err)
	}
	if _, ok, err := s.Get("a"); ok || err != nil {
		t.Errorf("an empty store has a: %v", err)
	}
	if missing, err := s.Delete("a"); fmt.Sprint(missing) != "[a]" || err != nil {
		t.Errorf("deleted from nothing: %v, %v", missing, err)
	}
	if _, err := os.Stat(folder); err == nil {
		t.Error("reading created the folder")
	}
	set(t, s, "db.password", "hush hush", "api.token", "t", "empty", "")
	set(t, s, "api.token", "new\nlines\n")
	if missing, err := s.Delete("empty", "none"); fmt.Sprint(missing) != "[none]" || err != nil {
		t.Errorf("missing %v, %v", missing, err)
	}
	again := Open(folder)
	if keys, err := again.Keys(); fmt.Sprint(keys) != "[api.token db.password]" || err != nil {
		t.Errorf("keys %v, %v", keys, err)
	}
	for key, want := range map[string]string{"db.password": "hush hush", "api.token": "new\nlines\n"} {
		if got, ok, err := again.Get(key); got != want || !ok || err != nil {
			t.Errorf("%s is %q, %v, %v", key, got, ok, err)
		}
	}
	if _, ok, _ := again.Get("empty"); ok {
		t.Error("a deleted secret is there")
	}
}

func TestFiles(t *testing.T) {
	s, folder := newStore(t)
	set(t, s, "db.password", "hush hush")
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has the mode %04o", e.Name(), info.Mode().Perm())
		}
		text, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(text, []byte("hush")) || bytes.Contains(text, []byte("password")) {
			t.Errorf("%s can be read", e.Name())
		}
	}
	if got := strings.Join(names, " "); got != "secrets.key secrets.lock secrets.sealed" {
		t.Errorf("files %s", got)
	}
	if info, _ := os.Stat(folder); runtime.GOOS != "windows" && info.Mode().Perm() != 0o700 {
		t.Errorf("the folder has the mode %04o", info.Mode().Perm())
	}
}

// TestRefused: nothing is read, and nothing is overwritten, when something is
// wrong with the files.
func TestRefused(t *testing.T) {
	for _, r := range []struct {
		name, err string
		spoil     func(folder string) error
	}{
		{"other users can read the key", "other users may read the key", func(f string) error {
			if runtime.GOOS == "windows" {
				t.Skip("there are no modes")
			}
			return os.Chmod(filepath.Join(f, keyFile), 0o644)
		}},
		{"no key", "can't be read without their key", func(f string) error { return os.Remove(filepath.Join(f, keyFile)) }},
		{"a short key", "holds no key", func(f string) error { return os.WriteFile(filepath.Join(f, keyFile), []byte("YWJj"), 0o600) }},
		{"a long file as a key", "holds no key", func(f string) error {
			return os.WriteFile(filepath.Join(f, keyFile), bytes.Repeat([]byte("a"), 4096), 0o600)
		}},
		{"another key", "is damaged, or was written with another key", func(f string) error {
			if err := os.Remove(filepath.Join(f, keyFile)); err != nil {
				return err
			}
			_, err := keyfile.Create(filepath.Join(f, keyFile))
			return err
		}},
		{"a changed bit", "is damaged", func(f string) error {
			text, err := os.ReadFile(filepath.Join(f, secretsFile))
			if err != nil {
				return err
			}
			text[len(text)-1] ^= 1
			return os.WriteFile(filepath.Join(f, secretsFile), text, 0o600)
		}},
		{"an empty file", "is damaged", func(f string) error { return os.WriteFile(filepath.Join(f, secretsFile), nil, 0o600) }},
		{"another version", "is damaged", func(f string) error {
			return os.WriteFile(filepath.Join(f, secretsFile), bytes.Repeat([]byte{2}, 100), 0o600)
		}},
	} {
		t.Run(r.name, func(t *testing.T) {
			s, folder := newStore(t)
			set(t, s, "db.password", "hush hush")
			if err := r.spoil(folder); err != nil {
				t.Fatal(err)
			}
			before, _ := os.ReadFile(filepath.Join(folder, secretsFile))
			_, _, getErr := s.Get("db.password")
			_, deleteErr := s.Delete("db.password")
			for what, err := range map[string]error{"get": getErr, "set": s.Set(map[string]string{"a": "b"}), "delete": deleteErr} {
				if err == nil || !strings.Contains(err.Error(), r.err) || strings.Contains(err.Error(), "hush") {
					t.Errorf("%s: %v, want %q", what, err, r.err)
				}
			}
			if after, _ := os.ReadFile(filepath.Join(folder, secretsFile)); !bytes.Equal(before, after) {
				t.Error("the file was changed")
			}
		})
	}
}

func TestSideBySide(t *testing.T) {
	_, folder := newStore(t)
	const writers = 16
	var group sync.WaitGroup
	for i := range writers {
		group.Go(func() {
			s := Open(folder)
			if err := s.Set(map[string]string{fmt.Sprintf("key%d", i): "value"}); err != nil {
				t.Error(err)
			}
			if _, ok, err := s.Get(fmt.Sprintf("key%d", i)); !ok || err != nil {
				t.Errorf("key%d is not there: %v", i, err)
			}
		})
	}
	group.Wait()
	if keys, err := Open(folder).Keys(); len(keys) != writers || err != nil {
		t.Errorf("%d keys, %v", len(keys), err)
	}
}

func TestCheckKey(t *testing.T) {
	for _, key := range []string{"f", "foo", "foo.b", "foo.bar.baz", "a1.b2c.d3", "a-b", "a_b", "A.B", strings.Repeat("a", 255)} {
		if err := CheckKey(key); err != nil {
			t.Errorf("%q: %v", key, err)
		}
	}
	for _, key := range []string{"", ".", "0", "0.foo", "0bar", "foo.0", "foo..baz", "foo.", ".foo", "a-", "a_", "_a", "a b", "a/b", "../a", "a\n", "☃", "räksmörgås", strings.Repeat("a", 256)} {
		if err := CheckKey(key); err == nil {
			t.Errorf("%q is allowed", key)
		}
	}
}

func TestCheckValue(t *testing.T) {
	for _, value := range []string{"", "räksmörgås", strings.Repeat(".", MaxValue)} {
		if err := CheckValue("a", value); err != nil {
			t.Error(err)
		}
	}
	for _, value := range []string{strings.Repeat(".", MaxValue+1), strings.Repeat("☃", MaxValue/3+1), "bad\xff"} {
		err := CheckValue("a", value)
		if err == nil || !strings.HasPrefix(err.Error(), "Invalid secret value for key: a (") || strings.Contains(err.Error(), "bad") {
			t.Errorf("%v", err)
		}
	}
}

func FuzzOpen(f *testing.F) {
	key := &keyfile.Key{1}
	sealed, err := seal(key, []byte(`{"a":"b"}`))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed)
	f.Add([]byte{version})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, text []byte) {
		if got, ok := open(key, text); ok && !bytes.Equal(text, sealed) {
			t.Errorf("%q was opened", got)
		}
	})
}
