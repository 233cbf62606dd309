package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestLargeParams stores 40 MB in one task, which two others read.
func TestLargeParams(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "large"))); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"--no-save"}, nil, {"--session", "last", "--start", "+echo"}} {
		r := start(dir, append([]string{"run", "large.dig"}, args...)...)
		if code := r.exit(t, 3*time.Minute); code != 0 {
			t.Fatalf("%q: exit code %d\n%s", args, code, r.err.String())
		}
		if !strings.Contains(r.out.String(), "echo: 40000000") || len(args) < 2 && !strings.Contains(r.out.String(), "length: 40000000") {
			t.Errorf("%q: got %s\n%s", args, r.out.String(), r.err.String())
		}
		if len(args) == 1 {
			if _, err := os.Stat(filepath.Join(dir, ".dig2temporal")); err == nil {
				t.Error("--no-save left a state folder")
			}
		}
	}
	var database, payloads, count int64
	err := filepath.WalkDir(filepath.Join(dir, ".dig2temporal"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if filepath.Base(filepath.Dir(path)) == "payloads" {
			payloads += info.Size()
			count++
		} else {
			database += info.Size()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("database: %d bytes, payloads: %d objects, %d bytes", database, count, payloads)
	if database > 8<<20 {
		t.Errorf("the database takes %d bytes", database)
	}
	if count != 1 || payloads > 25<<20 {
		t.Errorf("%d payloads take %d bytes", count, payloads)
	}
}
