package compile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/internal/spell"
	"github.com/dig2temporal/dig2temporal/internal/zone"
	"github.com/dig2temporal/dig2temporal/translate/config"
	"github.com/dig2temporal/dig2temporal/translate/finding"
	"github.com/dig2temporal/dig2temporal/translate/plan"
	"github.com/dig2temporal/dig2temporal/translate/syntax"
)

// rootKeys are the keys that the root of a file may have beside its timezone,
// its _export and its tasks, in the order in which they stand in a definition.
var rootKeys = []string{"schedule", "sla", "_error", "_check", "_retry", "_parallel"}

// Definition is the content of a workflow file by the rules for its root.
type Definition struct {
	// Timezone is a zone id in its normal form.
	Timezone string
	// Root is the file without the timezone, its keys in the order of definitions:
	// _export, the settings, the tasks.
	Root *syntax.Node
}

// Define applies the rules for the root of a workflow file. The findings are in
// the order in which Digdag meets them; the definition has what is valid.
func Define(name string, tree *syntax.Node) (*Definition, []finding.Finding) {
	d := &definer{name: name, tree: tree, def: &Definition{Timezone: "UTC"}}
	d.def.Root = &syntax.Node{Kind: syntax.Mapping, Pos: tree.Pos}
	d.timezone()
	d.export()
	d.settings()
	d.tasks()
	d.unknown()
	d.names()
	return d.def, d.findings
}

type definer struct {
	name     string
	tree     *syntax.Node
	def      *Definition
	findings []finding.Finding
}

func (d *definer) report(pos *plan.Pos, rule, text, format string, args ...any) {
	d.findings = append(d.findings, finding.Finding{
		Pos: pos, Rule: rule, Severity: finding.Error, Message: fmt.Sprintf(format, args...), Text: text,
	})
}

func (d *definer) timezone() {
	e := d.tree.Entry("timezone")
	if e == nil || e.Value.IsNull() {
		return
	}
	text, err := config.Text("timezone", e.Value.Value())
	if err == nil && strings.TrimSpace(text) == "" {
		return
	}
	loc, zoneErr := zone.Load(strings.TrimSpace(text))
	if err != nil || zoneErr != nil {
		message := fmt.Sprintf("unknown time zone %s", quoteText(e.Value.Value()))
		if near := zoneNear(text); near != "" {
			message += fmt.Sprintf(" (did you mean %q?)", near)
		}
		d.report(e.Value.Pos, "timezone", fmt.Sprintf(
			"Expected [reference type, class com.google.common.base.Optional<java.time.ZoneId><[simple type, class java.time.ZoneId]>] for key 'timezone' but got %s (%s)",
			ordered.Text(e.Value.Value()), ordered.TypeName(e.Value.Value())), "%s", message)
		return
	}
	d.def.Timezone = loc.String()
}

// zoneNear finds the spelling of a zone that is wrong only in its case.
func zoneNear(text string) string {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return r == ' ' })
	id := []byte(strings.Join(words, "_"))
	for i := range id {
		if (i == 0 || strings.IndexByte("/_-", id[i-1]) >= 0) && id[i] >= 'a' && id[i] <= 'z' {
			id[i] -= 'a' - 'A'
		}
	}
	for _, candidate := range []string{string(id), strings.ToUpper(text)} {
		if loc, err := zone.Load(candidate); err == nil {
			return loc.String()
		}
	}
	return ""
}

func (d *definer) export() {
	e := d.tree.Entry("_export")
	if e == nil || e.Value.IsNull() {
		return
	}
	if e.Value.Kind != syntax.Mapping {
		d.report(e.Pos, "export", "Parameter '_export' must be an object",
			`"_export" must be a mapping but is %s`, quoteText(e.Value.Value()))
		return
	}
	if len(e.Value.Entries) > 0 {
		d.keep(*e)
	}
}

func (d *definer) keep(e syntax.Entry) { d.def.Root.Entries = append(d.def.Root.Entries, e) }

func (d *definer) settings() {
	for _, key := range rootKeys {
		if e := d.tree.Entry(key); e != nil && d.notNull(e) {
			d.keep(*e)
		}
	}
}

func (d *definer) tasks() {
	for i := range d.tree.Entries {
		if e := &d.tree.Entries[i]; strings.HasPrefix(e.Key, "+") && d.notNull(e) {
			d.keep(*e)
		}
	}
}

func (d *definer) notNull(e *syntax.Entry) bool {
	if !e.Value.IsNull() {
		return true
	}
	what := "expected a value"
	if strings.HasPrefix(e.Key, "+") {
		what = "expected an operator or subtasks"
	}
	d.report(e.Pos, "empty", fmt.Sprintf("Parameter '%s' is required but null", e.Key), "%q is empty: %s", shorten(e.Key), what)
	return false
}

func (d *definer) unknown() {
	var unknown []string
	var all []finding.Finding
	known := append([]string{"timezone", "_export"}, rootKeys...)
	for _, e := range d.tree.Entries {
		if strings.HasPrefix(e.Key, "+") || slices.Contains(known, e.Key) {
			continue
		}
		unknown = append(unknown, e.Key)
		all = append(all, finding.Finding{
			Pos: e.Pos, Rule: "root-key", Severity: finding.Error,
			Message: fmt.Sprintf("unknown key %q at the root of workflow %q%s", shorten(e.Key), d.name, rootHint(e.Key, known)),
		})
	}
	text := fmt.Sprintf("Workflow '%s' includes unknown keys: [%s]", d.name, strings.Join(unknown, ", "))
	for i := range all {
		all[i].Text = text
	}
	d.findings = append(d.findings, all...)
}

func rootHint(key string, known []string) string {
	switch near := spell.Nearest(key, known); {
	case strings.HasSuffix(key, ">"):
		return ": operators belong into a task (\"+name:\")"
	case near != "":
		return fmt.Sprintf(" (did you mean %q?)", near)
	case key != "" && !strings.HasPrefix(key, "_"):
		return fmt.Sprintf(" (tasks begin with \"+\": %q)", shorten("+"+key))
	}
	return ""
}

// names checks the first level of tasks and the workflow itself.
func (d *definer) names() {
	var lines []string
	first := len(d.findings)
	check := func(pos *plan.Pos, rule, field, what, name string, faults []string) {
		for _, fault := range faults {
			lines = append(lines, "\n"+field+" "+fault+": \""+name+"\"")
		}
		if len(faults) > 0 {
			d.report(pos, rule, "", "the name of %s %q %s", what, shorten(name), faults[0])
		}
	}
	for _, e := range d.tree.Entries {
		if strings.HasPrefix(e.Key, "+") {
			check(e.Pos, "task-name", "task name", "task", e.Key, firstTaskNameFaults(e.Key))
		}
	}
	check(d.tree.Pos, "workflow-name", "name", "workflow", d.name, NameFaults(d.name))
	text := "Validating workflow failed" + strings.Join(lines, "")
	for i := range d.findings[first:] {
		f := &d.findings[first+i]
		f.Text = text
		f.Kind = "model validation"
	}
}
