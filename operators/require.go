package operators

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/config"
)

// RequireOperator is require>.
type RequireOperator struct{}

// Spec describes require>.
func (RequireOperator) Spec() *Spec {
	return &Spec{
		Name:    "require",
		Summary: "Waits for another workflow's session, and starts it when there is none.",
		Description: "Starts an attempt of the newest revision of the workflow for the session time, or takes the one that is there, and waits until it is done. " +
			"It is another session: nothing but `params` is handed over, and nothing comes back. Killing this task does not kill it. " +
			"A repeat finds the same session and waits for it.",
		Command: Option{Name: "require>", Type: "string", Required: true, Description: "The name of the workflow."},
		Options: []Option{
			{Name: "session_time", Type: "string", Default: "${session_time}", Description: "The session time, in ISO 8601 with an offset."},
			{Name: "project_name", Type: "string", Description: "The project of the workflow, when it is another one. It must stand in the task itself."},
			{Name: "project_id", Type: "integer", Description: "The same by id."},
			{Name: "params", Type: "mapping", Default: "{}", Description: "The params of a new attempt."},
			{Name: "ignore_failure", Type: "boolean", Default: "false", Description: "Succeed whatever becomes of the attempt."},
			{Name: "rerun_on", Type: "string", Default: "none",
				Description: "What to do with an attempt that was done before: `none` takes its outcome, `failed` runs a failed one again, `all` runs it again."},
			{Name: "retry_attempt_name", Type: "string", Description: "The retry name of the attempt. It must stand in the task itself."},
		},
		Examples: []Example{{
			Title: "The same day of another workflow",
			Dig:   "+orders:\n  require>: load_orders\n  session_time: ${moment(session_time).startOf('day').format()}\n  rerun_on: failed\n",
		}},
		Since:     "0.1.0",
		Retryable: true,
		ReadsAll:  true,
		Local:     true,
		NoFiles:   true,
	}
}

// Run resolves the workflow; starting, waiting and judging is up to who asked.
func (RequireOperator) Run(ctx context.Context, t *Task) (*Result, error) {
	name, err := config.GetText(t.Config, "_command")
	if err != nil {
		return nil, err
	}
	r := &Require{}
	if r.SessionTime, err = instant(t.Config, "session_time"); err != nil {
		return nil, err
	}
	if r.IgnoreFailure, err = config.GetBoolDefault(t.Config, "ignore_failure", false); err != nil {
		return nil, err
	}
	if r.RerunOn, err = config.GetTextDefault(t.Config, "rerun_on", "none"); err != nil {
		return nil, err
	}
	switch r.RerunOn {
	case "none", "failed", "all":
	default:
		return nil, config.Errorf("invalid rerun_on option:%s", r.RerunOn)
	}
	if t.Local.Has("retry_attempt_name") {
		if r.RetryName, err = config.GetTextDefault(t.Config, "retry_attempt_name", ""); err != nil {
			return nil, err
		}
	}
	if r.Params, err = body(t.Config, "params"); err != nil {
		return nil, err
	}
	in, shown, err := projectOf(t)
	if err != nil {
		return nil, err
	}
	if r.Workflow, err = t.Find(ctx, in, name); err != nil {
		return nil, err
	}
	if r.Workflow == nil {
		return nil, &Failure{Message: fmt.Sprintf("Dependent workflow does not exist. %s, workflowName:%s", shown, name), NoKind: true}
	}
	return &Result{Require: r}, nil
}

// projectOf reads project_id and project_name, which count only when they stand
// in the task itself.
func projectOf(t *Task) (in ProjectRef, shown string, err error) {
	hasID, hasName := isSet(t.Local, "project_id"), isSet(t.Local, "project_name")
	if hasID && hasName {
		return in, "", config.Errorf("Both project_id and project_name can't be set")
	}
	if hasName {
		in.Name, err = config.GetText(t.Config, "project_name")
		return in, "projectName: " + in.Name, err
	}
	id, err := config.GetInt(t.Config, "project_id")
	if hasID {
		in.ID = id
	}
	return in, fmt.Sprintf("projectId: %d", id), err
}

func isSet(o *ordered.Object, key string) bool {
	v, _ := o.Get(key)
	return v != nil
}

// instant reads an ISO 8601 time with an offset. A zone in brackets after it is
// allowed, as Java writes it.
func instant(o *ordered.Object, key string) (time.Time, error) {
	text, err := config.GetText(o, key)
	if err != nil {
		return time.Time{}, err
	}
	head, zone, hasZone := strings.Cut(text, "[")
	if !hasZone || strings.HasSuffix(zone, "]") {
		for _, layout := range []string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05Z07:00:00"} {
			if at, err := time.Parse(layout, head); err == nil {
				return at, nil
			}
		}
	}
	return time.Time{}, config.Errorf("Expected ISO time with an offset (like 2024-01-31T00:00:00+00:00) for key '%s' but got %s (string)", key, ordered.Text(text))
}
