package archive

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
)

// Unpack writes what a tar.gz holds into a folder, which is created if it is
// missing and must be empty. After an error the folder may hold a part.
//
// It takes an archive for hostile. Refused are names and links that lead out of
// the folder, entries below links, entries of one name, hard links, devices,
// sparse files, and whatever is over the limits. Folders are made for the files in
// them; of the permissions only the x bit counts.
func Unpack(ctx context.Context, r io.Reader, dir string, limits Limits) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	defer root.Close()
	if found, err := fs.ReadDir(root.FS(), "."); err != nil {
		return fmt.Errorf("unpack: %w", err)
	} else if len(found) > 0 {
		return fmt.Errorf("unpack: the folder %q is not empty", dir)
	}
	u := &unpacker{root: root, limits: limits.WithDefaults(), kinds: map[string]kind{}}
	if err := u.all(ctx, r); err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	return nil
}

type kind int

const (
	isFolder kind = iota + 1
	isFile
	isLink
)

type unpacker struct {
	root   *os.Root
	limits Limits
	// kinds are what was made, by path. A file system that takes two of our names
	// for one refuses the second.
	kinds map[string]kind
	bytes int64
}

func (u *unpacker) all(ctx context.Context, r io.Reader) error {
	packed := &source{ctx: ctx, r: r}
	zip, err := gzip.NewReader(bufio.NewReader(packed))
	if err != nil {
		return broken(ctx, err)
	}
	stream := &bounded{r: zip, packed: packed, limits: u.limits}
	in := tar.NewReader(stream)
	for {
		h, err := in.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return broken(ctx, err)
		}
		if err := u.entry(h, in); err != nil {
			return fmt.Errorf("%.300q: %w", h.Name, broken(ctx, err))
		}
	}
	// The checksum stands behind whatever follows the last entry.
	_, err = io.Copy(io.Discard, stream)
	return broken(ctx, err)
}

func (u *unpacker) entry(h *tar.Header, content io.Reader) error {
	switch h.Typeflag {
	case tar.TypeXGlobalHeader:
		return nil
	case tar.TypeReg, tar.TypeDir, tar.TypeSymlink:
	default:
		return fmt.Errorf("it is %s; a project has files, folders and symbolic links", typeName(h.Typeflag))
	}
	// The decoder would fill in the holes: bytes that are not in the archive, and so
	// pass by what bounds its decompression.
	for key := range h.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse.") {
			return fmt.Errorf("it is %s; a project has files, folders and symbolic links", typeName(tar.TypeGNUSparse))
		}
	}
	name := h.Name
	for strings.HasPrefix(name, "./") {
		name = name[2:]
	}
	if h.Typeflag == tar.TypeDir {
		if name = strings.TrimSuffix(name, "/"); name == "" || name == "." {
			return nil
		}
	}
	if err := checkPath(name); err != nil {
		return err
	}
	if err := u.folders(path.Dir(name)); err != nil {
		return err
	}
	switch h.Typeflag {
	case tar.TypeDir:
		return u.folders(name)
	case tar.TypeSymlink:
		if err := checkLink(name, h.Linkname); err != nil {
			return err
		}
		if err := u.take(name, isLink); err != nil {
			return err
		}
		return u.root.Symlink(h.Linkname, name)
	}
	if h.Size > u.limits.MaxBytes-u.bytes {
		return u.limits.tooManyBytes()
	}
	u.bytes += h.Size
	if err := u.take(name, isFile); err != nil {
		return err
	}
	perm := fs.FileMode(0o644)
	if h.Mode&0o111 != 0 {
		perm = 0o755
	}
	return u.write(name, perm, content)
}

// folders makes a folder and those above it.
func (u *unpacker) folders(name string) error {
	if name == "." {
		return nil
	}
	for at := 0; at <= len(name); at++ {
		if at < len(name) && name[at] != '/' {
			continue
		}
		part := name[:at]
		switch u.kinds[part] {
		case isFolder:
			continue
		case isFile:
			return fmt.Errorf("%q is a file, not a folder", part)
		case isLink:
			return fmt.Errorf("it lies below the symbolic link %q", part)
		}
		if err := u.take(part, isFolder); err != nil {
			return err
		}
		if err := u.root.Mkdir(part, 0o755); err != nil {
			return err
		}
	}
	return nil
}

// take notes a name that must be new.
func (u *unpacker) take(name string, k kind) error {
	if u.kinds[name] != 0 {
		return fmt.Errorf("the archive has it twice")
	}
	if len(u.kinds) == u.limits.MaxFiles {
		return u.limits.tooManyFiles()
	}
	u.kinds[name] = k
	return nil
}

func (u *unpacker) write(name string, perm fs.FileMode, content io.Reader) error {
	file, err := u.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	return errors.Join(err, file.Close())
}

// source counts what is read, and ends with the context.
type source struct {
	ctx context.Context
	r   io.Reader
	n   int64
}

func (s *source) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := s.r.Read(p)
	s.n += int64(n)
	return n, err
}

// bounded ends a decompression that is over the limits: what an archive holds
// beside its files (headers, and what follows the last of them) counts too.
type bounded struct {
	r      io.Reader
	packed *source
	n      int64
	limits Limits
}

// perEntry is more than the longest names need.
const perEntry = 8 << 10

func (b *bounded) Read(p []byte) (int, error) {
	// Little is read of a dense archive, so what is read has no end of its own.
	if err := b.packed.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := b.r.Read(p)
	b.n += int64(n)
	switch most := b.limits.MaxBytes + perEntry*int64(b.limits.MaxFiles+100); {
	case b.n > most:
		return 0, b.limits.tooManyBytes()
	case b.limits.dense(b.n, b.packed.n):
		return 0, b.limits.tooDense()
	}
	return n, err
}

// broken says of the errors of the decoders what they are about.
func broken(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("the archive is cut off: %w", io.ErrUnexpectedEOF)
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), errors.Is(err, tar.ErrHeader):
		return fmt.Errorf("the archive is no sound tar.gz: %w", err)
	}
	return err
}

func typeName(flag byte) string {
	switch flag {
	case tar.TypeLink:
		return "a hard link"
	case tar.TypeChar, tar.TypeBlock:
		return "a device"
	case tar.TypeFifo:
		return "a named pipe"
	case tar.TypeGNUSparse:
		return "a sparse file"
	}
	return fmt.Sprintf("an entry of type %q", flag)
}
