package check

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/internal/yamltext"
	"github.com/dig2temporal/dig2temporal/internal/zone"
	"github.com/dig2temporal/dig2temporal/translate/plan"
	"github.com/dig2temporal/dig2temporal/translate/schedule"
)

// Summary is what Digdag's check prints about a project without errors.
type Summary struct {
	// Plans are the workflows by name; they are printed sorted.
	Plans map[string]*plan.Plan
	// Params are those given on the command line.
	Params *ordered.Object
	// Zone is that of the machine. Its name is printed, and times are in it.
	Zone *time.Location
	Now  time.Time
}

// Write prints the time zone, the definitions, the params and the schedules. A
// schedule that is not legal ends it after the params with an error.
func (s Summary) Write(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "  System default timezone: %s\n\n", s.Zone)
	s.definitions(&b)
	fmt.Fprintf(&b, "\n  Parameters:\n%s\n", indent("    ", yamltext.Text(nonNil(s.Params))))
	err := s.schedules(&b)
	if _, failed := io.WriteString(w, b.String()); failed != nil {
		return failed
	}
	return err
}

func nonNil(o *ordered.Object) *ordered.Object {
	if o == nil {
		return ordered.New()
	}
	return o
}

func (s Summary) names() []string { return slices.Sorted(maps.Keys(s.Plans)) }

func (s Summary) definitions(b *strings.Builder) {
	fmt.Fprintf(b, "  Definitions (%d workflows):\n", len(s.Plans))
	for _, name := range s.names() {
		fmt.Fprintf(b, "    %s (%d tasks)\n", name, s.Plans[name].Root.Count())
		for _, required := range requires(s.Plans[name].Root) {
			fmt.Fprintf(b, "      -> %s\n", required)
		}
	}
}

// requires returns the workflows that the tasks of a plan name, each once in
// order of definition.
func requires(root *plan.Task) []string {
	var list []string
	var walk func(*plan.Task)
	walk = func(t *plan.Task) {
		if name := t.Config.String("require>"); name != "" && !contains(list, name) {
			list = append(list, name)
		}
		for _, child := range t.Tasks {
			walk(child)
		}
	}
	walk(root)
	return list
}

func (s Summary) schedules(b *strings.Builder) error {
	count := 0
	var entries strings.Builder
	for _, name := range s.names() {
		p := s.Plans[name]
		if p.Schedule == nil {
			continue
		}
		loc, err := zone.Load(p.Timezone)
		if err != nil {
			return err
		}
		sched, err := schedule.Parse(p.Schedule, loc)
		if err != nil {
			return err
		}
		count++
		first := sched.First(s.Now)
		fmt.Fprintf(&entries, "    %s:\n%s", name, indent("      ", yamltext.Text(p.Schedule)))
		fmt.Fprintf(&entries, "      first session time: %s\n", s.time(first.Session))
		fmt.Fprintf(&entries, "      first scheduled to run at: %s (%s)\n", s.time(first.Run), s.distance(first.Run))
	}
	fmt.Fprintf(b, "  Schedules (%d entries):\n%s\n", count, entries.String())
	return nil
}

func (s Summary) time(t time.Time) string { return t.In(s.Zone).Format("2006-01-02 15:04:05 -0700") }

// distance returns how far a time is from now, in hours at most: days are not
// counted.
func (s Summary) distance(t time.Time) string {
	seconds := t.Unix() - s.Now.Unix()
	if t.After(s.Now) && t.Nanosecond() < s.Now.Nanosecond() {
		seconds--
	}
	if t.After(s.Now) {
		return "in " + clock(seconds)
	}
	return clock(-seconds) + " ago"
}

func clock(seconds int64) string {
	h, m, s := seconds/3600, seconds/60%60, seconds%60
	switch {
	case h > 0:
		return fmt.Sprintf("%dh %dm %ds", h, m, s)
	case m > 0:
		return fmt.Sprintf("%dm %ds", m, s)
	}
	return fmt.Sprintf("%ds", s)
}

func indent(prefix, text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(prefix + line)
	}
	return b.String()
}

// Reachable returns the workflows that a workflow leads to by call> and
// require>, itself included, as far as their names stand in the files.
func Reachable(plans map[string]*plan.Plan, from string) map[string]*plan.Plan {
	found := map[string]*plan.Plan{}
	var add func(string)
	add = func(name string) {
		p := plans[name]
		if p == nil || found[name] != nil {
			return
		}
		found[name] = p
		named(p.Root, add)
	}
	add(from)
	return found
}

func named(t *plan.Task, visit func(string)) {
	visit(t.Config.String("require>"))
	visit(strings.TrimSuffix(t.Config.String("call>"), suffix))
	for _, body := range []*ordered.Object{t.Config.Object("_do"), t.Config.Object("_else_do"), t.Check} {
		namedIn(body, visit, 0)
	}
	if t.Error != nil {
		named(t.Error, visit)
	}
	for _, child := range t.Tasks {
		named(child, visit)
	}
}

// namedIn looks through a body that is not compiled yet.
func namedIn(o *ordered.Object, visit func(string), depth int) {
	if o == nil || depth > ordered.MaxDepth {
		return
	}
	visit(o.String("require>"))
	visit(strings.TrimSuffix(o.String("call>"), suffix))
	for _, k := range o.Keys() {
		if strings.HasPrefix(k, "+") || contains(bodies, k) {
			namedIn(o.Object(k), visit, depth+1)
		}
	}
}
