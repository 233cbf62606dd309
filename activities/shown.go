package activities

import (
	"slices"
	"strings"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/internal/spell"
)

// shown is a command as the log shows it: texts as they are, mappings and lists
// without quotes.
func shown(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case []any:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = shownWithin(e)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case *ordered.Object:
		parts := make([]string, 0, v.Len())
		for _, k := range v.Keys() {
			e, _ := v.Get(k)
			parts = append(parts, k+"="+shownWithin(e))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	default:
		return ordered.Text(v)
	}
}

func shownWithin(v any) string {
	if v == nil {
		return "null"
	}
	return shown(v)
}

// describing are the params that say which task of which attempt it is.
var describing = []string{
	"project_id", "session_id", "session_time", "attempt_id", "task_name",
	"last_session_time", "last_executed_session_time", "next_session_time", "session_uuid", "timezone",
}

// described keeps what may be logged of any task.
func described(params *ordered.Object) *ordered.Object {
	o := ordered.New()
	for _, k := range describing {
		if v, _ := params.Get(k); v != nil {
			o.Set(k, v)
		}
	}
	return o
}

// dump shows params as YAML, indented by 2, after an empty line.
func dump(params *ordered.Object) string {
	var b strings.Builder
	b.WriteByte('\n')
	dumpObject(&b, params, "  ")
	return b.String()
}

func dumpObject(b *strings.Builder, o *ordered.Object, indent string) {
	for _, k := range o.Keys() {
		v, _ := o.Get(k)
		b.WriteString(indent + yamlKey(k) + ":")
		dumpValue(b, v, indent)
	}
}

// dumpValue writes what stands after "key:" or "-".
func dumpValue(b *strings.Builder, v any, indent string) {
	switch v := v.(type) {
	case *ordered.Object:
		if v.Len() == 0 {
			b.WriteString(" {}\n")
			return
		}
		b.WriteByte('\n')
		dumpObject(b, v, indent+"  ")
	case []any:
		if len(v) == 0 {
			b.WriteString(" []\n")
			return
		}
		b.WriteByte('\n')
		for _, e := range v {
			b.WriteString(indent + "-")
			dumpValue(b, e, indent+"  ")
		}
	default:
		b.WriteString(" " + ordered.Text(v) + "\n")
	}
}

// yamlKey quotes keys that YAML would not read as they are.
func yamlKey(k string) string {
	plain := k != ""
	for i, c := range k {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == '$'
		plain = plain && (letter || i > 0 && (c >= '0' && c <= '9' || c == '-' || c == '.' || c == '>' || c == '/'))
	}
	if plain {
		return k
	}
	return ordered.Text(k)
}

// directives are keys that any task may have.
var directives = []string{
	"_type", "_command", "_retry", "_error", "_check", "_export", "_env", "_secrets", "_background", "_after", "_disable", "_workdir",
	"docker", "ecs", "kubernetes", "plugin",
}

// warnUnused tells about keys of the task that its operator does not know.
func (r *run) warnUnused(local *ordered.Object) {
	spec := r.spec
	if spec.FreeKeys || spec.ReadsAll {
		return
	}
	known := append([]string(nil), directives...)
	for _, o := range spec.Options {
		known = append(known, o.Name)
	}
	known = append(known, spec.Namespaces...)
	for _, k := range local.Keys() {
		if k == r.name+">" || slices.Contains(known, k) || strings.HasPrefix(k, "+") {
			continue
		}
		r.say(LevelError, "Parameter '%s' is not used at task %s.", k, r.req.Task)
		if near := spell.Suggest(k, known); len(near) > 0 {
			r.say(LevelError, "  > Did you mean [%s]?", strings.Join(near, ", "))
		}
	}
}
