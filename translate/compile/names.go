package compile

import (
	"fmt"
	"strings"
	"unicode/utf16"

	"github.com/dig2temporal/dig2temporal/translate/finding"
)

// modelError begins the text of errors about names and keys, of which Digdag
// shows the class, too.
const modelError = "io.digdag.core.repository.ModelValidationException: "

// maxNameLength is the longest name of a task, workflow or project.
const maxNameLength = 255

// checkName checks the name of a task, also of a generated one.
func (c *compiler) checkName(s *source) {
	faults := rawNameFaults(s.name)
	if len(faults) == 0 {
		return
	}
	lines := make([]string, len(faults))
	for i, fault := range faults {
		lines[i] = "\nname " + fault + ": \"" + s.name + "\""
	}
	f := finding.Finding{
		Pos: s.pos, Rule: "task-name", Severity: finding.Error,
		Message: fmt.Sprintf("the name of task %q %s", shorten(s.name), faults[0]),
		Text:    modelError + "Validating workflow task failed" + strings.Join(lines, ""),
	}
	c.names = append(c.names, f)
	c.all = append(c.all, f)
}

// rawNameFaults is the rule that holds for the names of all tasks.
func rawNameFaults(name string) []string {
	var faults []string
	if name == "" {
		return []string{"must not be blank", "must start with '+' or '^'"}
	}
	if name[0] >= '0' && name[0] <= '9' {
		faults = append(faults, "must not start with a digit (0-9)")
	}
	if name[0] != '+' && name[0] != '^' {
		faults = append(faults, "must start with '+' or '^'")
	}
	rest := []rune(name)[1:]
	for _, r := range rest {
		if !isNameRune(r) {
			faults = append(faults, fmt.Sprintf("must not contain character '%c'", r))
			break
		}
	}
	return append(faults, lengthFaults(name)...)
}

func isNameRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-=[]{}%&@`,.^", r)
}

func lengthFaults(name string) []string {
	if len(utf16.Encode([]rune(name))) > maxNameLength {
		return []string{fmt.Sprintf("must not be longer than %d characters", maxNameLength)}
	}
	return nil
}

// firstTaskNameFaults is the rule for the tasks right below the root, which
// users must not name like generated ones.
func firstTaskNameFaults(name string) []string {
	var faults []string
	if !strings.HasPrefix(name, "+") {
		faults = append(faults, "must start with '+'")
	}
	if strings.Contains(name, "^") {
		faults = append(faults, "must not contain ^ character")
	}
	return append(faults, rawNameFaults(name)...)
}

// NameFaults tells what is wrong with the name of a workflow or project, in
// Digdag's words; empty when it is legal.
func NameFaults(name string) []string {
	var faults []string
	if name == "" {
		faults = append(faults, "must not be blank")
	} else {
		if name[0] >= '0' && name[0] <= '9' {
			faults = append(faults, "must not start with a numeric digit (0-9)")
		}
		if strings.IndexByte("+^@/\\:*?\"<>|", name[0]) >= 0 {
			faults = append(faults, `must not include special symbols (+ ^ @ / \ / : * ? " < > |)`)
		}
	}
	if strings.HasSuffix(name, ".dig") {
		faults = append(faults, "must not end with .dig")
	}
	return append(faults, lengthFaults(name)...)
}
