//go:build !noserver

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/dig2temporal/dig2temporal/activities"
	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/local"
	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/pattern"
	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/report"
	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/serve"
	"github.com/dig2temporal/dig2temporal/internal/devserver"
	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/internal/zone"
	"github.com/dig2temporal/dig2temporal/translate/compile"
	"github.com/dig2temporal/dig2temporal/translate/finding"
	"github.com/dig2temporal/dig2temporal/translate/plan"
	"github.com/dig2temporal/dig2temporal/translate/project"
	"github.com/dig2temporal/dig2temporal/translate/schedule"
	"github.com/dig2temporal/dig2temporal/translate/session"
	"github.com/dig2temporal/dig2temporal/worker"
)

// runner runs one workflow once. The engine starts while the project is loaded;
// the rest is done in order, and what fails leaves no attempt behind.
type runner struct {
	command *Command
	options *runOptions

	place  *place
	params *ordered.Object
	plan   *plan.Plan
	zone   *time.Location
	// schedule is nil when the workflow has none.
	schedule *schedule.Schedule
	// selected is nil when everything is to be run.
	selected *worker.Selection
	screen   *screen
	engine   *local.Engine
}

func (r *runner) run(ctx context.Context, workflow, task string) error {
	o := r.options
	var err error
	if r.place, err = r.command.place(&o.projectOptions, workflow); err != nil {
		return err
	}
	if r.params, err = r.command.loadParams(&o.projectOptions, r.place); err != nil {
		return err
	}
	if r.screen, err = r.command.openScreen(o); err != nil {
		return err
	}
	_, release := r.command.interrupts()
	defer release()
	defer r.screen.close()
	if r.command.elsewhere(r.place) {
		r.screen.line(activities.LevelInfo, "Setting project path to %s", r.place.dir)
	}
	secrets, err := r.command.localSecrets(&o.projectOptions)
	if err != nil {
		return err
	}
	starting := r.startEngine(ctx, secrets)
	err = r.load(task)
	started := <-starting
	r.engine = started.engine
	if r.engine != nil {
		defer r.engine.Close()
	}
	if err != nil {
		return err
	}
	if started.err != nil {
		return r.startError(started.err)
	}
	input, id, err := r.input(ctx)
	if err != nil {
		return err
	}
	return r.attempt(ctx, id, input)
}

type startedEngine struct {
	engine *local.Engine
	err    error
}

// startEngine starts the engine beside the loading of the project. It does not
// when there is no such workflow file, so that a typing error leaves no state
// folder behind.
func (r *runner) startEngine(ctx context.Context, secrets activities.Secrets) <-chan startedEngine {
	result := make(chan startedEngine, 1)
	file := filepath.Join(r.place.dir, filepath.FromSlash(r.place.workflow)+workflowSuffix)
	if _, err := os.Stat(file); err != nil {
		result <- startedEngine{}
		return result
	}
	go func() {
		options := local.Options{
			Folder: r.folder(), Project: r.place.dir, Workflow: r.place.workflow, Logs: r.screen.logs, Secrets: secrets, Logger: r.screen.logger(),
			Environ: r.command.Env, Threads: r.options.threads, Now: r.command.Now, UI: r.options.ui,
		}
		if r.options.server {
			at := r.command.clusterOptions(&r.options.at)
			options.Server = &at
			// What reaches the server and the stores is no business of tasks.
			options.Environ = serve.Environ(r.command.Env)
		}
		e, err := local.Start(ctx, options)
		result <- startedEngine{e, err}
	}()
	return result
}

func (r *runner) startError(err error) error {
	if errors.Is(err, devserver.ErrInUse) {
		return fmt.Errorf("%w. Wait for the run that has it, or use --no-save or another folder with --save", err)
	}
	return err
}

// folder is where the state is kept, "" for none. A dry run leaves no folder
// behind, but knows what ran.
func (r *runner) folder() string {
	if r.options.noSave {
		return ""
	}
	folder := r.options.save
	if !filepath.IsAbs(folder) {
		folder = filepath.Join(r.place.dir, folder)
	}
	if _, err := os.Stat(folder); r.options.dryRun && errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	return folder
}

