// Package plan is the contract between the translator, which makes plans, and
// the interpreter, which walks them. A plan is an immutable value with a
// version and one JSON form; an attempt is frozen at the plan it was started
// with.
package plan

import (
	"encoding/json"
	"fmt"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
)

// Version is the newest version of the plan format that this program knows. A
// worker runs plans of all older versions and refuses newer ones.
const Version = 1

// Plan is one compiled workflow file.
type Plan struct {
	Version  int    `json:"version"`
	Workflow string `json:"workflow"`
	// Timezone is a zone id or an offset, "UTC" when the file names none.
	Timezone string `json:"timezone"`
	// Schedule and SLA are the raw configs of the root, nil when absent.
	Schedule *ordered.Object `json:"schedule,omitempty"`
	SLA      *ordered.Object `json:"sla,omitempty"`
	Root     *Task           `json:"root"`
}

// Kind tells the two sorts of tasks apart.
type Kind string

// The kinds of tasks.
const (
	Group    Kind = "group"
	Operator Kind = "operator"
)

// Task is one node of the tree of tasks, in definition order.
type Task struct {
	// Name is this level's name: "+load", "^sub", "+wf" for the root. The full
	// name is the concatenation from the root.
	Name string `json:"name"`
	Pos  *Pos   `json:"pos,omitempty"`
	Kind Kind   `json:"kind"`
	// Type is the operator named by the task itself, without ">"; "" in groups.
	Type string `json:"type,omitempty"`
	// Config is the raw local config without +children, _export, _check and
	// _error, key order kept.
	Config *ordered.Object `json:"config,omitempty"`
	// Export is the raw _export, nil when absent.
	Export *ordered.Object `json:"export,omitempty"`
	// Upstreams are the indexes of the siblings that must succeed first.
	Upstreams []int `json:"upstreams,omitempty"`
	// Retry is the _retry that applies when the task's children fail. It is nil
	// when there is none or when it is not valid.
	Retry *Retry `json:"retry,omitempty"`
	// Check is the raw _check, compiled only when it is generated.
	Check *ordered.Object `json:"check,omitempty"`
	// Error is the compiled _error, named "^error".
	Error *Task `json:"error,omitempty"`
	// Marks are the positions of what lies in raw bodies (_do, _else_do,
	// _check), by path: "_do", "_do/+first", "_do/+first/_do/+inner".
	Marks map[string]*Pos `json:"marks,omitempty"`
	Tasks []*Task         `json:"tasks,omitempty"`
	// Rounds, when set, stands for children that are not written out.
	Rounds *Rounds `json:"rounds,omitempty"`
}

// Pos is a place in a project file. Lines and columns count from 1.
type Pos struct {
	// File is relative to the project folder, with slashes.
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
	// Included is the chain of !include lines that brought the file in,
	// innermost first.
	Included []*Pos `json:"included,omitempty"`
}

// String returns "file:line:column".
func (p *Pos) String() string {
	if p == nil {
		return ""
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Retry is a valid _retry.
type Retry struct {
	// Limit is the number of re-tries.
	Limit int `json:"limit"`
	// Interval and MaxInterval are in seconds; MaxInterval 0 means no maximum.
	Interval    int  `json:"interval,omitempty"`
	Exponential bool `json:"exponential,omitempty"`
	MaxInterval int  `json:"max_interval,omitempty"`
}

// Delay returns the seconds to wait before re-try n, counted from 0.
func (r *Retry) Delay(n int) int {
	if !r.Exponential {
		return r.Interval
	}
	d := r.Interval
	for ; n > 0 && d < 1<<30; n-- {
		d *= 2
	}
	if r.MaxInterval > 0 && d > r.MaxInterval {
		d = r.MaxInterval
	}
	return d
}

// Decode reads the JSON form of a plan and refuses versions it does not know.
func Decode(text []byte) (*Plan, error) {
	p := &Plan{}
	if err := json.Unmarshal(text, p); err != nil {
		return nil, fmt.Errorf("this is no plan: %w", err)
	}
	return p, p.Check()
}

// Check tells why a decoded plan can't be run by this program.
func (p *Plan) Check() error {
	if p.Version < 1 || p.Version > Version {
		return fmt.Errorf("plan version %d is not known here (1 to %d are): use a newer dig2temporal", p.Version, Version)
	}
	if p.Root == nil {
		return fmt.Errorf("the plan of %q has no root task", p.Workflow)
	}
	return p.Root.check("")
}

// Count returns the number of tasks of the subtree that are written out: the
// task itself and its children, not what they generate.
func (t *Task) Count() int {
	n := 1
	for _, c := range t.Tasks {
		n += c.Count()
	}
	return n
}
