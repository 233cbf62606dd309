package check

import (
	"strings"
	"time"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/internal/zone"
	"github.com/dig2temporal/dig2temporal/translate/config"
	"github.com/dig2temporal/dig2temporal/translate/finding"
	"github.com/dig2temporal/dig2temporal/translate/plan"
	"github.com/dig2temporal/dig2temporal/translate/schedule"
	"github.com/dig2temporal/dig2temporal/translate/syntax"
)

// Schedule returns what is wrong with the schedule of a workflow file, which is
// an error. Digdag looks at it when it checks a project, and when it runs the
// workflow itself.
func Schedule(tree *syntax.Node) []finding.Finding {
	c := &checker{rule: &scheduleRule}
	c.schedule(tree)
	return c.list
}

var scheduleRule = rule{"schedule", "the schedule is legal", func(c *checker, t *task) {
	if t.parent == nil && t.workflow {
		c.schedule(t.node)
	}
}}

func (c *checker) schedule(tree *syntax.Node) {
	e := tree.Entry("schedule")
	if e == nil || e.Value.IsNull() {
		return
	}
	if e.Value.Kind != syntax.Mapping {
		c.report(e.Pos, finding.Error, "\"schedule\" must be a mapping but is "+show(e.Value))
		return
	}
	_, err := schedule.Parse(e.Value.Object(), zoneOf(tree))
	if err == nil {
		return
	}
	message := err.Error()
	pos := e.Value.Pos
	for _, child := range e.Value.Entries {
		kind, isType := strings.CutSuffix(child.Key, ">")
		switch {
		case strings.HasPrefix(message, "Invalid "+child.Key+":"), child.Key == "end" && strings.Contains(message, "end is earlier"),
			strings.Contains(message, "key '"+child.Key+"'"):
			pos = child.Pos
		case isType && pos == e.Value.Pos:
			pos = child.Pos
			if !contains(schedule.Types(), kind) {
				message += didYouMean(kind, ">", schedule.Types())
			}
		}
	}
	c.list = append(c.list, finding.Finding{
		Pos: pos, Message: "invalid schedule: " + message, Rule: c.rule.id, Severity: finding.Error, Text: err.Error(), Kind: kindOf(err),
	})
}

func kindOf(err error) string {
	if e, ok := err.(*config.Error); ok {
		return e.Kind
	}
	return ""
}

// zoneOf returns the zone of a workflow file; UTC when it is wrong, which is
// reported elsewhere.
func zoneOf(tree *syntax.Node) *time.Location {
	if text, ok := textOf(tree.Get("timezone")); ok {
		if loc, err := zone.Load(strings.TrimSpace(text)); err == nil {
			return loc
		}
	}
	return time.UTC
}

var scheduleOption = rule{"schedule-option", "a schedule has no options that nothing reads", func(c *checker, t *task) {
	n := t.node.Get("schedule")
	if t.parent != nil || !t.workflow || n == nil || n.Kind != syntax.Mapping {
		return
	}
	o := n.Object()
	for _, key := range schedule.Unknown(o) {
		c.warn(n.Entry(key).Pos, "unknown option %q of the schedule%s", shorten(key), didYouMean(key, "", scheduleOptions(o)))
	}
	if _, err := schedule.ParseSkip(o); err != nil {
		key := "skip_on_overtime"
		if strings.Contains(err.Error(), "skip_delayed_by") {
			key = "skip_delayed_by"
		}
		c.warn(n.Entry(key).Pos, "no session of the schedule can start: %s", err)
	}
}}

func scheduleOptions(o *ordered.Object) []string {
	for _, k := range o.Keys() {
		if kind, ok := strings.CutSuffix(k, ">"); ok {
			return schedule.Options(kind)
		}
	}
	return schedule.Options(o.String("_type"))
}

var sla = rule{"sla", "the sla is legal", func(c *checker, t *task) {
	e := t.node.Entry("sla")
	if t.parent != nil || !t.workflow || e == nil || e.Value.IsNull() {
		return
	}
	if e.Value.Kind != syntax.Mapping {
		c.warn(e.Pos, "\"sla\" must be a mapping but is %s: no attempt can start", show(e.Value))
		return
	}
	o := e.Value.Object()
	if _, err := schedule.ParseSLA(o); err != nil {
		c.warn(slaPos(e.Value, "time", "duration"), "%s: no attempt can start", err)
	}
	for _, key := range []string{"alert", "fail"} {
		v, _ := o.Get(key)
		if _, err := config.Bool(key, v); v != nil && err != nil {
			c.warn(slaPos(e.Value, key), "%q of \"sla\" must be true or false but is %s", key, show(e.Value.Get(key)))
		}
	}
}}

func slaPos(n *syntax.Node, keys ...string) *plan.Pos {
	for _, key := range keys {
		if e := n.Entry(key); e != nil {
			return e.Pos
		}
	}
	return n.Pos
}