// load loads the project and finds out what is to be run.
func (r *runner) load(task string) error {
	p, err := project.Open(r.place.dir)
	if err != nil {
		return err
	}
	defer p.Close()
	loaded := p.Load()
	if finding.HasErrors(loaded.Findings) {
		if err := report.Write(r.command.Err, "text", r.command.shownDir(r.place), "", onlyErrors(loaded.Findings)); err != nil {
			return err
		}
		return fmt.Errorf("the project has errors; nothing was run")
	}
	if !p.Has(r.place.workflow) {
		return r.place.unknownWorkflow(p)
	}
	r.plan = loaded.Plans[r.place.workflow]
	if err := compile.Startable(r.plan); err != nil {
		return withKind(err)
	}
	if r.zone, err = zone.Load(r.plan.Timezone); err != nil {
		return err
	}
	if r.plan.Schedule != nil {
		if r.schedule, err = schedule.Parse(r.plan.Schedule, r.zone); err != nil {
			return withKind(err)
		}
	}
	r.selected, err = r.selection(task)
	return err
}

func onlyErrors(list []finding.Finding) []finding.Finding {
	var errs []finding.Finding
	for _, f := range list {
		if f.Severity == finding.Error {
			errs = append(errs, f)
		}
	}
	return errs
}

// input makes the input of the attempt and its Workflow ID.
func (r *runner) input(ctx context.Context) (*worker.Input, string, error) {
	name := r.engine.Name()
	at, err := r.sessionTime()
	if err != nil {
		return nil, "", err
	}
	id := worker.SessionWorkflowID(name, r.plan.Workflow, at)
	id = r.engine.Prefix() + id
	number := worker.SessionID(id)
	latest, err := r.engine.Latest(ctx, id)
	if err != nil {
		return nil, "", err
	}
	in := &worker.Input{
		Plan:     r.plan,
		Defaults: r.params,
		Select:   r.selected,
		Session: &activities.Session{
			Project: name, ProjectID: 1, Workflow: r.plan.Workflow, Timezone: r.plan.Timezone, Time: at,
			SessionID: number, Folder: r.engine.Prefix(), AttemptID: worker.NewAttemptID(r.command.Now()), Schedule: r.plan.Schedule,
			DryRun: r.options.dryRun, ShowParams: r.options.showParams,
		},
	}
	if latest != nil {
		in.Session.UUID = latest.UUID
		// A partial rerun must know what else is finished: it stays so.
		if !r.options.rerun || r.selected != nil {
			in.Resume = &latest.Execution
		}
	}
	if !r.options.noSave {
		r.screen.line(activities.LevelInfo, "Using session %s.", id)
	}
	if in.SLA, err = worker.NewSLA(r.plan, r.command.Now()); err != nil {
		return nil, "", withKind(err)
	}
	if r.options.dryRun {
		id = "dry-run/" + id
	}
	return in, id, nil
}

// sessionTime finds the time of the session, in the zone of the workflow.
func (r *runner) sessionTime() (time.Time, error) {
	option := session.Option{Zone: r.zone, Now: r.command.Now(), Schedule: r.schedule}
	if r.options.session == "last" || r.options.session == "" {
		last, err := r.engine.LastSession()
		if err != nil {
			return time.Time{}, err
		}
		option.Last = last
	}
	at, source, err := session.ParseOption(r.options.session, option)
	if err != nil {
		return time.Time{}, withKind(err)
	}
	at = at.In(r.zone)
	shown := session.Text(at, r.zone)
	switch source {
	case session.Reused:
		r.screen.line(activities.LevelWarn, "Reusing the last session time %s.", shown)
	case session.OnSchedule:
		r.screen.line(activities.LevelWarn, "Using a new session time %s based on schedule.", shown)
	case session.Today:
		r.screen.line(activities.LevelWarn, "Using a new session time %s.", shown)
	}
	return at, nil
}

// selection finds the tasks that the options and the second argument name.
func (r *runner) selection(task string) (*worker.Selection, error) {
	o := r.options
	s := &worker.Selection{}
	names := pattern.Names(r.plan, "")
	if task != "" {
		only, err := pattern.Find(names, task)
		if err != nil {
			return nil, err
		}
		if only != r.plan.Root.Name {
			s.Only = only
			names = pattern.Names(r.plan, only)
		}
	}
	for _, part := range []struct {
		pattern string
		name    *string
	}{{o.start, &s.Start}, {o.goal, &s.Goal}, {o.end, &s.End}} {
		if part.pattern == "" {
			continue
		}
		name, err := pattern.Find(names, part.pattern)
		if err != nil {
			return nil, err
		}
		*part.name = name
	}
	if *s == (worker.Selection{}) {
		return nil, nil
	}
	s.Rerun = o.rerun
	return s, nil
}
