package projectstore

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

const maxName = 255

// checkName holds Digdag's rules for the names of projects and workflows.
func checkName(kind, name string) error {
	e := &InvalidError{Kind: kind}
	e.common(name)
	if name != "" && name[0] >= '0' && name[0] <= '9' {
		e.add("must not start with a numeric digit (0-9)", name)
	}
	// Only the first character is looked at, whatever the text says.
	if name != "" && strings.IndexByte(`+^@/\:*?"<>|`, name[0]) >= 0 {
		e.add(`must not include special symbols (+ ^ @ / \ / : * ? " < > |)`, name)
	}
	if strings.HasSuffix(name, ".dig") {
		e.add("must not end with .dig", name)
	}
	e.length(name)
	return e.orNil()
}

// checkRevisionName holds those for revisions, which may be any text.
func checkRevisionName(name string) error {
	e := &InvalidError{Kind: "revision"}
	e.common(name)
	e.length(name)
	return e.orNil()
}

func (e *InvalidError) common(name string) {
	if name == "" {
		e.add("must not be blank", name)
	}
	if !utf8.ValidString(name) {
		e.add("must be UTF-8", name)
	}
}

// length counts as Java does.
func (e *InvalidError) length(name string) {
	if len(utf16.Encode([]rune(name))) > maxName {
		e.add("must not be longer than 255 characters", name)
	}
}

func (e *InvalidError) add(rule, name string) {
	e.Failures = append(e.Failures, "name "+rule+`: "`+name+`"`)
}

func (e *InvalidError) orNil() error {
	if len(e.Failures) == 0 {
		return nil
	}
	return e
}
