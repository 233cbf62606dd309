package activities

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
)

// Heartbeats do three things: they tell the server that the task is alive, they
// keep its progress, and their answers bring cancellation. For the last one they
// have to be frequent.
//
// They don't go through the SDK's RecordHeartbeat. That one holds details back
// for most of the heartbeat timeout, or, when it is told not to, gives each call
// no more than that short time and cancels the task when the answer is late: a
// busy server would kill what runs. So a heart speaks with the server itself,
// and gives up only when the server must have given up, too.

// A heart is a timer, and no goroutine that waits for one: most tasks end before
// the first beat.

// heart beats for one ordinary activity.
type heart struct {
	adaptor *Adaptor
	record  func(progress) error
	// stop ends the run with a cause.
	stop context.CancelCauseFunc
	// patience is the heartbeat timeout, 0 when there is none.
	patience time.Duration
	timer    *time.Timer
	closed   atomic.Bool
	// hurried counts the beats that are to come fast.
	hurried atomic.Int32

	mu   sync.Mutex
	now  progress
	last time.Time
}

var (
	errCanceled = errors.New("canceled")
	errLost     = errors.New("the server has not answered for the heartbeat timeout, so that the task may run elsewhere")
)

const (
	// maxBeats is how many heartbeats a second one worker sends: with more tasks
	// at a time, each beats less often.
	maxBeats = 25
	// maxInterval keeps beats well within the timeout that the interpreter sets.
	maxInterval = 10 * time.Second
	// beatTimeout is how long an answer is waited for.
	beatTimeout = 10 * time.Second
	// After Hurry a heart beats so often for a while.
	hurryInterval = 100 * time.Millisecond
	hurryBeats    = 20
)

// startHeart begins to beat after the first interval, so that short tasks don't
// pay for it.
func (a *Adaptor) startHeart(ctx context.Context, stop context.CancelCauseFunc, now progress) *heart {
	info := activity.GetInfo(ctx)
	h := &heart{adaptor: a, stop: stop, patience: info.HeartbeatTimeout, now: now, last: time.Now()}
	h.record = func(p progress) error { return a.beat(ctx, info.TaskToken, p) }
	// It must not beat before it has its timer.
	h.timer = time.AfterFunc(time.Hour, h.beat)
	h.timer.Reset(a.opts.Heartbeat)
	a.hearts.add(h)
	return h
}

// sendBeat asks the server; its answer is nil, or says that the task must end.
func sendBeat(ctx context.Context, token []byte, p progress) error {
	ctx, cancel := context.WithTimeout(ctx, beatTimeout)
	defer cancel()
	return activity.GetClient(ctx).RecordActivityHeartbeat(ctx, token, p)
}

func (h *heart) beat() {
	if h.closed.Load() {
		return
	}
	h.save(func(*progress) {})
	next := h.interval()
	if h.hurried.Load() > 0 {
		h.hurried.Add(-1)
		next = min(next, hurryInterval)
	}
	if !h.closed.Load() {
		h.timer.Reset(next)
	}
}

// hurry beats at once, and often for a while.
func (h *heart) hurry() {
	h.hurried.Store(hurryBeats)
	h.timer.Reset(0)
}

func (h *heart) interval() time.Duration {
	shortest := h.adaptor.opts.Heartbeat
	shared := time.Duration(h.adaptor.hearts.count()) * time.Second / maxBeats
	return min(max(shortest, shared), max(shortest, maxInterval))
}

// save makes a change and beats at once.
func (h *heart) save(change func(*progress)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	change(&h.now)
	err := h.record(h.now)
	var gone *serviceerror.NotFound
	switch {
	case err == nil:
		h.last = time.Now()
	case temporal.IsCanceledError(err):
		h.stop(errCanceled)
	case errors.As(err, &gone), errors.Is(err, activity.ErrActivityPaused), errors.Is(err, activity.ErrActivityReset):
		h.stop(err)
	case h.patience > 0 && time.Since(h.last) > h.patience:
		h.stop(errLost)
	}
}

func (h *heart) progress() progress {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *heart) close() {
	h.closed.Store(true)
	h.timer.Stop()
	h.adaptor.hearts.remove(h)
}

// hearts are those of the tasks that run.
type hearts struct {
	mu  sync.Mutex
	all map[*heart]struct{}
}

func (l *hearts) add(h *heart) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all == nil {
		l.all = map[*heart]struct{}{}
	}
	l.all[h] = struct{}{}
}

func (l *hearts) remove(h *heart) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.all, h)
}

func (l *hearts) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.all)
}

func (l *hearts) hurry() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for h := range l.all {
		h.hurry()
	}
}
