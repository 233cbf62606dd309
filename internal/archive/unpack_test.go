package archive_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dig2temporal/dig2temporal/internal/archive"
)

type entry = tar.Header

func file(name, text string) entry {
	return entry{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: int64(len(text)), PAXRecords: map[string]string{"VENDOR.text": text}}
}

func link(name, target string) entry {
	return entry{Typeflag: tar.TypeSymlink, Name: name, Linkname: target}
}

func dir(name string) entry { return entry{Typeflag: tar.TypeDir, Name: name, Mode: 0o755} }

func tarOf(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range entries {
		text := e.PAXRecords["VENDOR.text"]
		e.PAXRecords = nil
		if err := w.WriteHeader(&e); err != nil {
			t.Fatalf("%q: %v", e.Name, err)
		}
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zipped(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestUnpackForeignArchives(t *testing.T) {
	for _, c := range []struct {
		name    string
		entries []entry
		want    []string
	}{
		{"tar of a dot", []entry{dir("./"), file("./x", "1"), dir("./a/"), file("./a/y", "2"), link("./l", "./a/y")}, []string{"a/y = 2", "l -> ./a/y", "x = 1"}},
		{"folders twice", []entry{file("a/y", "2"), dir("a"), dir("a/")}, []string{"a/y = 2"}},
		{"remarks", []entry{{Typeflag: tar.TypeXGlobalHeader, Name: "g", PAXRecords: map[string]string{"comment": "c"}}, file("x", "1")}, []string{"x = 1"}},
		{"all permissions", []entry{{Typeflag: tar.TypeReg, Name: "x", Mode: 0o7777, ModTime: time.Now(), Uid: 7}, {Typeflag: tar.TypeReg, Name: "y"}}, []string{"x* = ", "y = "}},
		{"dots in names", []entry{file("..x/...", "1"), file("a..", "2"), link("..y", "..x/...")}, []string{"..x/... = 1", "..y -> ..x/...", "a.. = 2"}},
		{"a link to itself", []entry{link("l", "l")}, []string{"l -> l"}},
		{"deep links", []entry{link("a/b/c/l", "../../../x"), link("a/k", "b/c/l")}, []string{"a/b/c/l -> ../../../x", "a/k -> b/c/l"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			to := t.TempDir()
			if err := archive.Unpack(t.Context(), bytes.NewReader(zipped(t, tarOf(t, c.entries...))), to, archive.Limits{}); err != nil {
				t.Fatal(err)
			}
			if got := lines(t, to); !slices.Equal(got, c.want) {
				t.Errorf("got %q", got)
			}
			info, err := os.Stat(filepath.Join(to, "x"))
			if err == nil && info.Mode()&^0o777 != 0 {
				t.Errorf("mode %v", info.Mode())
			}
		})
	}
}

func TestUnpackHostileArchives(t *testing.T) {
	many := make([]entry, 30)
	for i := range many {
		many[i] = file(strings.Repeat("x", i+1), "")
	}
	deep := strings.Repeat("d/", 70) + "x"
	for _, c := range []struct {
		name    string
		entries []entry
		want    string
	}{
		{"up", []entry{file("../x", "1")}, `"../x": the name leads out of its folder (..)`},
		{"up from within", []entry{file("a/../../x", "1")}, `the name leads out of its folder`},
		{"up and back", []entry{file("a/../x", "1")}, `the name leads out of its folder`},
		{"a folder up", []entry{dir("..")}, `the name leads out of its folder`},
		{"absolute", []entry{file("/etc/x", "1")}, `"/etc/x": the name has an empty part`},
		{"absolute after a dot", []entry{file(".//etc/x", "1")}, `the name has an empty part`},
		{"a long part", []entry{file(strings.Repeat("n", 256), "1")}, `a part of the name is longer than 255 bytes`},
		{"a long name", []entry{file(strings.Repeat(strings.Repeat("n", 200)+"/", 20)+"x", "1")}, `the name is longer than 2048 bytes`},
		{"deep", []entry{file(deep, "1")}, `there are more than 64 folders in each other`},
		{"an absolute link", []entry{link("l", "/etc")}, `"l": the link leads out of the project, to "/etc"`},
		{"a link up", []entry{link("a/l", "../../etc")}, `the link leads out of the project, to "../../etc"`},
		{"a link up after a dot", []entry{link("l", "./..")}, `the link leads out of the project`},
		{"a link through a link", []entry{link("d", "."), link("l", "d/../x")}, `"l": the link's target "d/../x" has .. after a name`},
		{"a link without target", []entry{link("l", "")}, `the link has no target`},
		{"a long target", []entry{link("l", strings.Repeat("t/", 2000))}, `the link's target is longer than`},
		{"a file through a link", []entry{link("d", "e"), dir("e"), file("d/x", "1")}, `"d/x": it lies below the symbolic link "d"`},
		{"a link through a link's folder", []entry{dir("e/f"), link("d", "e/f"), link("d/l", "../x")}, `it lies below the symbolic link "d"`},
		{"a file over a link", []entry{link("x", "y"), file("x", "1")}, `"x": the archive has it twice`},
		{"a link over a file", []entry{file("x", "1"), link("x", "y")}, `the archive has it twice`},
		{"a link over a folder", []entry{file("x/y", "1"), link("x", "z")}, `the archive has it twice`},
		{"a folder over a link", []entry{link("x", "y"), dir("x")}, `it lies below the symbolic link "x"`},
		{"a file twice", []entry{file("x", "1"), file("./x", "2")}, `the archive has it twice`},
		{"a file below a file", []entry{file("x", "1"), file("x/y", "2")}, `"x/y": "x" is a file, not a folder`},
		{"a hard link", []entry{file("x", "1"), {Typeflag: tar.TypeLink, Name: "y", Linkname: "x"}}, `"y": it is a hard link; a project has files, folders and symbolic links`},
		{"a device", []entry{{Typeflag: tar.TypeChar, Name: "y", Devmajor: 1, Devminor: 3}}, `it is a device`},
		{"a block device", []entry{{Typeflag: tar.TypeBlock, Name: "y"}}, `it is a device`},
		{"a pipe", []entry{{Typeflag: tar.TypeFifo, Name: "y"}}, `it is a named pipe`},
		{"another type", []entry{{Typeflag: tar.TypeCont, Name: "y"}}, `it is an entry of type '7'`},
		{"bytes", []entry{file("x", strings.Repeat("1", 600)), file("y", strings.Repeat("2", 600))}, `"y": the files are longer than 1000 bytes in all`},
		{"count", many, `there are more than 20 files and folders`},
		{"folders count", []entry{file(strings.Repeat("d/", 20)+"x", "")}, `there are more than 20 files and folders`},
	} {
		t.Run(c.name, func(t *testing.T) {
			around := t.TempDir()
			to := filepath.Join(around, "to")
			err := archive.Unpack(t.Context(), bytes.NewReader(zipped(t, tarOf(t, c.entries...))), to, archive.Limits{MaxBytes: 1000, MaxFiles: 20})
			if err == nil || !strings.HasPrefix(err.Error(), "unpack: ") || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v", err)
			}
			stayedInside(t, around)
		})
	}
}

// stayedInside fails if there is anything beside the folder "to", or a link in it
// leads out.
func stayedInside(t testing.TB, around string) {
	t.Helper()
	if entries, err := os.ReadDir(around); err != nil || len(entries) > 1 {
		t.Errorf("beside the folder: %v, %v", entries, err)
	}
	root, err := os.OpenRoot(filepath.Join(around, "to"))
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	err = fs.WalkDir(root.FS(), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if _, err := root.Stat(name); err != nil && strings.Contains(err.Error(), "escapes") {
			t.Errorf("%q leads out", name)
		}
		if e.Type()&^(fs.ModeDir|fs.ModeSymlink) != 0 {
			t.Errorf("%q is %v", name, e.Type())
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestUnpackBrokenArchives(t *testing.T) {
	whole := zipped(t, tarOf(t, file("x", strings.Repeat("text", 1000))))
	flipped := slices.Clone(whole)
	flipped[len(flipped)-5] ^= 1
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"nothing", nil, "the archive is cut off"},
		{"text", []byte("#!/bin/sh\necho not a project\n"), "the archive is no sound tar.gz: gzip: invalid header"},
		{"cut off", whole[:len(whole)-20], "the archive is cut off"},
		{"without checksum", whole[:len(whole)-8], "the archive is cut off"},
		{"wrong checksum", flipped, "the archive is no sound tar.gz: gzip: invalid checksum"},
		{"text in gzip", zipped(t, bytes.Repeat([]byte("text"), 500)), "the archive is no sound tar.gz: archive/tar: invalid tar header"},
	} {
		err := archive.Unpack(t.Context(), bytes.NewReader(c.data), t.TempDir(), archive.Limits{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v", c.name, err)
		}
	}
	if err := archive.Unpack(t.Context(), bytes.NewReader(whole), folder(t, "x = 1"), archive.Limits{}); err == nil || !strings.Contains(err.Error(), "is not empty") {
		t.Errorf("into a full folder: %v", err)
	}
}

// TestUnpackSparseFiles: GNU tar wrote the archives from a file of 1 MiB that is
// mostly a hole (tar -S, in its own format and with each --sparse-version).
func TestUnpackSparseFiles(t *testing.T) {
	archives, err := filepath.Glob("testdata/sparse-*.tar.gz")
	if err != nil || len(archives) != 4 {
		t.Fatalf("%v, %v", archives, err)
	}
	for _, name := range archives {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		to := t.TempDir()
		err = archive.Unpack(t.Context(), f, to, archive.Limits{})
		if err == nil || err.Error() != `unpack: "holes": it is a sparse file; a project has files, folders and symbolic links` {
			t.Errorf("%s: got %v", name, err)
		}
		if left, err := os.ReadDir(to); err != nil || len(left) > 0 {
			t.Errorf("%s: left are %v, %v", name, left, err)
		}
	}
}

type zeros struct{ n int64 }

func (z *zeros) Read(p []byte) (int, error) {
	if z.n <= 0 {
		return 0, io.EOF
	}
	n := min(int64(len(p)), z.n)
	clear(p[:n])
	z.n -= n
	return int(n), nil
}

// bomb is a sound archive that is followed by many zeros.
func bomb(t *testing.T, n int64) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(tarOf(t, file("x", "1"))); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(w, &zeros{n}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestUnpackBombs(t *testing.T) {
	dense := bomb(t, 20<<20)
	err := archive.Unpack(t.Context(), bytes.NewReader(dense), t.TempDir(), archive.Limits{})
	if err == nil || !strings.Contains(err.Error(), "more than 200 times longer than the archive") {
		t.Errorf("by ratio: %v", err)
	}
	err = archive.Unpack(t.Context(), bytes.NewReader(dense), t.TempDir(), archive.Limits{MaxBytes: 1 << 20, MaxFiles: 10})
	if err == nil || !strings.Contains(err.Error(), "longer than 1048576 bytes") {
		t.Errorf("by length: %v", err)
	}

	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := w.WriteHeader(&entry{Typeflag: tar.TypeReg, Name: "x", Size: 1 << 40}); err != nil {
		t.Fatal(err)
	}
	claims := zipped(t, b.Bytes())
	err = archive.Unpack(t.Context(), bytes.NewReader(claims), t.TempDir(), archive.Limits{})
	if err == nil || !strings.Contains(err.Error(), "longer than 1073741824 bytes") {
		t.Errorf("by its header: %v", err)
	}
}

func TestUnpackIsCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	whole := zipped(t, tarOf(t, file("x", "1")))
	r := io.MultiReader(bytes.NewReader(whole[:20]), cancelReader(cancel), bytes.NewReader(whole[20:]))
	if err := archive.Unpack(ctx, r, t.TempDir(), archive.Limits{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

type cancelReader func()

func (c cancelReader) Read([]byte) (int, error) { c(); return 0, io.EOF }

func FuzzUnpack(f *testing.F) {
	sound := tarOf(f, dir("a"), file("a/x", "1"), link("l", "a/x"), link("a/m", "../l"))
	f.Add(sound)
	f.Add(zipped(f, sound))
	f.Add(tarOf(f, link("d", "."), file("d/x", "1"), link("e", "d/../..")))
	f.Add([]byte{0x1f, 0x8b})
	f.Fuzz(func(t *testing.T, data []byte) {
		// Few mutations keep a checksum right, so the bytes are taken as tar too.
		for _, packed := range [][]byte{data, zipped(t, data)} {
			around := t.TempDir()
			err := archive.Unpack(t.Context(), bytes.NewReader(packed), filepath.Join(around, "to"), archive.Limits{MaxBytes: 1 << 20, MaxFiles: 100})
			if err != nil && !strings.HasPrefix(err.Error(), "unpack: ") {
				t.Errorf("got %v", err)
			}
			stayedInside(t, around)
		}
	})
}
