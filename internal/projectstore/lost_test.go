package projectstore_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dig2temporal/dig2temporal/internal/bucket"
	"github.com/dig2temporal/dig2temporal/internal/bucket/buckettest"
	"github.com/dig2temporal/dig2temporal/internal/projectstore"
)

// losing does the first write of each record of a project and of a revision, and
// loses the answer to it, so that the client asks again.
type losing struct {
	server http.Handler

	mu   sync.Mutex
	lost []string
}

func (l *losing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	record := strings.HasPrefix(r.URL.Path, "/store/projects") || strings.HasPrefix(r.URL.Path, "/store/revisions/")
	first := r.Method == http.MethodPut && record && !strings.Contains(strings.Join(l.lost, " "), r.URL.Path)
	if first {
		l.lost = append(l.lost, r.URL.Path)
	}
	l.mu.Unlock()
	if !first {
		l.server.ServeHTTP(w, r)
		return
	}
	l.server.ServeHTTP(httptest.NewRecorder(), r)
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	connection.Close()
}

// TestLostAnswers: a push that meets what it wrote itself takes it for its own.
func TestLostAnswers(t *testing.T) {
	var between *losing
	b, err := bucket.Open(t.Context(), buckettest.S3Through(t, func(server http.Handler) http.Handler {
		between = &losing{server: server}
		return between
	}))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	s := projectstore.New(b, func() time.Time { return start })
	for number, name := range []string{"v1", "v2"} {
		r, err := s.Push(ctx, push("etl", name, name, "daily"))
		if err != nil {
			t.Fatal(err)
		}
		if r.Number != number+1 || r.ProjectID != start.UnixMicro() {
			t.Errorf("%s: got %+v", name, r)
		}
		got, err := s.Revision(t.Context(), r.ProjectID, name)
		if err != nil {
			t.Fatal(err)
		}
		same(t, got, r)
	}
	if all, err := s.Revisions(t.Context(), start.UnixMicro()); err != nil || len(all) != 2 {
		t.Errorf("%v, %v", all, err)
	}
	id := start.UnixMicro()
	for _, key := range []string{
		fmt.Sprintf("projects-by-id/%d.json", id), "projects/etl.json",
		fmt.Sprintf("revisions/%d/00000001.json", id), fmt.Sprintf("revisions/%d/00000002.json", id),
	} {
		if !strings.Contains(strings.Join(between.lost, " "), key) {
			t.Errorf("the answer for %s was not lost", key)
		}
	}
	var conflict *projectstore.ConflictError
	if _, err := s.Push(t.Context(), push("etl", "v1", "other")); !errors.As(err, &conflict) {
		t.Errorf("got %v", err)
	}
}
