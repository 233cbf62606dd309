package main

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"gocloud.dev/secrets"
	"gocloud.dev/secrets/localsecrets"

	"github.com/dig2temporal/dig2temporal/internal/bucket"
	"github.com/dig2temporal/dig2temporal/internal/bucket/buckettest"
	"github.com/dig2temporal/dig2temporal/internal/projectsecrets"
	"github.com/dig2temporal/dig2temporal/internal/projectstore"
)

// TestDeleteProject fails at each place where a deletion can, and repeats it.
func TestDeleteProject(t *testing.T) {
	for _, c := range []struct {
		// refused is the method and the beginning of the path of what the store
		// does not do.
		name, refused string
		// left are the secrets after that.
		left int
		err  string
	}{
		{"secrets", "DELETE /store/secrets/", 2, "can't delete the secrets: "},
		{"the second secret", "DELETE /store/secrets/ID/b", 1, `project "etl" may still be there, but 1 of its secrets are deleted: delete it again, or set them again`},
		{"the record", "PUT /store/projects-by-id/", 0, `project "etl" may still be there, but 2 of its secrets are deleted`},
		{"the name", "DELETE /store/projects/", 0, `project "etl" may still be there, but 2 of its secrets are deleted`},
	} {
		t.Run(c.name, func(t *testing.T) {
			refused := ""
			b, err := bucket.Open(t.Context(), buckettest.S3Through(t, func(server http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if refused != "" && strings.HasPrefix(r.Method+" "+r.URL.Path, refused) {
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
			projects, sealed := projectstore.New(b, time.Now), projectsecrets.New(b, randomKeeper(t))
			r, err := projects.Push(t.Context(), projectstore.Push{Project: "etl", Archive: strings.NewReader("x")})
			if err != nil {
				t.Fatal(err)
			}
			if err := sealed.Set(t.Context(), r.ProjectID, map[string]string{"a": "1", "b": "2"}); err != nil {
				t.Fatal(err)
			}
			p, err := projects.Project(t.Context(), "etl")
			if err != nil {
				t.Fatal(err)
			}
			refused = strings.ReplaceAll(c.refused, "ID", number(r.ProjectID))
			if _, err := deleteProject(t.Context(), projects, sealed, p); err == nil || !strings.Contains(err.Error(), c.err) ||
				strings.Contains(err.Error(), "may still") != (c.left < 2) {
				t.Errorf("got %v", err)
			}
			if keys, err := sealed.Keys(t.Context(), p.ID); len(keys) != c.left || err != nil {
				t.Errorf("left are %v, %v", keys, err)
			}
			if now, err := projects.Project(t.Context(), "etl"); err != nil || now.ID != p.ID {
				t.Errorf("the project is %+v, %v", now, err)
			}
			refused = ""
			if deleted, err := deleteProject(t.Context(), projects, sealed, p); err != nil || deleted.ID != p.ID || deleted.DeletedAt.IsZero() {
				t.Errorf("again: %+v, %v", deleted, err)
			}
			if keys, err := sealed.Keys(t.Context(), p.ID); len(keys) > 0 || err != nil {
				t.Errorf("left at last are %v, %v", keys, err)
			}
			var gone *projectstore.NotFoundError
			if _, err := deleteProject(t.Context(), projects, sealed, p); !errors.As(err, &gone) {
				t.Errorf("without a project: %v", err)
			}
		})
	}
}

func randomKeeper(t *testing.T) *secrets.Keeper {
	t.Helper()
	key, err := localsecrets.NewRandomKey()
	if err != nil {
		t.Fatal(err)
	}
	k := localsecrets.NewKeeper(key)
	t.Cleanup(func() { k.Close() })
	return k
}
