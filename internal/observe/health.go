package observe

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"
)

const (
	// checkTimeout is how long a check may take: less than what probes wait.
	checkTimeout = 3 * time.Second
	// checkLife is how long its answer is good for, so that many questions don't
	// become many to the server.
	checkLife = time.Second
)

// health answers probes. A worker that lives but can't reach its server is not
// ready: a restart would not help it.
type health struct {
	mu    sync.Mutex
	check func(context.Context) error
	// was tells that the worker had been ready before it stopped to be.
	was     bool
	checked time.Time
	err     error
}

func (h *health) set(check func(context.Context) error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.check, h.checked, h.err = check, time.Time{}, nil
	h.was = h.was || check != nil
}

func (h *health) live(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "ok") }

func (h *health) ready(w http.ResponseWriter, _ *http.Request) {
	if err := h.state(); err != nil {
		say(w, http.StatusServiceUnavailable, "not ready: "+err.Error())
		return
	}
	say(w, http.StatusOK, "ready")
}

// state asks at most once at a time, whoever goes away meanwhile.
func (h *health) state() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.check == nil && h.was:
		return fmt.Errorf("the worker stops")
	case h.check == nil:
		return fmt.Errorf("the worker starts")
	case h.checked.IsZero() || time.Since(h.checked) > checkLife:
		ctx, stop := context.WithTimeout(context.Background(), checkTimeout)
		defer stop()
		h.err = h.check(ctx)
		h.checked = time.Now()
	}
	return h.err
}

func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	fmt.Fprintln(w, text)
}
