package syntax

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/plan"
)

// An include is a key with the tag "!include": the file that its value names is
// merged into the mapping. Digdag turns such a key into a text that begins with
// the prefix below, and so takes any text that does for an include, too.
const (
	includeTag    = "!include"
	includePrefix = "!include:"
)

// includeText tells whether a value is one of the texts that Digdag takes for an
// include, and which file it names.
func includeText(n *Node) (string, bool) {
	s, ok := n.Scalar.(string)
	if n.Kind != Scalar || !ok || !strings.HasPrefix(s, includePrefix) {
		return "", false
	}
	return s, true
}

// includeName is the file that the value of an include key names.
func includeName(value *Node) string {
	if s, ok := value.Scalar.(string); ok {
		return s
	}
	return ordered.Text(value.Scalar)
}

// include reads a file that the line at pos brings in.
func (b *builder) include(pos *plan.Pos, name string, depth int) *Node {
	if b.stopped {
		return nil
	}
	if b.files == nil {
		b.errorf(pos, ruleInclude, KindNotFound, "", "%q can't be included here: there is no folder to read it from", shorten(name))
		return nil
	}
	if name == "" {
		b.errorf(pos, ruleInclude, KindNotFound, "", `"!include :" names no file`)
		return nil
	}
	file, ok := b.resolve(name)
	if !ok {
		b.errorf(pos, ruleInclude, KindNotFound, "File name must not include ..: "+name,
			"%q can't be included: it lies outside of the folder of %s", shorten(name), b.file)
		return nil
	}
	if i := slices.Index(b.open, file); i >= 0 {
		loop := append(slices.Clone(b.open[i:]), file)
		b.errorf(pos, ruleInclude, KindNotFound, "", "the includes form a loop: %s", strings.Join(loop, " -> "))
		return nil
	}
	if b.includes++; b.includes > MaxIncludes {
		b.stopped = true
		b.errorf(pos, ruleInclude, KindNotFound, "", "more than %d files are included", MaxIncludes)
		return nil
	}
	text, err := b.files.Read(file)
	if err != nil {
		missing := ""
		if errors.Is(err, fs.ErrNotExist) {
			missing = b.files.Path(file)
		}
		b.errorf(pos, ruleInclude, KindNoSuchFile, missing, "the file %q can't be included: %s", shorten(file), err)
		return nil
	}
	chain := append([]*plan.Pos{{File: pos.File, Line: pos.Line, Column: pos.Column}}, b.included...)
	return b.loader.text(file, text, chain, b.open, depth)
}

// resolve returns the path of an included file, relative to the project. The
// file must lie in the folder of the one that includes it. As in Digdag the
// paths are compared as texts, so that "../parts2/x" is taken to be in "parts".
func (b *builder) resolve(name string) (string, bool) {
	folder := path.Dir(b.file)
	if folder == "." {
		folder = ""
	}
	file := path.Join(folder, name)
	if path.IsAbs(name) {
		rest, ok := strings.CutPrefix(path.Clean(name), b.files.Path("")+"/")
		if !ok {
			return "", false
		}
		file = rest
	}
	if file == ".." || strings.HasPrefix(file, "../") || !strings.HasPrefix(file, folder) {
		return "", false
	}
	return file, true
}
