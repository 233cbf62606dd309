package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dig2temporal/dig2temporal/internal/spell"
)

// usageError is a mistake in the command line.
type usageError struct{ error }

func usagef(format string, args ...any) error {
	return &usageError{fmt.Errorf(format, args...)}
}

// flagError turns what the parser of options says into our words.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var missing *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		return unknownOption(cmd, unknown)
	case errors.As(err, &missing):
		if missing.GetSpecifiedShortnames() != "" {
			return usagef("Expected a value after -%s", missing.GetSpecifiedName())
		}
		return usagef("Expected a value after --%s", missing.GetSpecifiedName())
	case errors.As(err, &invalid):
		f := invalid.GetFlag()
		return usagef("--%s takes a %s but got %q", f.Name, map[string]string{"int": "number", "bool": "boolean", "duration": "duration such as 30s"}[f.Value.Type()], invalid.GetValue())
	}
	return &usageError{err}
}

func unknownOption(cmd *cobra.Command, unknown *pflag.NotExistError) error {
	if group := unknown.GetSpecifiedShortnames(); group != "" {
		if cmd.Flags().Lookup(group) != nil {
			return usagef("Unknown option: -%s (did you mean \"--%s\"?)", group, group)
		}
		return usagef("Unknown option: -%s", group)
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
	name := "--" + unknown.GetSpecifiedName()
	return usagef("Unknown option: %s%s", name, didYouMean(name, names))
}

func didYouMean(word string, names []string) string {
	if near := spell.Nearest(word, names); near != "" {
		return fmt.Sprintf(" (did you mean %q?)", near)
	}
	return ""
}

// arguments checks how many arguments there are. What names them.
func arguments(low, high int, what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		switch {
		case len(args) < low:
			return usagef("expected %s", what)
		case len(args) > high:
			return usagef("unexpected argument %q: expected %s", args[high], what)
		}
		return nil
	}
}

// oneOf checks the value of an option that has a few.
func oneOf(option, value string, allowed ...string) error {
	for _, a := range allowed {
		if value == a {
			return nil
		}
	}
	last := len(allowed) - 1
	return usagef("%s must be %s or %s but got %q", option, strings.Join(allowed[:last], ", "), allowed[last], value)
}
