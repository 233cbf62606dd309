package check

import (
	"slices"
	"strings"

	"github.com/dig2temporal/dig2temporal/internal/spell"
)

// Catalog is what checks know about operators, by name without ">".
type Catalog map[string]Operator

// Operator describes one operator. Fields mean what they mean in its spec.
type Operator struct {
	Command    Option
	Options    []Option
	Namespaces []string
	// FreeKeys tells that any key is an argument.
	FreeKeys bool
	// Retryable tells that _retry re-runs the operator when it fails itself.
	Retryable bool
}

// Option describes one key. Type is one of "string", "boolean", "integer",
// "list", "mapping", "duration", "file" (a file of the project by name), "any",
// or several joined by "|".
type Option struct {
	Name, Type string
	Required   bool
}

func (o Option) hasType(name string) bool {
	return slices.Contains(strings.Split(o.Type, "|"), name)
}

func (o Operator) option(name string) (Option, bool) {
	i := slices.IndexFunc(o.Options, func(p Option) bool { return p.Name == name })
	if i < 0 {
		return Option{}, false
	}
	return o.Options[i], true
}

// digdagOperators are those that Digdag brings itself.
var digdagOperators = strings.Fields(`
bq bq_ddl bq_extract bq_load call echo embulk emr fail for_each for_range gcs_wait http http_call if loop mail notify
param_get param_set pg py rb redshift redshift_load redshift_unload require s3_wait sh td td_ddl td_for_each td_load
td_partial_delete td_result_export td_run td_table_export td_wait td_wait_table wait`)

// directives are keys that every task understands.
var directives = []string{
	"_type", "_command", "_export", "_retry", "_error", "_check", "_background", "_after", "_disable", "_secrets", "_workdir",
	"docker", "ecs", "kubernetes", "plugin",
}

// suggest returns what a misspelt word may stand for, or "". It asks for more
// than Digdag does, whose rule finds "loop" near "nop".
func suggest(word string, candidates []string) string {
	near := spell.Nearest(word, candidates)
	if word == "" || near == "" {
		return ""
	}
	edits := spell.Distance(word, near)
	if edits > 1 && (near[0] != word[0] || 2*edits > min(len(word), len(near))) {
		return ""
	}
	return near
}

// didYouMean returns the end of a message.
func didYouMean(word, mark string, candidates []string) string {
	if near := suggest(word, candidates); near != "" {
		return ` (did you mean "` + near + mark + `"?)`
	}
	return ""
}
