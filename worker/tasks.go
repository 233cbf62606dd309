package worker

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
)

func queryTasks(ctx context.Context, c client.Client, e Execution) (*TaskTree, error) {
	// A busy worker may not come to a question in the time that the server gives it.
	const most = 5
	for try := 1; ; try++ {
		answer, err := c.QueryWorkflow(ctx, e.WorkflowID, e.RunID, TasksQuery)
		var late *serviceerror.DeadlineExceeded
		if errors.As(err, &late) && try < most && ctx.Err() == nil {
			continue
		}
		if err != nil {
			return nil, err
		}
		tree := &TaskTree{}
		return tree, answer.Get(tree)
	}
}

// TaskRows returns all tasks of an attempt, running or closed, in definition
// order, with generated tasks and those of every round of a retried group. It
// needs a worker that serves the task queue of the attempt.
func TaskRows(ctx context.Context, c client.Client, e Execution) ([]*Row, error) {
	tree, err := queryTasks(ctx, c, e)
	if err != nil {
		return nil, fmt.Errorf("the tasks of %s can't be read: %w", e.WorkflowID, err)
	}
	var rows []*Row
	for _, e := range tree.Entries {
		switch {
		case e.Row != nil:
			rows = append(rows, e.Row)
		case e.Remote != nil && e.Remote.Lost:
		case e.Remote != nil:
			more, err := TaskRows(ctx, c, e.Remote.Execution)
			if err != nil {
				return nil, err
			}
			rows = append(rows, more...)
		case e.Idle != nil:
			rows = append(rows, e.Idle.rows()...)
		}
	}
	return rows, nil
}

func (i *Idle) rows() []*Row {
	tasks := i.Group.Tasks
	if r := i.Group.Rounds; r != nil {
		for at := i.From; at < min(i.To, r.Count); at++ {
			tasks = append(tasks, r.Task(at))
		}
	}
	var entries []Entry
	for _, t := range tasks {
		entries = newNode(i.Name+t.Name, t).entries(entries)
	}
	rows := make([]*Row, len(entries))
	for n, e := range entries {
		rows[n] = e.Row
	}
	return rows
}
