package operators

import (
	"fmt"
	"regexp"
	"slices"
)

// Registry is an immutable set of operators by name.
type Registry struct {
	operators map[string]entry
}

type entry struct {
	operator Operator
	spec     *Spec
}

var validName = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$`)

// NewRegistry returns a registry of the given operators. It refuses names that
// occur twice or that no task can have.
func NewRegistry(list ...Operator) (*Registry, error) {
	return (&Registry{}).With(list...)
}

// With returns a registry that has the given operators, too.
func (r *Registry) With(list ...Operator) (*Registry, error) {
	c := r.copy()
	for _, o := range list {
		s := o.Spec()
		if s == nil || !validName.MatchString(s.Name) {
			return nil, fmt.Errorf("%q is no valid operator name: expected lower-case letters, digits and _", nameOf(s))
		}
		if _, ok := c.operators[s.Name]; ok {
			return nil, fmt.Errorf("operator %q is registered twice", s.Name)
		}
		c.operators[s.Name] = entry{o, s}
	}
	return c, nil
}

func nameOf(s *Spec) string {
	if s == nil {
		return ""
	}
	return s.Name
}

// Without returns a registry that lacks the named operators.
func (r *Registry) Without(names ...string) *Registry {
	c := r.copy()
	for _, n := range names {
		delete(c.operators, n)
	}
	return c
}

// Lookup returns the operator of a name, without ">".
func (r *Registry) Lookup(name string) (Operator, bool) {
	e, ok := r.operators[name]
	return e.operator, ok
}

// Spec returns the spec of the operator of a name, nil when there is none. It
// belongs to the registry and must not be changed.
func (r *Registry) Spec(name string) *Spec { return r.operators[name].spec }

// Names returns the names in alphabetical order.
func (r *Registry) Names() []string {
	names := make([]string, 0, len(r.operators))
	for n := range r.operators {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

func (r *Registry) copy() *Registry {
	c := &Registry{operators: make(map[string]entry, len(r.operators)+8)}
	for n, e := range r.operators {
		c.operators[n] = e
	}
	return c
}
