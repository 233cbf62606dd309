package local

import (
	"sync"
	"time"

	"github.com/dig2temporal/dig2temporal/activities"
)

// openTasks counts the tasks that run, by their open logs.
type openTasks struct {
	activities.Logs

	mu    sync.Mutex
	count int
	// idle is closed when the count falls to 0 while somebody waits.
	idle chan struct{}
}

func (o *openTasks) Open(run activities.LogRun) (activities.TaskLog, error) {
	log, err := o.Logs.Open(run)
	if err != nil {
		return nil, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.count++
	return &openLog{log, o}, nil
}

// wait waits until no task runs, but not for long.
func (o *openTasks) wait(limit time.Duration) {
	o.mu.Lock()
	if o.count == 0 {
		o.mu.Unlock()
		return
	}
	idle := make(chan struct{})
	o.idle = idle
	o.mu.Unlock()
	select {
	case <-idle:
	case <-time.After(limit):
	}
}

type openLog struct {
	activities.TaskLog
	tasks *openTasks
}

func (l *openLog) Close() error {
	err := l.TaskLog.Close()
	o := l.tasks
	o.mu.Lock()
	defer o.mu.Unlock()
	o.count--
	if o.count == 0 && o.idle != nil {
		close(o.idle)
		o.idle = nil
	}
	return err
}
