package archive

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// lister walks a project folder.
//
// A folder that is copied in place of a link to it lies elsewhere than its path in
// the archive says, and so does what its own links mean. So the walk carries, for
// the folder that it is in, the root of the tree that this folder really belongs
// to, and the path that this root has in the archive.
type lister struct {
	ctx     context.Context
	options Options
	limits  Limits
	// roots are the project's own names: as given, and without links.
	roots []string
	files []File
	count int
	bytes int64
}

type tree struct {
	root, path string
	// around are the roots of the trees that the link to this one lies in.
	around []string
}

func list(ctx context.Context, dir string, o Options, limits Limits) ([]File, error) {
	given, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	real, err := filepath.EvalSymlinks(given)
	if err != nil {
		return nil, cause(err)
	}
	l := &lister{ctx: ctx, options: o, limits: limits, roots: []string{given, real}}
	if err := l.folder(tree{root: real}, real, ""); err != nil {
		return nil, err
	}
	slices.SortFunc(l.files, func(a, b File) int { return cmp.Compare(a.Path, b.Path) })
	return l.files, nil
}

// folder lists what is in a folder; dir is where it really is, at its path in the
// archive.
func (l *lister) folder(t tree, dir, at string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("%q: %w", at, cause(err))
	}
	for _, e := range entries {
		if err := l.ctx.Err(); err != nil {
			return err
		}
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		name := path.Join(at, e.Name())
		if err := l.entry(t, filepath.Join(dir, e.Name()), name, e.Type()); err != nil {
			return err
		}
	}
	return nil
}

func (l *lister) entry(t tree, source, name string, kind fs.FileMode) error {
	// What a link stands for decides whether a rule for folders is meant.
	isDir := kind.IsDir()
	if kind&fs.ModeSymlink != 0 {
		info, err := os.Stat(source)
		isDir = err == nil && info.IsDir()
	}
	if l.options.Ignore != nil && l.options.Ignore(name, isDir) {
		return nil
	}
	if err := checkPath(name); err != nil {
		return fmt.Errorf("%q: %w", name, err)
	}
	if l.count++; l.count > l.limits.MaxFiles {
		return l.limits.tooManyFiles()
	}
	if kind&fs.ModeSymlink != 0 {
		return l.link(t, source, name)
	}
	return l.plain(t, source, name)
}

func (l *lister) plain(t tree, source, name string) error {
	info, err := os.Lstat(source)
	if err != nil {
		return fmt.Errorf("%q: %w", name, cause(err))
	}
	switch mode := info.Mode(); {
	case mode.IsDir():
		return l.folder(t, source, name)
	case !mode.IsRegular():
		return fmt.Errorf("%q is %s; a project has files, folders and symbolic links", name, kindName(mode))
	}
	if l.bytes += info.Size(); l.bytes > l.limits.MaxBytes {
		return l.limits.tooManyBytes()
	}
	l.files = append(l.files, File{Path: name, Size: info.Size(), Executable: info.Mode()&0o111 != 0, source: source})
	return nil
}

func (l *lister) link(t tree, source, name string) error {
	target, err := os.Readlink(source)
	if err != nil {
		return fmt.Errorf("%q: %w", name, cause(err))
	}
	absolute := target
	if !filepath.IsAbs(target) {
		absolute = filepath.Join(filepath.Dir(source), target)
	}
	absolute = filepath.Clean(absolute)
	if inside, ok := below(t.root, absolute); ok {
		return l.relative(name, path.Join(t.path, inside))
	}
	for _, root := range l.roots {
		if inside, ok := below(root, absolute); ok {
			return l.relative(name, inside)
		}
	}
	if !l.options.CopyOutgoingSymlinks {
		return fmt.Errorf("the symbolic link %q leads out of the project, to %q", name, target)
	}
	return l.outgoing(t, source, name, target)
}

// relative stores a link to a path of the archive.
func (l *lister) relative(name, to string) error {
	target, err := filepath.Rel(filepath.FromSlash(path.Dir(name)), filepath.FromSlash(cmp.Or(to, ".")))
	if err != nil {
		return fmt.Errorf("%q: %w", name, err)
	}
	target = filepath.ToSlash(target)
	if err := checkLink(name, target); err != nil {
		return fmt.Errorf("%q: %w", name, err)
	}
	l.files = append(l.files, File{Path: name, Link: target})
	return nil
}

// outgoing stores what a link of a tree stands for.
func (l *lister) outgoing(t tree, source, name, target string) error {
	real, err := filepath.EvalSymlinks(source)
	if err != nil {
		return fmt.Errorf("the symbolic link %q leads to %q: %w", name, target, cause(err))
	}
	around := append(slices.Clone(t.around), t.root)
	for _, root := range around {
		// The copy would hold the link again, and so on.
		if _, ok := below(real, root); ok {
			return fmt.Errorf("the symbolic link %q leads to %q, which holds the link itself: it can't be copied", name, target)
		}
	}
	return l.plain(tree{root: real, path: name, around: around}, real, name)
}

// below returns the path from a folder to what is in it, with slashes.
func below(folder, file string) (string, bool) {
	rel, err := filepath.Rel(folder, file)
	if err != nil || !filepath.IsLocal(rel) {
		return "", false
	}
	if rel == "." {
		rel = ""
	}
	return filepath.ToSlash(rel), true
}

func kindName(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeSocket != 0:
		return "a socket"
	case mode&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case mode&fs.ModeDevice != 0:
		return "a device"
	}
	return "a special file"
}

// cause is an error without the path that the message names in its own way.
func cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
