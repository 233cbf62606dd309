package keyfile

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestDecode(t *testing.T) {
	// It has "+" and "/" in base64.
	want := Key(bytes.Repeat([]byte{0xfb, 0xff}, 16))
	for _, e := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		if got, err := Decode(e.EncodeToString(want[:])); got != want || err != nil {
			t.Errorf("got %v, %v", got, err)
		}
	}
	for text, want := range map[string]string{
		"": "it is empty, expected 32 bytes in base64", "YWJj": "it has 3 bytes, expected 32", "a!": "it is no base64, expected 32 bytes in base64",
		strings.Repeat("YWJj", 11): "it has 33 bytes, expected 32",
	} {
		if got, err := Decode(text); got != (Key{}) || err == nil || err.Error() != want {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestCreate(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "secrets.key")
	key, err := Create(file)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	if _, err := Create(file); !errors.Is(err, fs.ErrExist) || err.Error() != "the key file "+file+" exists already: file already exists" {
		t.Errorf("a second time: %v", err)
	}
	if again, err := Read(file); again != key || err != nil {
		t.Errorf("the key was replaced: %v", err)
	}
	other, err := Create(filepath.Join(folder, "other.key"))
	if err != nil || other == key {
		t.Errorf("two keys are the same: %v", err)
	}
	if list, _ := os.ReadDir(folder); len(list) != 2 {
		t.Errorf("files are left: %v", list)
	}
	if _, err := Create(filepath.Join(folder, "none", "key")); err == nil || !strings.HasSuffix(err.Error(), filepath.Join("none", "key")+" can't be written: no such file or directory") {
		t.Errorf("in no folder: %v", err)
	}
}

func TestReadModes(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("files have no such modes here")
	}
	file := filepath.Join(t.TempDir(), "key")
	if _, err := Create(file); err != nil {
		t.Fatal(err)
	}
	for mode, ok := range map[fs.FileMode]bool{0o600: true, 0o400: true, 0o640: false, 0o604: false, 0o620: false, 0o644: false} {
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		_, err := Read(file)
		if (err == nil) != ok {
			t.Errorf("%v: %v", mode, err)
		}
		if want := "expected 0600 (chmod 600 " + file + ")"; err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %s", mode, err, want)
		}
	}
}

// TestKeyAsPath: nobody's key becomes the name of a file, or is shown as one.
func TestKeyAsPath(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, key := range []string{"Kq7xKq7x/Kq7xKq7xKq7xKq7xKq7xKq7xKq7xKq7xKq=", "Kq7xKq7x-Kq7xKq7xKq7xKq7xKq7xKq7xKq7xKq7xKq"} {
		for _, path := range []string{key, "/" + key} {
			if _, err := Create(path); err == nil || err.Error() != "what should be the path of a key file is a key itself" {
				t.Errorf("create %s: %v", path, err)
			}
			_, err := Read(path)
			if !errors.Is(err, fs.ErrNotExist) || err.Error() != "the key file (a path that looks like a key) doesn't exist" {
				t.Errorf("read %s: %v", path, err)
			}
		}
	}
	if list, _ := os.ReadDir("."); len(list) > 0 {
		t.Errorf("files are left: %v", list)
	}
}
