package container

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/docker/docker/api/types/build"
	"github.com/docker/docker/api/types/container"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/spf13/pflag"

	"github.com/dig2temporal/dig2temporal/internal/spell"
)

// OptionError is a mistake in the options of the docker command.
type OptionError struct{ Text string }

func (e *OptionError) Error() string { return e.Text }

func optionErrorf(format string, args ...any) error {
	return &OptionError{fmt.Sprintf(format, args...)}
}

// RunOptions are options of "docker run".
type RunOptions struct {
	config   container.Config
	host     container.HostConfig
	platform *ocispec.Platform
	name     string
	// Pull is what --pull says.
	Pull Pull
}

// Platform returns what --platform says.
func (o *RunOptions) Platform() string {
	if o.platform == nil {
		return ""
	}
	return strings.TrimSuffix(strings.Join([]string{o.platform.OS, o.platform.Architecture, o.platform.Variant}, "/"), "/")
}

// BuildOptions are options of "docker build".
type BuildOptions struct {
	options build.ImageBuildOptions
	args    []string
	pull    bool
}

// flags reads the options of a docker command. What an option means for the API
// is kept with its name.
type flags struct {
	set     *pflag.FlagSet
	convert []func() error
}

func newFlags() *flags {
	set := pflag.NewFlagSet("", pflag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.Usage = func() {}
	return &flags{set: set}
}

// text is an option with a value that has to be understood. Names are "memory"
// or "memory m" with a letter.
func (f *flags) text(names string, use func(string) error) {
	name, short, _ := strings.Cut(names, " ")
	value := f.set.StringP(name, short, "", "")
	f.convert = append(f.convert, func() error {
		if !f.set.Changed(name) {
			return nil
		}
		if err := use(strings.TrimSpace(*value)); err != nil {
			return optionErrorf("--%s %s: %v", name, *value, err)
		}
		return nil
	})
}

// texts is an option that may be given many times.
func (f *flags) texts(names string, use func(string) error) {
	name, short, _ := strings.Cut(names, " ")
	values := f.set.StringArrayP(name, short, nil, "")
	f.convert = append(f.convert, func() error {
		for _, v := range *values {
			if err := use(strings.TrimSpace(v)); err != nil {
				return optionErrorf("--%s %s: %v", name, v, err)
			}
		}
		return nil
	})
}

func (f *flags) string(names string, to *string) {
	name, short, _ := strings.Cut(names, " ")
	f.set.StringVarP(to, name, short, "", "")
}

func (f *flags) bool(names string, to *bool) {
	name, short, _ := strings.Cut(names, " ")
	f.set.BoolVarP(to, name, short, false, "")
}

func (f *flags) list(names string, to *[]string) {
	f.texts(names, func(v string) error {
		*to = append(*to, v)
		return nil
	})
}

func (f *flags) pairs(names string, to *map[string]string) {
	f.texts(names, func(v string) error {
		if *to == nil {
			*to = map[string]string{}
		}
		name, value, _ := strings.Cut(v, "=")
		(*to)[name] = value
		return nil
	})
}

// ignored are switches that change nothing here.
func (f *flags) ignored(list ...string) {
	for _, names := range list {
		f.bool(names, new(bool))
	}
}

// parse reads the options. An item may hold an option with its value ("-m 1G"),
// which the docker command itself would not understand.
func (f *flags) parse(command string, args []string) error {
	var items []string
	for _, arg := range args {
		name, value, ok := strings.Cut(arg, " ")
		if ok && strings.HasPrefix(name, "-") && !strings.Contains(name, "=") {
			items = append(items, name, strings.TrimSpace(value))
			continue
		}
		items = append(items, arg)
	}
	err := f.set.Parse(items)
	if err == nil && f.set.NArg() > 0 {
		return optionErrorf("%q is no option of docker %s", f.set.Arg(0), command)
	}
	if err != nil {
		return optionErrorf("%v%s", err, f.suggestion(items))
	}
	for _, convert := range f.convert {
		if err := convert(); err != nil {
			return err
		}
	}
	return nil
}

// suggestion helps with the first option that is not known.
func (f *flags) suggestion(items []string) string {
	var names []string
	f.set.VisitAll(func(flag *pflag.Flag) { names = append(names, "--"+flag.Name) })
	for _, item := range items {
		name, _, _ := strings.Cut(item, "=")
		if !strings.HasPrefix(name, "--") || slices.Contains(names, name) {
			continue
		}
		if near := spell.Nearest(name, names); near != "" {
			return fmt.Sprintf(" (did you mean %q?)", near)
		}
		return ""
	}
	return ""
}
