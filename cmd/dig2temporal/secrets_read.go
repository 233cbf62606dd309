package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"strings"

	"golang.org/x/term"
	"gopkg.in/yaml.v3"

	"github.com/dig2temporal/dig2temporal/internal/secretstore"
)

// secretReader reads what follows --set. None of its errors shows a value.
type secretReader struct {
	command *Command
	values  map[string]string
	// keys are in the order of the arguments.
	keys     []string
	consumed bool
}

func (r *secretReader) read(args []string) (map[string]string, error) {
	r.values = map[string]string{}
	for _, arg := range args {
		if err := r.one(arg); err != nil {
			return nil, err
		}
	}
	return r.values, nil
}

func (r *secretReader) one(arg string) error {
	key, value, hasValue := strings.Cut(arg, "=")
	switch {
	case strings.HasPrefix(arg, "@"):
		return r.list(arg[1:])
	case arg == "" || key == "":
		return usagef("expected a key after --set")
	case !hasValue:
		if err := secretstore.CheckKey(key); err != nil {
			return &usageError{err}
		}
		text, ok, err := r.command.hiddenInput(key)
		if err != nil {
			return err
		}
		if !ok {
			return usagef("the value of %q can be asked for on a terminal only (%s=- reads the standard input, %s=@FILE a file)", key, key, key)
		}
		value = text
	case value == "-":
		text, err := r.input()
		if err != nil {
			return err
		}
		value = text
	case value == "@":
		return usagef("expected the name of a file after %s=@", key)
	case strings.HasPrefix(value, "@"):
		text, err := r.file(value[1:])
		if err != nil {
			return err
		}
		value = text
	}
	return r.add(key, value, "")
}

func (r *secretReader) add(key, value, source string) error {
	if err := secretstore.CheckKey(key); err != nil {
		return &usageError{err}
	}
	if err := secretstore.CheckValue(key, value); err != nil {
		return &usageError{err}
	}
	if _, ok := r.values[key]; ok {
		return usagef("Duplicate secret key: '%s'%s", key, source)
	}
	r.values[key] = value
	r.keys = append(r.keys, key)
	return nil
}

// list reads keys with their values.
func (r *secretReader) list(name string) error {
	text, source := "", ""
	var err error
	switch name {
	case "":
		return usagef("expected the name of a file after @")
	case "-":
		source = "the standard input"
		text, err = r.input()
	default:
		source = name
		text, err = r.file(name)
	}
	if err != nil {
		return err
	}
	var document yaml.Node
	if err := yaml.Unmarshal([]byte(text), &document); err != nil {
		return fmt.Errorf("%s is no YAML%s", source, lineOf(err))
	}
	if len(document.Content) != 1 || document.Content[0].Kind != yaml.MappingNode {
		return fmt.Errorf("%s must be a mapping of keys and values", source)
	}
	content := document.Content[0].Content
	for i := 0; i+1 < len(content); i += 2 {
		key, value := content[i], content[i+1]
		if value.Kind != yaml.ScalarNode || value.Tag == "!!null" {
			return fmt.Errorf("%s:%d:%d: the value of %q must be a text", source, value.Line, value.Column, key.Value)
		}
		if err := r.add(key.Value, value.Value, " in "+source); err != nil {
			return err
		}
	}
	return nil
}

var yamlLine = regexp.MustCompile(`line \d+`)

// lineOf is all that is shown of an error of the YAML parser, which may repeat a
// piece of the text.
func lineOf(err error) string {
	if line := yamlLine.FindString(err.Error()); line != "" {
		return ": mistake near " + line
	}
	return ""
}

// maxSecretsInput bounds what is read of a file or the standard input.
const maxSecretsInput = 16 << 20

func (r *secretReader) input() (string, error) {
	if r.consumed {
		return "", usagef("Can only read once from stdin")
	}
	r.consumed = true
	text, err := io.ReadAll(io.LimitReader(r.command.In, maxSecretsInput))
	return string(text), err
}

func (r *secretReader) file(name string) (string, error) {
	file, err := os.Open(r.command.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%s (no such file)", name)
	}
	if err != nil {
		return "", err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxSecretsInput))
	return string(text), err
}

// hiddenInput asks for a text on the terminal without showing it. ok is false
// when the standard input is no terminal.
func (c *Command) hiddenInput(prompt string) (text string, ok bool, err error) {
	file, isFile := c.In.(*os.File)
	if !isFile || !term.IsTerminal(int(file.Fd())) {
		return "", false, nil
	}
	fmt.Fprintf(c.Err, "%s: ", prompt)
	b, err := term.ReadPassword(int(file.Fd()))
	fmt.Fprintln(c.Err)
	return string(b), true, err
}
