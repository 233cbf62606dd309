package archive_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dig2temporal/dig2temporal/internal/archive"
)

// folder makes a folder of lines: "path", "path = text", "path* = text" for what
// may be executed, "path -> target" and "path/".
func folder(t *testing.T, lines ...string) string {
	t.Helper()
	dir := t.TempDir()
	fill(t, dir, lines...)
	return dir
}

func fill(t *testing.T, dir string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		name, text, _ := strings.Cut(line, " = ")
		name, target, isLink := strings.Cut(name, " -> ")
		isDir := strings.HasSuffix(name, "/")
		name, executable := strings.CutSuffix(name, "*")
		at := filepath.Join(dir, name)
		err := os.MkdirAll(filepath.Dir(at), 0o755)
		switch {
		case err != nil:
		case isLink:
			err = os.Symlink(target, at)
		case isDir:
			err = os.MkdirAll(at, 0o755)
		case executable:
			err = os.WriteFile(at, []byte(text), 0o700)
		default:
			err = os.WriteFile(at, []byte(text), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// lines is what folder makes a folder of.
func lines(t *testing.T, dir string) []string {
	t.Helper()
	found := []string{}
	err := filepath.WalkDir(dir, func(at string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		name, _ := filepath.Rel(dir, at)
		if e.Type()&fs.ModeSymlink != 0 {
			target, err := os.Readlink(at)
			found = append(found, name+" -> "+target)
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		if info.Mode()&0o111 != 0 {
			name += "*"
		}
		text, err := os.ReadFile(at)
		found = append(found, name+" = "+string(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestPackAndUnpack(t *testing.T) {
	long := strings.Repeat("n", 200)
	for _, c := range []struct {
		name     string
		in, want []string
	}{
		{"files", []string{"b.dig = B", "a/c/d = D", "a.dig = "}, []string{"a/c/d = D", "a.dig = ", "b.dig = B"}},
		{"x bit", []string{"run* = #!"}, []string{"run* = #!"}},
		{"nothing", nil, []string{}},
		{"empty folders", []string{"empty/", "x = 1"}, []string{"x = 1"}},
		{"hidden", []string{".digdag/x = 1", ".dig2temporal/x = 1", ".git/x = 1", ".env = 1", "a/.hidden = 1", "a/.git/x = 1", "a/b..c = 1"}, []string{"a/b..c = 1"}},
		{"links", []string{"x = 1", "a/file -> ../x", "a/folder -> ../b", "b/y = 2", "self -> ."},
			[]string{"a/file -> ../x", "a/folder -> ../b", "b/y = 2", "self -> .", "x = 1"}},
		{"links are made plain", []string{"x = 1", "a/b/l -> ../../a/../x", "m -> ./x", "n -> a//b/", "a/b/c = 3"},
			[]string{"a/b/c = 3", "a/b/l -> ../../x", "m -> x", "n -> a/b", "x = 1"}},
		{"dangling links", []string{"l -> later", "k -> .hidden"}, []string{"k -> .hidden", "l -> later"}},
		{"long and foreign names", []string{long + "/" + long + " = 1", "日本/é b\n = 2", "l -> " + long + "/" + long},
			[]string{"l -> " + long + "/" + long, long + "/" + long + " = 1", "日本/é b\n = 2"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var packed bytes.Buffer
			s, err := archive.Pack(t.Context(), folder(t, c.in...), &packed, archive.Options{})
			if err != nil {
				t.Fatal(err)
			}
			sum := sha256.Sum256(packed.Bytes())
			if s.Digest != hex.EncodeToString(sum[:]) || s.Size != int64(packed.Len()) {
				t.Errorf("digest %s and size %d of other bytes", s.Digest, s.Size)
			}
			var total int64
			listed := []string{}
			for _, f := range s.Files {
				total += f.Size
				line := f.Path
				if f.Executable {
					line += "*"
				}
				if f.Link != "" {
					line += " -> " + f.Link
				}
				listed = append(listed, line)
			}
			if total != s.Bytes {
				t.Errorf("%d bytes, files of %d", s.Bytes, total)
			}
			want := slices.Clone(c.want)
			for i := range want {
				want[i], _, _ = strings.Cut(want[i], " = ")
			}
			slices.Sort(want)
			if !slices.Equal(listed, want) {
				t.Errorf("summary %q, want %q", listed, want)
			}
			to := filepath.Join(t.TempDir(), "to")
			if err := archive.Unpack(t.Context(), &packed, to, archive.Limits{}); err != nil {
				t.Fatal(err)
			}
			got := lines(t, to)
			slices.Sort(got)
			slices.Sort(c.want)
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestSameFilesSameDigest(t *testing.T) {
	in := []string{"b = 1", "a/x* = 2", "a-b = 3", "a.dig = 4", "l -> a/x"}
	digest := func(dir string) string {
		s, err := archive.Pack(t.Context(), dir, &bytes.Buffer{}, archive.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return s.Digest
	}
	first := folder(t, in...)
	slices.Reverse(in)
	second := folder(t, in...)
	old := time.Now().Add(-time.Hour)
	if err := errors.Join(os.Chtimes(filepath.Join(second, "b"), old, old), os.Chmod(filepath.Join(second, "b"), 0o666)); err != nil {
		t.Fatal(err)
	}
	if a, b := digest(first), digest(second); a != b {
		t.Errorf("%s and %s", a, b)
	}
	fill(t, second, "b* = 1")
	if err := os.Chmod(filepath.Join(second, "b"), 0o700); err != nil {
		t.Fatal(err)
	}
	if a, b := digest(first), digest(second); a == b {
		t.Error("the x bit makes no difference")
	}
}

func TestPackIgnores(t *testing.T) {
	dir := folder(t, "a/b = 1", "a/c = 2", "drop/x = 3", "l -> a", "keep = 4")
	var asked []string
	s, err := archive.Pack(t.Context(), dir, &bytes.Buffer{}, archive.Options{Ignore: func(path string, isDir bool) bool {
		asked = append(asked, fmt.Sprint(path, " ", isDir))
		return path == "drop" || path == "a/c"
	}})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Files) != 3 || s.Files[0].Path != "a/b" || s.Files[1].Path != "keep" || s.Files[2].Path != "l" {
		t.Errorf("files %v", s.Files)
	}
	want := []string{"a true", "a/b false", "a/c false", "drop true", "keep false", "l true"}
	if !slices.Equal(asked, want) {
		t.Errorf("asked %q", asked)
	}
}

func TestOutgoingLinks(t *testing.T) {
	outside := folder(t, "data/file = 1", "data/near -> file", "data/up -> ../other", "data/.hidden = 2", "other* = 3", "data/sub/x = 4", "data/sub/y -> ../file")
	dir := folder(t, "in = 5", "link -> "+filepath.Join(outside, "data"), "single -> "+filepath.Join(outside, "other"))
	fill(t, outside, "data/back -> "+filepath.Join(dir, "in"))
	_, err := archive.Pack(t.Context(), dir, &bytes.Buffer{}, archive.Options{})
	want := fmt.Sprintf("archive of %q: the symbolic link \"link\" leads out of the project, to %q", dir, filepath.Join(outside, "data"))
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	var packed bytes.Buffer
	if _, err := archive.Pack(t.Context(), dir, &packed, archive.Options{CopyOutgoingSymlinks: true}); err != nil {
		t.Fatal(err)
	}
	to := t.TempDir()
	if err := archive.Unpack(t.Context(), &packed, to, archive.Limits{}); err != nil {
		t.Fatal(err)
	}
	got := lines(t, to)
	wanted := []string{"in = 5", "link/back -> ../in", "link/file = 1", "link/near -> file", "link/sub/x = 4", "link/sub/y -> ../file", "link/up* = 3", "single* = 3"}
	if !slices.Equal(got, wanted) {
		t.Errorf("got %q", got)
	}
}

func TestProjectThroughLink(t *testing.T) {
	dir := folder(t, "p/x = 1", "link -> p")
	given := filepath.Join(dir, "link")
	fill(t, dir, "p/absolute -> "+filepath.Join(given, "x"), "p/real -> "+filepath.Join(dir, "p", "x"))
	s, err := archive.Pack(t.Context(), given, &bytes.Buffer{}, archive.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Files) != 3 || s.Files[0].Link != "x" || s.Files[1].Link != "x" {
		t.Errorf("files %v", s.Files)
	}
}

func TestPackErrors(t *testing.T) {
	outside := folder(t, "a/b -> ../c", "c/d -> ../a")
	project := folder(t, "in/x = 1")
	deep := strings.Repeat("d/", 70) + "x = 1"
	for _, c := range []struct {
		name    string
		dir     string
		options archive.Options
		want    string
	}{
		{"missing", filepath.Join(project, "none"), archive.Options{}, "no such file or directory"},
		{"file", filepath.Join(project, "in", "x"), archive.Options{}, "not a directory"},
		{"up", folder(t, "a/l -> ../../x"), archive.Options{}, `the symbolic link "a/l" leads out of the project, to "../../x"`},
		{"absolute", folder(t, "l -> /etc/hosts"), archive.Options{}, `the symbolic link "l" leads out of the project, to "/etc/hosts"`},
		{"nowhere", folder(t, "l -> /none/at/all"), archive.Options{CopyOutgoingSymlinks: true}, `"/none/at/all": no such file or directory`},
		{"above", folder(t, "l -> .."), archive.Options{CopyOutgoingSymlinks: true}, `which holds the link itself`},
		{"round", folder(t, "l -> "+filepath.Join(outside, "a")), archive.Options{CopyOutgoingSymlinks: true}, `which holds the link itself`},
		{"device", folder(t, "l -> /dev/null"), archive.Options{CopyOutgoingSymlinks: true}, `"l" is a device; a project has files, folders and symbolic links`},
		{"bytes", folder(t, "a = 12345", "b = 67890"), archive.Options{Limits: archive.Limits{MaxBytes: 9}}, "the files are longer than 9 bytes in all"},
		{"count", folder(t, "a/b = 1", "c = 2"), archive.Options{Limits: archive.Limits{MaxFiles: 2}}, "there are more than 2 files and folders"},
		{"deep", folder(t, deep), archive.Options{}, "there are more than 64 folders in each other"},
		{"bytes of names", folder(t, "a\xff = 1"), archive.Options{}, `"a\xff": the name is not UTF-8`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := archive.Pack(t.Context(), c.dir, &bytes.Buffer{}, c.options)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "archive of ") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestPackIsCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := archive.Pack(ctx, folder(t, "x = 1"), &bytes.Buffer{}, archive.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// What Pack lets through, Unpack takes: for projects as dense as they may be too.
func TestDenseProjects(t *testing.T) {
	dir := folder(t, "small = 1")
	zeros, err := os.Create(filepath.Join(dir, "zeros"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(zeros.Truncate(20<<20), zeros.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := archive.Pack(t.Context(), dir, &bytes.Buffer{}, archive.Options{}); err == nil || !strings.Contains(err.Error(), "more than 200 times longer") {
		t.Errorf("got %v", err)
	}
	noise := make([]byte, 200<<10)
	random := rand.NewChaCha8([32]byte{})
	random.Read(noise)
	if err := os.WriteFile(filepath.Join(dir, "a-noise"), noise, 0o600); err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	if _, err := archive.Pack(t.Context(), dir, &packed, archive.Options{}); err != nil {
		t.Fatal(err)
	}
	if err := archive.Unpack(t.Context(), &packed, t.TempDir(), archive.Limits{}); err != nil {
		t.Error(err)
	}
}
