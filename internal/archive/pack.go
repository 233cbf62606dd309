// Package archive packs project folders and unpacks them.
package archive

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"time"
)

// Options are the choices of Pack.
type Options struct {
	// Limits of the archive.
	Limits Limits
	// Ignore tells which paths (relative, with slashes) are no part of the project;
	// nil ignores none. Names that begin with a dot are never part of it.
	Ignore func(path string, isDir bool) bool
	// CopyOutgoingSymlinks stores what links to the outside stand for. Without it
	// such a link is an error.
	CopyOutgoingSymlinks bool
}

// Summary is what an archive holds.
type Summary struct {
	// Files are sorted by path.
	Files []File
	// Bytes is the length of all files before compression.
	Bytes int64
	// Size is the length of the archive in bytes.
	Size int64
	// Digest is the SHA-256 of the archive, in hexadecimal.
	Digest string
}

// File is one entry of an archive.
type File struct {
	// Path is relative to the project, with slashes.
	Path string
	// Size is in bytes, 0 for links.
	Size int64
	// Executable files keep their x bit.
	Executable bool
	// Link is the relative target of a symbolic link, "" for files.
	Link string

	source string
}

// Pack writes the files of a project folder as tar.gz. The same files give the
// same archive: they are sorted, and their times and owners are left out, as are
// all permissions but who may execute. Folders are not stored by themselves, so
// that empty ones are not stored at all.
//
// What is no part of a project: names that begin with a dot, at every level, and
// what Options.Ignore tells. Symbolic links to the inside are stored as relative
// links. Sockets, pipes and devices are errors.
func Pack(ctx context.Context, dir string, w io.Writer, o Options) (*Summary, error) {
	limits := o.Limits.WithDefaults()
	files, err := list(ctx, dir, o, limits)
	if err != nil {
		return nil, fmt.Errorf("archive of %q: %w", dir, err)
	}
	sum := sha256.New()
	packed := &counter{w: io.MultiWriter(w, sum)}
	zip := gzip.NewWriter(packed)
	out := tar.NewWriter(&dense{w: zip, packed: packed, limits: limits})
	s := &Summary{Files: files}
	for _, f := range files {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		s.Bytes += f.Size
		if err := add(out, f); err != nil {
			return nil, fmt.Errorf("archive of %q: %q: %w", dir, f.Path, err)
		}
	}
	if err := out.Close(); err != nil {
		return nil, fmt.Errorf("archive of %q: %w", dir, err)
	}
	if err := zip.Close(); err != nil {
		return nil, fmt.Errorf("archive of %q: %w", dir, err)
	}
	s.Size = packed.n
	s.Digest = hex.EncodeToString(sum.Sum(nil))
	return s, nil
}

// always is the time of all files: some tools take the year 1970 for a time that
// is missing.
var always = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func add(out *tar.Writer, f File) error {
	h := &tar.Header{Typeflag: tar.TypeReg, Name: f.Path, Size: f.Size, Mode: 0o644, ModTime: always}
	switch {
	case f.Link != "":
		h.Typeflag, h.Linkname, h.Mode = tar.TypeSymlink, f.Link, 0o777
	case f.Executable:
		h.Mode = 0o755
	}
	if f.Link != "" {
		return out.WriteHeader(h)
	}
	file, err := os.Open(f.source)
	if err != nil {
		return cause(err)
	}
	defer file.Close()
	if err := out.WriteHeader(h); err != nil {
		return err
	}
	n, err := io.Copy(out, io.LimitReader(file, f.Size))
	if err != nil {
		return cause(err)
	}
	if n < f.Size {
		return fmt.Errorf("the file became shorter while it was read")
	}
	return nil
}

type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// dense ends a compression that Unpack would refuse. What was written of the
// archive at a time holds no more than what was given until then, so Unpack has
// read at least as much of it when it is there; it looks at other places only,
// which lie less than a copy's buffer behind one of these.
type dense struct {
	w      io.Writer
	packed *counter
	n      int64
	limits Limits
}

const copyBuffer = 64 << 10

func (d *dense) Write(p []byte) (int, error) {
	n, err := d.w.Write(p)
	d.n += int64(n)
	if err == nil && d.limits.dense(d.n+copyBuffer, d.packed.n) {
		err = d.limits.tooDense()
	}
	return n, err
}
