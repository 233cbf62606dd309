package activities

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dig2temporal/dig2temporal/internal/bucket"
	"github.com/dig2temporal/dig2temporal/internal/bucket/buckettest"
	"github.com/dig2temporal/dig2temporal/internal/claimcheck"
	"github.com/dig2temporal/dig2temporal/internal/ordered"
)

// TestTouchWaits: an attempt that is resumed while the store is away does not fail
// for it at once.
func TestTouchWaits(t *testing.T) {
	var refuse atomic.Int64
	b, err := bucket.Open(t.Context(), buckettest.S3Through(t, func(server http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if refuse.Add(-1) >= 0 {
				w.WriteHeader(http.StatusForbidden)
				return
			}
			server.ServeHTTP(w, r)
		})
	}))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	values := func(after time.Duration) *claimcheck.Values {
		return claimcheck.NewValues(claimcheck.New(b, claimcheck.Options{Now: func() time.Time { return time.Now().Add(after) }}))
	}
	small, err := values(0).Shrink(t.Context(), ordered.Of("a", strings.Repeat("x", claimcheck.MinValue)))
	if err != nil {
		t.Fatal(err)
	}
	a := New(Options{Values: values(25 * time.Hour)})
	refuse.Store(2)
	if err := a.Touch(t.Context(), small); err != nil {
		t.Error(err)
	}
	if refuse.Load() >= 0 {
		t.Error("the store was not asked again")
	}
	refuse.Store(1 << 40)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	a = New(Options{Values: values(25 * time.Hour * 2)})
	if err := a.Touch(ctx, small); err == nil || !strings.Contains(err.Error(), "large payload") {
		t.Errorf("a store that stays away: %v", err)
	}
}
