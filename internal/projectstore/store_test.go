package projectstore_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"gocloud.dev/blob"

	"github.com/dig2temporal/dig2temporal/internal/bucket"
	"github.com/dig2temporal/dig2temporal/internal/bucket/buckettest"
	"github.com/dig2temporal/dig2temporal/internal/projectstore"
)

var start = time.Date(2024, 5, 6, 7, 8, 9, 123456789, time.UTC)

// everywhere runs a test on each kind of bucket.
func everywhere(t *testing.T, test func(*testing.T, *projectstore.Store, *blob.Bucket)) {
	for _, kind := range []string{"mem", "file", "s3"} {
		t.Run(kind, func(t *testing.T) {
			url := "mem://"
			switch kind {
			case "file":
				url = t.TempDir()
			case "s3":
				url = buckettest.S3(t)
			}
			b, err := bucket.Open(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { b.Close() })
			test(t, projectstore.New(b, func() time.Time { return start }), b)
		})
	}
}

func push(project, revision, text string, workflows ...string) projectstore.Push {
	p := projectstore.Push{Project: project, Revision: revision, Archive: strings.NewReader(text)}
	for _, name := range workflows {
		p.Workflows = append(p.Workflows, projectstore.PushWorkflow{Name: name, Timezone: "UTC", Plan: []byte(`{"of":"` + name + text + `"}`)})
	}
	return p
}

