package archive

import (
	"cmp"
	"fmt"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

const (
	maxPath    = 2048
	maxElement = 255
	maxDepth   = 64
	// Below this many bytes of files the ratio of a compression is nobody's danger.
	ratioFrom = 16 << 20
)

// Limits bound what an archive may hold. Zero values stand for the defaults.
type Limits struct {
	// MaxBytes is the length of all files before compression, by default 1 GiB.
	MaxBytes int64
	// MaxFiles is the number of files, links and folders, by default 100,000.
	MaxFiles int
	// MaxRatio is how many times longer than the archive its files may be, by
	// default 200. It counts for archives of more than 16 MiB of files.
	MaxRatio int64
}

// WithDefaults returns the limits with the defaults in place of zeros.
func (l Limits) WithDefaults() Limits {
	return Limits{
		MaxBytes: cmp.Or(l.MaxBytes, 1<<30),
		MaxFiles: cmp.Or(l.MaxFiles, 100_000),
		MaxRatio: cmp.Or(l.MaxRatio, 200),
	}
}

func (l Limits) tooManyBytes() error {
	return fmt.Errorf("the files are longer than %d bytes in all", l.MaxBytes)
}

func (l Limits) tooManyFiles() error {
	return fmt.Errorf("there are more than %d files and folders", l.MaxFiles)
}

// dense tells whether an archive, or what was read of it, is over the ratio.
func (l Limits) dense(unpacked, packed int64) bool {
	return unpacked > ratioFrom && unpacked/l.MaxRatio > packed
}

func (l Limits) tooDense() error {
	return fmt.Errorf("the files are more than %d times longer than the archive, which is what a decompression bomb looks like", l.MaxRatio)
}

// checkPath refuses the names that not every file system can hold, or that lead
// out of the folder on one.
func checkPath(path string) error {
	elements := strings.Split(path, "/")
	switch {
	case path == "":
		return fmt.Errorf("the name is empty")
	case !utf8.ValidString(path):
		return fmt.Errorf("the name is not UTF-8")
	case strings.ContainsRune(path, 0):
		return fmt.Errorf("the name has a NUL character")
	case len(path) > maxPath:
		return fmt.Errorf("the name is longer than %d bytes", maxPath)
	case len(elements) > maxDepth:
		return fmt.Errorf("there are more than %d folders in each other", maxDepth)
	}
	for _, e := range elements {
		switch {
		case e == "" || e == ".":
			return fmt.Errorf("the name has an empty part")
		case e == "..":
			return fmt.Errorf("the name leads out of its folder (..)")
		case len(e) > maxElement:
			return fmt.Errorf("a part of the name is longer than %d bytes", maxElement)
		}
	}
	if !filepath.IsLocal(filepath.FromSlash(path)) {
		return fmt.Errorf("the name means something else on this system")
	}
	return nil
}

// checkLink refuses the targets that are not surely inside of the project.
//
// A target may begin with ".." as often as the link's folder is deep, and have no
// ".." after that. The folders above a link are real ones (entries below links are
// refused), so the dots end inside of the project; from there each step goes down,
// or through another link, of which the same holds. A ".." after a name could step
// back from wherever a link led.
func checkLink(path, target string) error {
	switch {
	case target == "":
		return fmt.Errorf("the link has no target")
	case len(target) > maxPath:
		return fmt.Errorf("the link's target is longer than %d bytes", maxPath)
	case !utf8.ValidString(target) || strings.ContainsRune(target, 0):
		return fmt.Errorf("the link's target is not UTF-8")
	case strings.HasPrefix(target, "/") || filepath.IsAbs(filepath.FromSlash(target)) || filepath.VolumeName(target) != "":
		return fmt.Errorf("the link leads out of the project, to %q", target)
	}
	depth, down := strings.Count(path, "/"), false
	for e := range strings.SplitSeq(filepath.ToSlash(target), "/") {
		switch {
		case e == "" || e == ".":
		case e != "..":
			down = true
		case down:
			return fmt.Errorf("the link's target %q has .. after a name", target)
		default:
			if depth--; depth < 0 {
				return fmt.Errorf("the link leads out of the project, to %q", target)
			}
		}
	}
	return nil
}
