//go:build !noserver

package main

import (
	"context"
	"fmt"
	"io"

	"github.com/dig2temporal/dig2temporal/activities"
	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/outcome"
	"github.com/dig2temporal/dig2temporal/translate/session"
	"github.com/dig2temporal/dig2temporal/worker"
)

// attempt runs the attempt and tells how it ended.
func (r *runner) attempt(ctx context.Context, id string, in *worker.Input) error {
	s := in.Session
	r.screen.line(activities.LevelInfo, "Starting a new session project id=%d workflow name=%s session_time=%s", s.ProjectID, s.Workflow, session.Text(s.Time, r.zone))
	end := &outcome.Attempt{
		Project: s.Project, Workflow: s.Workflow, SessionTime: s.Time, Session: id, ID: s.AttemptID, Started: r.command.Now(),
	}
	a, err := r.engine.StartAttempt(ctx, id, in)
	if err != nil {
		return err
	}
	if page := a.WebUI(); page != "" {
		r.screen.line(activities.LevelInfo, "Web UI: %s", page)
	}
	if end.State, err = r.wait(ctx, a); err != nil {
		return err
	}
	end.Finished = r.command.Now()
	if end.State != worker.Success || r.options.output == "json" || in.Resume != nil {
		if end.Tasks, err = a.Tasks(ctx); err != nil {
			return err
		}
	}
	if skipped := end.SkippedText(); skipped != "" {
		r.screen.line(activities.LevelWarn, "%s", skipped)
	}
	r.screen.close()
	if r.options.output == "json" {
		if err := end.WriteJSON(r.command.Out); err != nil {
			return err
		}
	}
	err = r.tell(r.command.Err, end)
	if page := a.WebUI(); page != "" && r.options.ui {
		fmt.Fprintf(r.command.Err, "The Web UI shows it until Ctrl-C: %s\n", page)
		<-r.command.Interrupts
	}
	return err
}

const hints = `  * Use --session <daily | hourly | "yyyy-MM-dd[ HH:mm:ss]"> to not reuse the last session time.
  * Use --rerun, --start +NAME, or --goal +NAME argument to rerun skipped tasks.
`

// tell writes how the attempt ended and how to go on.
func (r *runner) tell(w io.Writer, end *outcome.Attempt) error {
	saved := ""
	if !r.options.noSave && !r.options.dryRun {
		saved = fmt.Sprintf("Task state is saved at %s directory.\n", r.folder())
	}
	switch end.State {
	case worker.Success:
		if saved == "" {
			saved = "\n"
		} else {
			saved = " " + saved
		}
		fmt.Fprintf(w, "Success.%s%s", saved, hints)
		return nil
	case worker.Canceled:
		fmt.Fprintf(w, "error: interrupted\n")
		if saved != "" {
			fmt.Fprintf(w, "%s  * Run it again to go on with the tasks that are left.\n", saved)
		}
		return &exitError{exitInterrupted}
	}
	fmt.Fprintf(w, "error: \n")
	end.Failures(w, r.command.shownDir(r.place))
	if saved != "" {
		fmt.Fprintf(w, "%s%s", saved, hints)
	}
	return &exitError{exitFailed}
}
