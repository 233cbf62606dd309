package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/params"
)

// The exit codes of all commands.
const (
	exitSuccess     = 0
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130
)

// Command is one invocation of the program with everything that it uses of the
// world around it.
type Command struct {
	In       io.Reader
	Out, Err io.Writer
	// Env is the environment as "KEY=value".
	Env []string
	// Dir is the current folder; that of the process when it is empty.
	Dir string
	// Now tells the time. Zone is the one that times are shown in.
	Now  func() time.Time
	Zone *time.Location
	// Interrupts delivers signals that ask for the end, while Listen is in force;
	// otherwise they end the process at once. A nil Listen means always.
	Interrupts <-chan os.Signal
	Listen     func() (release func())
	// Terminal returns how to ask for the size of the terminal that a writer is,
	// nil when it is none. By default files are asked.
	Terminal func(io.Writer) func() (columns, rows int)
	// Version overrides the version of the build.
	Version string
}

// interrupts returns the channel of signals for a command that ends by itself when
// it is asked to.
func (c *Command) interrupts() (<-chan os.Signal, func()) {
	if c.Listen == nil {
		return c.Interrupts, func() {}
	}
	return c.Interrupts, c.Listen()
}

// exitError ends the program with a code when everything has been said.
type exitError struct{ code int }

func (e *exitError) Error() string { return fmt.Sprintf("exit %d", e.code) }

// Main runs the command line, without the program's name, and returns the exit
// code.
func (c *Command) Main(ctx context.Context, args []string) int {
	if c.Dir == "" {
		dir, err := os.Getwd()
		if err != nil {
			fmt.Fprintf(c.Err, "error: the current folder can't be found: %v\n", err)
			return exitFailed
		}
		c.Dir = dir
	}
	root := c.root()
	root.SetArgs(normalize(args))
	running := false
	root.PersistentPreRun = func(*cobra.Command, []string) { running = true }
	cmd, err := root.ExecuteContextC(ctx)
	var exit *exitError
	var usage *usageError
	switch {
	case err == nil:
		return exitSuccess
	case errors.As(err, &exit):
		return exit.code
	case errors.As(err, &usage) || !running:
		fmt.Fprintf(c.Err, "error: %v\nUse \"%s --help\" to see what it takes.\n", err, cmd.CommandPath())
		return exitUsage
	}
	fmt.Fprintf(c.Err, "error: %v\n", err)
	return exitFailed
}

// normalize reads arguments as Digdag does, which knows two options with one
// dash and several letters.
func normalize(args []string) []string {
	list := make([]string, len(args))
	for i, a := range args {
		list[i] = params.Argument(a)
		if list[i] == "-help" {
			list[i] = "--help"
		}
	}
	return list
}

func (c *Command) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "dig2temporal COMMAND [options]",
		Short: "Run Digdag workflows on Temporal",
		Long: `dig2temporal runs Digdag workflow files (.dig) on Temporal: durable execution,
retries, a Web UI, and as many workers as the work needs. The files stay as
they are.`,
		Example: `  dig2temporal init hello
  dig2temporal check --project hello
  dig2temporal run hello.dig --project hello
  dig2temporal submit hello.dig --project hello --follow`,
		Version:       c.version(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return usagef("unknown command %q%s", args[0], didYouMean(args[0], commandNames(cmd)))
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetIn(c.In)
	root.SetOut(c.Out)
	root.SetErr(c.Err)
	root.SetFlagErrorFunc(flagError)
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetUsageTemplate(usageTemplate)
	root.CompletionOptions.HiddenDefaultCmd = true
	root.PersistentFlags().SortFlags = false
	group := func(id, title string, commands ...*cobra.Command) {
		root.AddGroup(&cobra.Group{ID: id, Title: title})
		for _, cmd := range commands {
			cmd.GroupID = id
			root.AddCommand(cmd)
		}
	}
	group("local", "COMMANDS",
		c.runCommand(),
		c.checkCommand(),
		c.planCommand(),
		c.operatorsCommand(),
		c.secretsCommand(),
		c.initCommand(),
	)
	group("cluster", "COMMANDS FOR A SERVER OR A CLUSTER",
		c.submitCommand(),
		c.pushCommand(),
		c.startCommand(),
		c.retryCommand(),
		c.killCommand(),
		c.logCommand(),
		c.sessionsCommand(),
		c.attemptsCommand(),
		c.attemptCommand(),
		c.tasksCommand(),
		c.projectsCommand(),
		c.workflowsCommand(),
		c.revisionsCommand(),
		c.downloadCommand(),
		c.deleteCommand(),
	)
	group("services", "SERVICES",
		c.serverCommand(),
		c.workerCommand(),
		c.setupCommand(),
		c.codecCommand(),
	)
	root.DisableFlagsInUseLine = true
	root.Flags().BoolP("help", "h", false, "Show this help")
	root.Flags().Bool("version", false, "Show the version")
	for _, sub := range root.Commands() {
		sub.Flags().SortFlags = false
		sub.DisableFlagsInUseLine = true
		sub.Flags().BoolP("help", "h", false, "Show this help")
		sub.Flags().Bool("version", false, "Show the version")
		_ = sub.Flags().MarkHidden("version")
		c.answerVersion(sub)
	}
	return root
}

// answerVersion makes --version work wherever it stands.
func (c *Command) answerVersion(cmd *cobra.Command) {
	run, args := cmd.RunE, cmd.Args
	asked := func() bool {
		v, _ := cmd.Flags().GetBool("version")
		return v
	}
	cmd.Args = func(cmd *cobra.Command, given []string) error {
		if asked() {
			return nil
		}
		return args(cmd, given)
	}
	cmd.RunE = func(cmd *cobra.Command, given []string) error {
		if asked() {
			_, err := fmt.Fprintln(c.Out, c.version())
			return err
		}
		return run(cmd, given)
	}
}

func (c *Command) version() string {
	if c.Version != "" {
		return c.Version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	version := info.Main.Version
	if version != "" && version != "(devel)" {
		return version
	}
	version = "devel"
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			version += " " + s.Value[:min(12, len(s.Value))]
		}
		if s.Key == "vcs.modified" && s.Value == "true" {
			version += " (modified)"
		}
	}
	return version
}

// getenv returns a variable of the environment, "" when it is not set.
func (c *Command) getenv(key string) string {
	value := ""
	for _, e := range c.Env {
		if v, ok := strings.CutPrefix(e, key+"="); ok {
			value = v
		}
	}
	return value
}

// path makes a path absolute.
func (c *Command) path(name string) string {
	if filepath.IsAbs(name) {
		return filepath.Clean(name)
	}
	return filepath.Join(c.Dir, name)
}

func commandNames(root *cobra.Command) []string {
	var names []string
	for _, sub := range root.Commands() {
		if !sub.Hidden {
			names = append(names, sub.Name())
		}
	}
	return names
}
