package claimcheck

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/dig2temporal/dig2temporal/internal/bucket/buckettest"
	"github.com/dig2temporal/dig2temporal/internal/codec"
	"github.com/dig2temporal/dig2temporal/internal/ordered"
)

// slow lets no read through until its channel is closed, and tells of each.
type slow struct {
	server        http.Handler
	reading, open chan struct{}
}

func (s *slow) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		s.reading <- struct{}{}
		select {
		case <-s.open:
		case <-r.Context().Done():
			return
		}
	}
	s.server.ServeHTTP(w, r)
}

// slowValues returns a value and a store that knows nothing of it.
func slowValues(t *testing.T) (*slow, *Values, *ordered.Object) {
	t.Helper()
	between := &slow{reading: make(chan struct{}, 100), open: make(chan struct{})}
	b := open(t, buckettest.S3Through(t, func(server http.Handler) http.Handler {
		between.server = server
		return between
	}))
	small, err := NewValues(New(b, Options{}), codec.Codecs()...).Shrink(ctx, ordered.Of("text", long))
	if err != nil {
		t.Fatal(err)
	}
	return between, NewValues(New(b, Options{}), codec.Codecs()...), small
}

// TestSharedReadOutlivesItsCaller: the first of two callers gives up, by itself or
// at its deadline, and the read that it began goes on for the other one.
func TestSharedReadOutlivesItsCaller(t *testing.T) {
	between, v, small := slowValues(t)
	first, cancel := context.WithTimeout(ctx, time.Hour)
	ended := make(chan error)
	go func() {
		_, err := v.Expand(first, small)
		ended <- err
	}()
	<-between.reading
	second := make(chan error)
	go func() {
		full, err := v.Expand(ctx, small)
		if text, _ := full.Get("text"); err == nil && text != long {
			err = errors.New("another text")
		}
		second <- err
	}()
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the first: %v", err)
	}
	close(between.open)
	if err := <-second; err != nil {
		t.Errorf("the second: %v", err)
	}
	if n := len(between.reading); n > 0 {
		t.Errorf("%d further reads", n)
	}
}

// TestSharedReadEnds: a store that hangs is given up, though nobody's own time has
// run out, and asked anew by the next caller.
func TestSharedReadEnds(t *testing.T) {
	between, v, small := slowValues(t)
	v.store.patience = 200 * time.Millisecond
	_, err := v.Expand(ctx, small)
	if err == nil || Permanent(err) || !strings.Contains(err.Error(), "the store took longer than 200ms") {
		t.Errorf("got %v", err)
	}
	v.store.patience = time.Minute
	close(between.open)
	if _, err := v.Expand(ctx, small); err != nil {
		t.Errorf("the next: %v", err)
	}
}
