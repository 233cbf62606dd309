package check

import (
	"errors"
	"io/fs"
	"path"
	"regexp"
	"strings"

	"github.com/dig2temporal/dig2temporal/translate/syntax"
)

const suffix = ".dig"

var missingFile = rule{"missing-file", "called files, query files and scripts are there", func(c *checker, t *task) {
	if c.Files == nil || t.isGroup() {
		return
	}
	if text, ok := textOf(t.command); ok && t.operator == "sh" {
		if script := scriptOf(text); script != "" && c.missing(t, script) && !c.mentioned[path.Base(script)] {
			c.warn(t.command.Pos, "the script %q of %s is not there", shorten(script), t.what())
		}
		return
	}
	name, ok := t.static()
	if !ok || name == "" {
		return
	}
	switch op, known := c.Catalog[t.operator]; {
	case t.operator == "call":
		c.call(t, name)
	case known && op.Command.hasType("file"):
		if c.missing(t, name) {
			c.warn(t.command.Pos, "the file %q of %s is not there", shorten(name), t.what())
		}
	}
}}

// call checks that a called file is there, and what it says when it lies in a
// folder: those right in the project are workflows and are checked anyway.
func (c *checker) call(t *task, name string) {
	file := name
	if !strings.HasSuffix(file, suffix) {
		file += suffix
	}
	dirs, ok := c.workdirsOf(t)
	if !ok {
		return
	}
	outside := true
	for _, dir := range dirs {
		at := path.Join(dir, file)
		if path.IsAbs(name) || !fs.ValidPath(at) {
			continue
		}
		outside = false
		if info, err := fs.Stat(c.Files, at); err == nil && info.Mode().IsRegular() {
			if strings.Contains(at, "/") {
				c.checkCalled(at)
			}
			return
		} else if !errors.Is(err, fs.ErrNotExist) {
			return
		}
	}
	if outside {
		c.warn(t.command.Pos, "the called file %q of %s lies outside of the project", shorten(file), t.what())
		return
	}
	hint := ""
	if !strings.Contains(name, "/") {
		hint = didYouMean(strings.TrimSuffix(name, suffix), "", c.Workflows)
	}
	c.warn(t.command.Pos, "the called file %q of %s is not there%s", shorten(file), t.what(), hint)
}

// missing tells that a file is surely not there: in none of the folders that
// the task may run in.
func (c *checker) missing(t *task, name string) bool {
	dirs, ok := c.workdirsOf(t)
	if !ok || path.IsAbs(name) || strings.HasPrefix(name, "~") {
		return false
	}
	for _, dir := range dirs {
		at := path.Join(dir, name)
		if !fs.ValidPath(at) {
			return false
		}
		if _, err := fs.Stat(c.Files, at); !errors.Is(err, fs.ErrNotExist) {
			return false
		}
	}
	return true
}

// workdirsOf returns the folders that a task may run in, the likeliest first:
// any _workdir of the project counts, since the file may be called from there.
// It fails when there is one that nobody can know.
func (c *checker) workdirsOf(t *task) ([]string, bool) {
	if c.dynamicWorkdir || c.Params.Has("_workdir") {
		return nil, false
	}
	home := path.Dir(t.file)
	dirs := []string{home}
	t.exports(func(at *task, n *syntax.Node) bool {
		own, ok := textOf(n.Get("_workdir"))
		if !ok {
			return true
		}
		if at.parent == nil {
			own = path.Join(home, own)
		}
		dirs = append([]string{own}, dirs...)
		return false
	})
	if own, ok := textOf(t.node.Get("_workdir")); ok {
		dirs = append([]string{own}, dirs...)
	}
	for _, dir := range c.workdirs {
		dirs = append(dirs, dir, path.Join(home, dir))
	}
	return dirs, true
}

// scriptOf returns the script of the project that a one-line command runs, "" if
// it runs none.
func scriptOf(command string) string {
	words := strings.Fields(command)
	if strings.Contains(strings.TrimSpace(command), "\n") || len(words) == 0 {
		return ""
	}
	script := words[0]
	if !strings.HasPrefix(script, "./") || strings.ContainsAny(script, "$`*?\"'\\;&|<>()") {
		return ""
	}
	switch path.Ext(script) {
	case ".sh", ".bash", ".py", ".rb", ".pl":
		return script
	}
	return ""
}

// addMentions notes the scripts that a text names without running them, and so
// may make.
func (c *checker) addMentions(text string) {
	own := path.Base(scriptOf(text))
	for _, name := range scriptName.FindAllString(text, -1) {
		if name != own {
			c.mentioned[name] = true
		}
	}
}

var scriptName = regexp.MustCompile(`[\w.-]+\.(?:sh|bash|py|rb|pl)\b`)

var missingWorkflow = rule{"missing-workflow", "required workflows are there", func(c *checker, t *task) {
	name, ok := t.static()
	if t.operator != "require" || !ok || t.node.Entry("project_name") != nil || t.node.Entry("project_id") != nil || contains(c.Workflows, name) {
		return
	}
	hint := didYouMean(name, "", c.Workflows)
	if base, ok := strings.CutSuffix(name, suffix); ok && contains(c.Workflows, base) {
		hint = " (did you mean \"" + base + "\"?)"
	}
	c.warn(t.command.Pos, "there is no workflow %q, which %s requires%s", shorten(name), t.what(), hint)
}}

var modulePath = rule{"module-path", "py> and rb> name a module, not a file", func(c *checker, t *task) {
	if t.operator != "py" && t.operator != "rb" {
		return
	}
	name, ok := t.static()
	if !ok {
		return
	}
	ext := "." + t.operator
	if strings.HasSuffix(name, ext) || strings.Contains(name, "/") {
		module := strings.Trim(strings.ReplaceAll(strings.TrimSuffix(name, ext), "/", "."), ".")
		example := module + ".function"
		if t.operator == "rb" {
			example = "Class.method"
		}
		c.warn(t.command.Pos, "%q of %s takes a name like %q, not the file %q", t.operator+">", t.what(), shorten(example), shorten(name))
	}
}}