func mustPush(t *testing.T, s *projectstore.Store, p projectstore.Push) *projectstore.Revision {
	t.Helper()
	r, err := s.Push(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func same(t *testing.T, got, want any) {
	t.Helper()
	g, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	w, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(g, w) {
		t.Errorf("got %s\nwant %s", g, w)
	}
}

func TestPushAndRead(t *testing.T) {
	everywhere(t, func(t *testing.T, s *projectstore.Store, b *blob.Bucket) {
		ctx := t.Context()
		p := push("etl", "v1", "archive 1", "daily", "hourly")
		p.Workflows[0].Schedule = json.RawMessage(`{ "cron>": "0 7 * * *", "n": 12345678901234567890.10, "<": "&" }`)
		p.Workflows[0].Timezone = "Asia/Tokyo"
		p.Workflows[1].Schedule = json.RawMessage(`null`)
		first := mustPush(t, s, p)
		if first.Number != 1 || first.Name != "v1" || first.Project != "etl" || first.Size != 9 || first.ProjectID >= 1<<53 || !first.CreatedAt.Equal(start.Truncate(time.Millisecond)) {
			t.Errorf("got %+v", first)
		}
		second := mustPush(t, s, push("etl", "", "archive 2", "daily"))
		if second.Number != 2 || len(second.Name) != 36 || second.ProjectID != first.ProjectID {
			t.Errorf("got %+v", second)
		}
		latest, err := s.Latest(ctx, "etl")
		if err != nil {
			t.Fatal(err)
		}
		same(t, latest, second)
		for _, want := range []*projectstore.Revision{first, second} {
			got, err := s.Revision(ctx, want.ProjectID, want.Name)
			if err != nil {
				t.Fatal(err)
			}
			same(t, got, want)
			if got, err = s.RevisionNumber(ctx, want.ProjectID, want.Number); err != nil {
				t.Fatal(err)
			}
			same(t, got, want)
		}
		all, err := s.Revisions(ctx, first.ProjectID)
		if err != nil {
			t.Fatal(err)
		}
		same(t, all, []projectstore.Revision{*second, *first})

		w, ok := all[1].Workflow("daily")
		if !ok || w.Timezone != "Asia/Tokyo" || string(w.Schedule) != `{"cron>":"0 7 * * *","n":12345678901234567890.10,"<":"&"}` {
			t.Errorf("got %+v", w)
		}
		plan, err := s.Plan(ctx, w.Plan)
		if err != nil || !bytes.Equal(plan, p.Workflows[0].Plan) {
			t.Errorf("plan %s, %v", plan, err)
		}
		if w, ok := all[1].Workflow("hourly"); !ok || w.Schedule != nil {
			t.Errorf("got %+v", w)
		}
		if _, ok := all[0].Workflow("hourly"); ok {
			t.Error("a workflow of another revision")
		}
		r, err := s.Archive(ctx, first.Digest)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if text, err := io.ReadAll(r); err != nil || string(text) != "archive 1" {
			t.Errorf("archive %q, %v", text, err)
		}
	})
}

func TestProjects(t *testing.T) {
	everywhere(t, func(t *testing.T, s *projectstore.Store, _ *blob.Bucket) {
		ctx := t.Context()
		names := []string{"Etl", "a b/c", "etl", "under__0x2f__score", "日本", strings.Repeat("é", 255), strings.Repeat("é", 254) + "e", "..", "a:b"}
		ids := map[int64]string{}
		for _, name := range names {
			r := mustPush(t, s, push(name, "v1", name))
			if other, taken := ids[r.ProjectID]; taken {
				t.Errorf("%q has the id of %q", name, other)
			}
			ids[r.ProjectID] = name
		}
		all, err := s.Projects(ctx)
		if err != nil || len(all) != len(names) {
			t.Fatalf("%d projects, %v", len(all), err)
		}
		for i, p := range all {
			if ids[p.ID] != p.Name || i > 0 && p.Name <= all[i-1].Name {
				t.Errorf("place %d: %+v", i, p)
			}
			byName, err := s.Project(ctx, p.Name)
			if err != nil {
				t.Fatal(err)
			}
			same(t, byName, p)
			byID, err := s.ProjectByID(ctx, p.ID)
			if err != nil {
				t.Fatal(err)
			}
			same(t, byID, p)
		}
	})
}

func TestDelete(t *testing.T) {
	everywhere(t, func(t *testing.T, s *projectstore.Store, _ *blob.Bucket) {
		ctx := t.Context()
		old := mustPush(t, s, push("etl", "v1", "old", "daily"))
		alive, err := s.Project(ctx, "etl")
		if err != nil {
			t.Fatal(err)
		}
		p, err := s.Delete(ctx, alive)
		if err != nil || p.ID != old.ProjectID || p.DeletedAt.IsZero() {
			t.Fatalf("%+v, %v", p, err)
		}
		var missing *projectstore.NotFoundError
		if _, err := s.Delete(ctx, alive); !errors.As(err, &missing) {
			t.Errorf("deleted twice: %v", err)
		}
		if !alive.DeletedAt.IsZero() {
			t.Error("what was given is changed")
		}
		if _, err := s.Latest(ctx, "etl"); !errors.As(err, &missing) {
			t.Errorf("latest of the deleted: %v", err)
		}
		if all, err := s.Projects(ctx); err != nil || len(all) != 0 {
			t.Errorf("%v, %v", all, err)
		}
		fresh := mustPush(t, s, push("etl", "v1", "new"))
		if fresh.ProjectID == old.ProjectID || fresh.Number != 1 {
			t.Errorf("got %+v", fresh)
		}
		want := fmt.Sprintf(`the project "etl" with the id %d was deleted; another one has the name now`, old.ProjectID)
		if _, err := s.Delete(ctx, alive); !errors.As(err, &missing) || err.Error() != want {
			t.Errorf("deleted when another one has the name: %v", err)
		}
		if p, err := s.Project(ctx, "etl"); err != nil || p.ID != fresh.ProjectID {
			t.Errorf("the other one: %+v, %v", p, err)
		}
		for _, want := range []*projectstore.Revision{old, fresh} {
			r, err := s.Revision(ctx, want.ProjectID, "v1")
			if err != nil {
				t.Fatal(err)
			}
			same(t, r, want)
			if r, err = s.LatestOf(ctx, want.ProjectID); err != nil {
				t.Fatal(err)
			}
			same(t, r, want)
			p, err := s.ProjectByID(ctx, want.ProjectID)
			if err != nil || p.Name != "etl" || p.DeletedAt.IsZero() != (want == fresh) {
				t.Errorf("%+v, %v", p, err)
			}
		}
		if r, err := s.Archive(ctx, old.Digest); err != nil {
			t.Errorf("the archive of the deleted: %v", err)
		} else {
			r.Close()
		}
	})
}

func TestErrors(t *testing.T) {
	everywhere(t, func(t *testing.T, s *projectstore.Store, b *blob.Bucket) {
		ctx := t.Context()
		r := mustPush(t, s, push("daily_etl", "v1.0", "1"))
		mustPush(t, s, push("daily_etl", "v1.1", "2"))
		digest := strings.Repeat("0", 64)
		get := func(_ any, err error) error { return err }
		for _, c := range []struct {
			err  error
			want string
		}{
			{get(s.Project(ctx, "daily_elt")), `there is no project "daily_elt" (did you mean "daily_etl"?)`},
			{get(s.Project(ctx, "unlike")), `there is no project "unlike"`},
			{get(s.Project(ctx, "")), `there is no project ""`},
			{get(s.Latest(ctx, "daily_elt")), `there is no project "daily_elt" (did you mean "daily_etl"?)`},
			{get(s.Delete(ctx, &projectstore.Project{ID: r.ProjectID, Name: "Daily_etl"})), `there is no project "Daily_etl" (did you mean "daily_etl"?)`},
			{get(s.ProjectByID(ctx, 5)), `there is no project "5"`},
			{get(s.Revisions(ctx, 5)), `there is no project "5"`},
			{get(s.LatestOf(ctx, 5)), `there is no project "5"`},
			{get(s.Revision(ctx, 5, "v1.0")), `there is no project "5"`},
			{get(s.Revision(ctx, r.ProjectID, "v1.2")), `there is no revision "v1.2" in project "daily_etl" (did you mean "v1.1"?)`},
			{get(s.Revision(ctx, r.ProjectID, "")), `there is no revision "" in project "daily_etl"`},
			{get(s.RevisionNumber(ctx, r.ProjectID, 3)), `there is no revision "3"`},
			{get(s.RevisionNumber(ctx, r.ProjectID, -1)), `there is no revision "-1"`},
			{get(s.Plan(ctx, digest)), `there is no plan "` + digest + `"`},
			{get(s.Plan(ctx, "../projects/x")), `there is no plan "../projects/x"`},
			{get(s.Archive(ctx, digest)), `there is no archive "` + digest + `"`},
			{get(s.Archive(ctx, "")), `there is no archive ""`},
		} {
			var missing *projectstore.NotFoundError
			if !errors.As(c.err, &missing) {
				t.Errorf("want %s, got %v", c.want, c.err)
			} else if got := c.err.Error(); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		}
	})
}

func TestRevisionNamesAreUnique(t *testing.T) {
	everywhere(t, func(t *testing.T, s *projectstore.Store, b *blob.Bucket) {
		for _, name := range []string{"v1", "v2", "V1"} {
			mustPush(t, s, push("etl", name, name))
		}
		_, err := s.Push(t.Context(), push("etl", "v1", "again"))
		var conflict *projectstore.ConflictError
		if !errors.As(err, &conflict) || conflict.Number != 1 {
			t.Fatalf("got %v", err)
		}
		if want := `project "etl" already has a revision "v1" (number 1): revisions don't change, push under another name`; err.Error() != want {
			t.Errorf("got %v", err)
		}
		r, err := s.Latest(t.Context(), "etl")
		if err != nil || r.Number != 3 {
			t.Errorf("%+v, %v", r, err)
		}
		// The name is free in another project.
		mustPush(t, s, push("other", "v1", "1"))
	})
}

func TestInvalidNames(t *testing.T) {
	long := strings.Repeat("é", 256)
	for _, c := range []struct {
		push projectstore.Push
		want string
	}{
		{push("", "", "1"), "Validating project failed\nname must not be blank: \"\""},
		{push("1st", "", "1"), "Validating project failed\nname must not start with a numeric digit (0-9): \"1st\""},
		{push("/a.dig", "", "1"), "Validating project failed\nname must not include special symbols (+ ^ @ / \\ / : * ? \" < > |): \"/a.dig\"\nname must not end with .dig: \"/a.dig\""},
		{push(long, "", "1"), "Validating project failed\nname must not be longer than 255 characters: \"" + long + "\""},
		{push("a\xff", "", "1"), "Validating project failed\nname must be UTF-8: \"a\xff\""},
		{push("etl", long, "1"), "Validating revision failed\nname must not be longer than 255 characters: \"" + long + "\""},
		{push("etl", "", "1", "+x"), "Validating workflow failed\nname must not include special symbols (+ ^ @ / \\ / : * ? \" < > |): \"+x\""},
		{push("etl", "", "1", "a", "b", "a"), `project "etl": the workflow "a" is there twice`},
	} {
		b, err := bucket.Open(t.Context(), "mem://")
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		s := projectstore.New(b, time.Now)
		if _, err := s.Push(t.Context(), c.push); err == nil || err.Error() != c.want {
			t.Errorf("got %v, want %s", err, c.want)
		}
		if o, err := b.List(nil).Next(t.Context()); err != io.EOF {
			t.Errorf("%s: stored %v, %v", c.want, o, err)
		}
	}
	p := push("etl", "", "1", "a")
	p.Workflows[0].Schedule = json.RawMessage(`{`)
	b, err := bucket.Open(t.Context(), "mem://")
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if _, err := projectstore.New(b, time.Now).Push(t.Context(), p); err == nil {
		t.Error("a schedule that is no JSON is stored")
	}
}

func TestPushesAtOnce(t *testing.T) {
	everywhere(t, func(t *testing.T, s *projectstore.Store, _ *blob.Bucket) {
		const pushes = 8
		var all sync.WaitGroup
		numbers, winners := make([]int, pushes), make([]bool, pushes)
		for i := range pushes {
			all.Go(func() {
				r, err := s.Push(t.Context(), push("etl", "", fmt.Sprint(i), "daily"))
				if err != nil {
					t.Error(err)
					return
				}
				numbers[i] = r.Number
			})
			all.Go(func() {
				_, err := s.Push(t.Context(), push("etl", "one", fmt.Sprint("one", i)))
				var conflict *projectstore.ConflictError
				if winners[i] = err == nil; !winners[i] && !errors.As(err, &conflict) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		won := 0
		for _, w := range winners {
			if w {
				won++
			}
		}
		if won != 1 {
			t.Errorf("%d pushes have the name", won)
		}
		p, err := s.Project(t.Context(), "etl")
		if err != nil {
			t.Fatal(err)
		}
		revisions, err := s.Revisions(t.Context(), p.ID)
		if err != nil || len(revisions) != pushes+1 {
			t.Fatalf("%d revisions, %v", len(revisions), err)
		}
		for i, r := range revisions {
			if r.Number != len(revisions)-i || r.ProjectID != p.ID {
				t.Errorf("place %d: %+v", i, r)
			}
		}
		for i, n := range numbers {
			r, err := s.RevisionNumber(t.Context(), p.ID, n)
			if err != nil {
				t.Fatal(err)
			}
			archive, err := s.Archive(t.Context(), r.Digest)
			if err != nil {
				t.Fatal(err)
			}
			if text, err := io.ReadAll(archive); err != nil || string(text) != fmt.Sprint(i) {
				t.Errorf("push %d was told number %d, which holds %q, %v", i, n, text, err)
			}
			archive.Close()
		}
	})
}

// A push that dies before its revision leaves a project without any.
func TestProjectWithoutRevisions(t *testing.T) {
	everywhere(t, func(t *testing.T, s *projectstore.Store, b *blob.Bucket) {
		ctx := t.Context()
		r := mustPush(t, s, push("etl", "v1", "1"))
		if err := b.Delete(ctx, fmt.Sprintf("revisions/%d/00000001.json", r.ProjectID)); err != nil {
			t.Fatal(err)
		}
		var missing *projectstore.NotFoundError
		if _, err := s.Latest(ctx, "etl"); !errors.As(err, &missing) || err.Error() != `project "etl" has no revision yet` {
			t.Errorf("got %v", err)
		}
		if all, err := s.Revisions(ctx, r.ProjectID); err != nil || len(all) != 0 {
			t.Errorf("%v, %v", all, err)
		}
		if next := mustPush(t, s, push("etl", "v2", "2")); next.Number != 1 || next.ProjectID != r.ProjectID {
			t.Errorf("got %+v", next)
		}
		// The name of the revision that was taken away is not another's.
		var damaged *projectstore.DamagedError
		if got, err := s.Revision(ctx, r.ProjectID, "v1"); !errors.As(err, &damaged) {
			t.Errorf("got %+v, %v", got, err)
		}
	})
}

// A push that dies after its revision leaves no record of the name.
func TestNameRecordIsMissing(t *testing.T) {
	everywhere(t, func(t *testing.T, s *projectstore.Store, b *blob.Bucket) {
		ctx := t.Context()
		mustPush(t, s, push("etl", "v1", "1"))
		r := mustPush(t, s, push("etl", "v2", "2"))
		key := fmt.Sprintf("revision-names/%d/v2.json", r.ProjectID)
		if err := b.Delete(ctx, key); err != nil {
			t.Fatal(err)
		}
		got, err := s.Revision(ctx, r.ProjectID, "v2")
		if err != nil {
			t.Fatal(err)
		}
		same(t, got, r)
		var conflict *projectstore.ConflictError
		if _, err := s.Push(ctx, push("etl", "v2", "3")); !errors.As(err, &conflict) {
			t.Errorf("the name is taken twice: %v", err)
		}
		if err := b.Delete(ctx, key); err != nil {
			t.Fatal(err)
		}
		mustPush(t, s, push("etl", "v3", "3"))
		if got, err = s.Revision(ctx, r.ProjectID, "v2"); err != nil {
			t.Fatal(err)
		}
		same(t, got, r)
	})
}

func TestDamage(t *testing.T) {
	everywhere(t, func(t *testing.T, s *projectstore.Store, b *blob.Bucket) {
		ctx := t.Context()
		r := mustPush(t, s, push("etl", "v1", "archive", "daily"))
		var damaged *projectstore.DamagedError
		plan := "plans/" + r.Workflows[0].Plan + ".json"
		if err := b.WriteAll(ctx, plan, []byte(`{}`), nil); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Plan(ctx, r.Workflows[0].Plan); !errors.As(err, &damaged) || damaged.Key != plan {
			t.Errorf("got %v", err)
		}
		if err := b.WriteAll(ctx, "archives/"+r.Digest+".tar.gz", []byte("arch"), nil); err != nil {
			t.Fatal(err)
		}
		// Whoever pushes the same again mends what has another length.
		mustPush(t, s, push("etl", "v2", "archive", "daily"))
		if _, err := s.Plan(ctx, r.Workflows[0].Plan); err != nil {
			t.Error(err)
		}
		if text, err := b.ReadAll(ctx, "archives/"+r.Digest+".tar.gz"); err != nil || string(text) != "archive" {
			t.Errorf("%q, %v", text, err)
		}
		for key, text := range map[string]string{
			fmt.Sprintf("revisions/%d/00000002.json", r.ProjectID): `{"number":1}`, "projects/etl.json": `{`,
		} {
			if err := b.WriteAll(ctx, key, []byte(text), nil); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.LatestOf(ctx, r.ProjectID); !errors.As(err, &damaged) {
			t.Errorf("got %v", err)
		}
		if _, err := s.Project(ctx, "etl"); !errors.As(err, &damaged) || damaged.Key != "projects/etl.json" {
			t.Errorf("got %v", err)
		}
	})
}

// What a write did not finish is no project and no revision.
func TestUnfinishedWrites(t *testing.T) {
	everywhere(t, func(t *testing.T, s *projectstore.Store, b *blob.Bucket) {
		r := mustPush(t, s, push("etl", "v1", "1"))
		for _, key := range []string{"projects/x.json.17f.tmp", fmt.Sprintf("revisions/%d/00000002.json.17f.tmp", r.ProjectID)} {
			if err := b.WriteAll(t.Context(), key, []byte("{"), nil); err != nil {
				t.Fatal(err)
			}
		}
		if all, err := s.Projects(t.Context()); err != nil || len(all) != 1 {
			t.Errorf("%v, %v", all, err)
		}
		if latest, err := s.Latest(t.Context(), "etl"); err != nil || latest.Number != 1 {
			t.Errorf("%v, %v", latest, err)
		}
	})
}

func TestPushIsCancelled(t *testing.T) {
	everywhere(t, func(t *testing.T, s *projectstore.Store, b *blob.Bucket) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := s.Push(ctx, push("etl", "v1", "1")); err == nil {
			t.Error("a cancelled push is stored")
		}
	})
}

func TestLatestReadsOneRevision(t *testing.T) {
	dir := t.TempDir()
	b, err := bucket.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	s := projectstore.New(b, time.Now)
	r := mustPush(t, s, push("etl", "v1", "1"))
	mustPush(t, s, push("etl", "v2", "2"))
	// A record that can't be read shows that it is not.
	if err := b.WriteAll(t.Context(), fmt.Sprintf("revisions/%d/00000001.json", r.ProjectID), []byte("{"), nil); err != nil {
		t.Fatal(err)
	}
	if latest, err := s.Latest(t.Context(), "etl"); err != nil || latest.Number != 2 {
		t.Errorf("%v, %v", latest, err)
	}
}
