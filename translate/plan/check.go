package plan

import "fmt"

// check tells what keeps a task of a decoded plan from being run.
func (t *Task) check(parent string) error {
	name := parent + t.Name
	if t.Kind != Group && t.Kind != Operator {
		return fmt.Errorf("task %q is of the unknown kind %q", name, t.Kind)
	}
	for i, child := range t.Tasks {
		if child == nil {
			return fmt.Errorf("task %q has an empty child", name)
		}
		for _, u := range child.Upstreams {
			// Edges lead back, so that there is no way in a circle.
			if u < 0 || u >= i {
				return fmt.Errorf("task %q waits for sibling %d, which is not before it", name+child.Name, u)
			}
		}
		if err := child.check(name); err != nil {
			return err
		}
	}
	if t.Error != nil {
		if err := t.Error.check(name); err != nil {
			return err
		}
	}
	if t.Rounds != nil {
		return t.Rounds.check(name)
	}
	return nil
}

func (r *Rounds) check(name string) error {
	if r.Body == nil || r.Count < 0 {
		return fmt.Errorf("the rounds of task %q have no body or a negative number", name)
	}
	switch r.Kind {
	case "loop":
	case "for_range":
		if r.Step < 1 {
			return fmt.Errorf("the rounds of task %q have the step %d", name, r.Step)
		}
	case "for_each":
		for _, l := range r.Lists {
			if len(l.Values) == 0 && r.Count > 0 {
				return fmt.Errorf("the rounds of task %q have no value for %q", name, l.Key)
			}
		}
	default:
		return fmt.Errorf("the rounds of task %q are of the unknown kind %q", name, r.Kind)
	}
	return r.Body.check(name)
}
