package observe

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestHealth(t *testing.T) {
	w := start(t, Options{Listen: "127.0.0.1:0"})
	for _, step := range []struct {
		name   string
		do     func()
		status int
		text   string
	}{
		{"at first", func() {}, http.StatusServiceUnavailable, "not ready: the worker starts\n"},
		{"while it works", func() { w.SetReady(func(context.Context) error { return nil }) }, http.StatusOK, "ready\n"},
		{"without a server", func() { w.SetReady(func(context.Context) error { return errors.New("no route") }) }, http.StatusServiceUnavailable, "not ready: no route\n"},
		{"at the end", func() { w.SetReady(nil) }, http.StatusServiceUnavailable, "not ready: the worker stops\n"},
	} {
		step.do()
		if status, text := get(t, w, "/readyz"); status != step.status || text != step.text {
			t.Errorf("%s: %d %q", step.name, status, text)
		}
		if status, text := get(t, w, "/healthz"); status != http.StatusOK || text != "ok\n" {
			t.Errorf("%s it lives not: %d %q", step.name, status, text)
		}
	}
}

func TestOnlyQuestions(t *testing.T) {
	w := start(t, Options{Listen: "127.0.0.1:0"})
	for _, path := range []string{"/metrics", "/healthz", "/readyz"} {
		answer, err := http.Post("http://"+w.Address()+path, "text/plain", strings.NewReader("x"))
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("%s: %d", path, answer.StatusCode)
		}
	}
	if status, _ := get(t, w, "/"); status != http.StatusNotFound {
		t.Errorf("/: %d", status)
	}
}

func TestChecksAreFew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, count := &health{}, 0
		var failure error
		h.set(func(context.Context) error { count++; return failure })
		for range 10 {
			if err := h.state(); err != nil {
				t.Error(err)
			}
		}
		if count != 1 {
			t.Errorf("%d checks for ten questions", count)
		}
		failure = errors.New("gone")
		time.Sleep(checkLife + time.Millisecond)
		if err := h.state(); err != failure {
			t.Errorf("later: %v", err)
		}
	})
}

func TestCheckThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &health{}
		h.set(func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
		began := time.Now()
		if err := h.state(); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != checkTimeout {
			t.Errorf("%v after %s", err, time.Since(began))
		}
	})
}
