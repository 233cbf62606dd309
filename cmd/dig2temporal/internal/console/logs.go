package console

import "github.com/dig2temporal/dig2temporal/activities"

// Logs returns logs that show their tasks as running while they are open. The
// text goes to the given logs, which write to the console.
func (c *Console) Logs(text activities.Logs) activities.Logs {
	return &rowLogs{text, c}
}

type rowLogs struct {
	activities.Logs
	console *Console
}

func (l *rowLogs) Open(run activities.LogRun) (activities.TaskLog, error) {
	log, err := l.Logs.Open(run)
	if err != nil {
		return nil, err
	}
	return &rowLog{log, l.console, l.console.Start(run.Task, run.Type)}, nil
}

type rowLog struct {
	activities.TaskLog
	console *Console
	row     *Row
}

func (l *rowLog) Close() error {
	l.console.Done(l.row)
	return l.TaskLog.Close()
}
