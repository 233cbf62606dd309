// Package pattern finds tasks of a plan by the end of their full names.
package pattern

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/dig2temporal/dig2temporal/translate/plan"
)

// Names returns the full names of the static tasks of a plan in definition
// order, the root first. With only, the full name of a task, it returns the root
// and what lies below that task.
func Names(p *plan.Plan, only string) []string {
	var names []string
	var walk func(t *plan.Task, above string)
	walk = func(t *plan.Task, above string) {
		name := above + t.Name
		if only == "" || above == "" || name == only || strings.HasPrefix(above+"+", only+"+") {
			names = append(names, name)
		}
		for _, c := range t.Tasks {
			walk(c, name)
		}
	}
	walk(p.Root, "")
	return names
}

// Find returns the one name that ends with the pattern. The "+" at its
// beginning may be left out.
func Find(names []string, pattern string) (string, error) {
	if err := check(pattern); err != nil {
		return "", err
	}
	var found []string
	seen := map[string]bool{}
	for _, name := range names {
		if strings.HasSuffix(name, pattern) && !seen[name] {
			seen[name] = true
			found = append(found, name)
		}
	}
	switch len(found) {
	case 0:
		return "", fmt.Errorf("Task pattern '%s' doesn't match with any tasks. (no match)", pattern)
	case 1:
		return found[0], nil
	}
	return "", fmt.Errorf("Task pattern '%s' is ambiguous. Matching candidates are [%s] (multiple task match)", pattern, strings.Join(found, ", "))
}

// check refuses patterns with a part that is a single character, "+" for the
// most part.
func check(pattern string) error {
	parts := 0
	length := 0
	for _, r := range pattern {
		if length > 0 && delimits(r) {
			if length == 1 {
				return single(pattern)
			}
			length = 0
		}
		if length == 0 {
			parts++
		}
		length++
	}
	if parts == 0 {
		return fmt.Errorf("Task match pattern is invalid: %s", pattern)
	}
	if length == 1 {
		return single(pattern)
	}
	return nil
}

func single(pattern string) error {
	return fmt.Errorf("Match patterns excepting direct child (+name+name) is not supported: %s", pattern)
}

func delimits(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && !strings.ContainsRune("-=[]{}%&@,._", r)
}
