package operators

import (
	"errors"
	"fmt"
	"strings"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/config"
)

// environment collects the variables of a command. Later ones win.
type environment struct {
	names  []string
	values map[string]string
}

func newEnvironment() *environment {
	return &environment{values: map[string]string{}}
}

func (e *environment) set(name, value string) {
	if _, ok := e.values[name]; !ok {
		e.names = append(e.names, name)
	}
	e.values[name] = value
}

// addParams adds every param whose name a shell can use: texts as they are,
// everything else as JSON. A null is not set.
func (e *environment) addParams(params *ordered.Object) {
	for _, name := range params.Keys() {
		if !isVariable(name) {
			continue
		}
		switch v, _ := params.Get(name); v := v.(type) {
		case nil:
		case string:
			e.set(name, v)
		default:
			e.set(name, ordered.Text(v))
		}
	}
}

// addTask adds the _env of the task, which counts only when it stands in the
// task itself.
func (e *environment) addTask(t *Task) error {
	if !t.Local.Has("_env") {
		return nil
	}
	env, err := body(t.Config, "_env")
	if err != nil {
		return err
	}
	for _, name := range env.Keys() {
		template, err := config.GetText(env, name)
		if err != nil {
			return err
		}
		if !isVariable(name) {
			return config.Errorf("Invalid _env key name: %s", name)
		}
		value, err := ResolveSecrets(template, t.Secrets)
		if err != nil {
			return err
		}
		e.set(name, value)
	}
	return nil
}

// over returns the base with the variables on top.
func (e *environment) over(base []string) ([]string, error) {
	all := make([]string, 0, len(base)+len(e.names))
	for _, entry := range base {
		name, _, _ := strings.Cut(entry, "=")
		if _, ok := e.values[name]; !ok {
			all = append(all, entry)
		}
	}
	for _, name := range e.names {
		value := e.values[name]
		if strings.ContainsRune(value, 0) {
			return nil, &Failure{Message: fmt.Sprintf("Environment variable '%s' can't hold a text with a zero byte", name), Kind: "io"}
		}
		all = append(all, name+"="+value)
	}
	return all, nil
}

// maxVariable is what Linux allows for one variable.
const maxVariable = 128 << 10

// hasLarge tells whether one of the variables is too large for the system.
func (e *environment) hasLarge() bool {
	for name, value := range e.values {
		if len(name)+len(value)+2 > maxVariable {
			return true
		}
	}
	return false
}

// tooLarge explains why the system refused to start a command with this
// environment.
func (e *environment) tooLarge() error {
	var largest string
	total := 0
	for _, name := range e.names {
		total += len(name) + len(e.values[name]) + 2
		if largest == "" || len(e.values[name]) > len(e.values[largest]) {
			largest = name
		}
	}
	if len(e.values[largest]) >= maxVariable {
		return fmt.Errorf("param %q is too large for an environment variable (%d bytes, %d are allowed)", largest, len(e.values[largest]), maxVariable-1)
	}
	if largest == "" {
		return errors.New("the environment is too large")
	}
	return fmt.Errorf("the params are too large for the environment of a command (%d bytes; the largest is %q with %d)", total, largest, len(e.values[largest]))
}

func isVariable(name string) bool {
	for i := 0; i < len(name); i++ {
		c := name[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}
