package projectsecrets

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	"gocloud.dev/blob/memblob"
	"gocloud.dev/gcerrors"
	"gocloud.dev/secrets"
	"gocloud.dev/secrets/localsecrets"

	"github.com/dig2temporal/dig2temporal/internal/bucket"
	"github.com/dig2temporal/dig2temporal/internal/secretstore"
)

var ctx = context.Background()

func newKeeper(t *testing.T) *secrets.Keeper {
	t.Helper()
	key, err := localsecrets.NewRandomKey()
	if err != nil {
		t.Fatal(err)
	}
	k := localsecrets.NewKeeper(key)
	t.Cleanup(func() { k.Close() })
	return k
}

func newBucket(t *testing.T) *blob.Bucket {
	b := memblob.OpenBucket(nil)
	t.Cleanup(func() { b.Close() })
	return b
}

func set(t *testing.T, s *Store, project int64, pairs ...string) {
	t.Helper()
	values := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		values[pairs[i]] = pairs[i+1]
	}
	if err := s.Set(ctx, project, values); err != nil {
		t.Fatal(err)
	}
}

func expect(t *testing.T, s *Store, project int64, key, want string, there bool) {
	t.Helper()
	if got, ok, err := s.Get(ctx, project, key); err != nil || ok != there || got != want {
		t.Errorf("%d %s: got %q, %v, %v; want %q, %v", project, key, got, ok, err, want, there)
	}
}

func TestStore(t *testing.T) {
	folder, err := fileblob.OpenBucket(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	for name, b := range map[string]*blob.Bucket{"memory": newBucket(t), "folder": folder} {
		t.Run(name, func(t *testing.T) {
			k := newKeeper(t)
			s := New(b, k)
			long := strings.Repeat("x", secretstore.MaxValue)
			set(t, s, 1, "pg.password", "one", "aws.Key", "Upper", "aws.key", "lower", "empty", "", "long", long)
			set(t, s, 12, "pg.password", "twelve")
			set(t, s, -3, "a", "negative")
			for _, s := range []*Store{s, New(b, k), newStore(b, k, options{now: time.Now})} {
				expect(t, s, 1, "pg.password", "one", true)
				expect(t, s, 1, "aws.Key", "Upper", true)
				expect(t, s, 1, "aws.key", "lower", true)
				expect(t, s, 1, "empty", "", true)
				expect(t, s, 1, "long", long, true)
				expect(t, s, 12, "pg.password", "twelve", true)
				expect(t, s, -3, "a", "negative", true)
				expect(t, s, 2, "pg.password", "", false)
				expect(t, s, 1, "none", "", false)
			}
			set(t, s, 1, "pg.password", "another")
			expect(t, s, 1, "pg.password", "another", true)
			keys, err := s.Keys(ctx, 1)
			if want := []string{"aws.Key", "aws.key", "empty", "long", "pg.password"}; err != nil || !slices.Equal(keys, want) {
				t.Errorf("got %v, %v", keys, err)
			}
			missing, err := s.Delete(ctx, 1, "pg.password", "none", "aws.Key", "never")
			if err != nil || !slices.Equal(missing, []string{"none", "never"}) {
				t.Errorf("got %v, %v", missing, err)
			}
			expect(t, s, 1, "pg.password", "", false)
			expect(t, s, 1, "aws.key", "lower", true)
			expect(t, s, 12, "pg.password", "twelve", true)
			if keys, err := s.Keys(ctx, 7); err != nil || keys == nil || len(keys) != 0 {
				t.Errorf("got %v, %v", keys, err)
			}
		})
	}
}

func TestDeleteAll(t *testing.T) {
	folder, err := bucket.Open(ctx, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	for name, b := range map[string]*blob.Bucket{"memory": newBucket(t), "folder": folder} {
		t.Run(name, func(t *testing.T) {
			s := New(b, newKeeper(t))
			set(t, s, 1, "pg.password", "one", "aws.Key", "Upper")
			set(t, s, 12, "pg.password", "twelve")
			expect(t, s, 1, "pg.password", "one", true)
			// What no command makes, such as the rest of a write that was cut off.
			if err := b.WriteAll(ctx, "secrets/1/pg.password.17f.TMP", []byte("x"), nil); err != nil {
				t.Fatal(err)
			}
			for _, want := range []int{3, 0} {
				if n, err := s.DeleteAll(ctx, 1); n != want || err != nil {
					t.Errorf("deleted %d, %v, want %d", n, err, want)
				}
			}
			expect(t, s, 1, "pg.password", "", false)
			expect(t, s, 12, "pg.password", "twelve", true)
		})
	}
}

func TestNothingReadable(t *testing.T) {
	b := newBucket(t)
	set(t, New(b, newKeeper(t)), 5, "pg.password", "correct horse")
	data, err := b.ReadAll(ctx, "secrets/5/pg.password")
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(data, []byte("horse")) || bytes.Contains(data, []byte("password")) {
		t.Error("readable")
	}
}

func TestInvalid(t *testing.T) {
	b := newBucket(t)
	s := New(b, newKeeper(t))
	for key, value := range map[string]string{
		"": "v", "1a": "v", "a..b": "v", "a/b": "v", "../b": "v", strings.Repeat("a", 256): "v",
		"a": strings.Repeat("secret", 3000), "b": "secret\xff",
	} {
		err := s.Set(ctx, 1, map[string]string{"good": "v", key: value})
		var invalid *secretstore.InvalidError
		if !errors.As(err, &invalid) || strings.Contains(err.Error(), "secret\xff") || strings.Contains(err.Error(), "secretsecret") {
			t.Errorf("%q: %v", key, err)
		}
	}
	if keys, err := s.Keys(ctx, 1); err != nil || len(keys) != 0 {
		t.Errorf("an invalid set wrote %v, %v", keys, err)
	}
	if _, _, err := s.Get(ctx, 1, "../a"); err == nil {
		t.Error("no error")
	}
	if _, err := s.Delete(ctx, 1, "a/b"); err == nil {
		t.Error("no error")
	}
}

func TestMovedObjects(t *testing.T) {
	b := newBucket(t)
	k := newKeeper(t)
	s := newStore(b, k, options{now: time.Now})
	set(t, s, 1, "a", "value of a", "b", "value of b")
	for to, want := range map[string]string{
		"secrets/1/b": `the object of the secret "b" of project 1 holds the secret "a" of project 1`,
		"secrets/2/a": `the object of the secret "a" of project 2 holds the secret "a" of project 1`,
	} {
		if err := b.Copy(ctx, to, "secrets/1/a", nil); err != nil {
			t.Fatal(err)
		}
		var project int64
		var key string
		if _, err := fmt.Sscanf(to, "secrets/%d/%s", &project, &key); err != nil {
			t.Fatal(err)
		}
		if v, ok, err := s.Get(ctx, project, key); err == nil || ok || v != "" || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %q, %v, %v", to, v, ok, err)
		}
	}
}

func TestOtherKeeper(t *testing.T) {
	b := newBucket(t)
	set(t, New(b, newKeeper(t)), 1, "pg.password", "value")
	_, _, err := New(b, newKeeper(t)).Get(ctx, 1, "pg.password")
	if err == nil || !strings.HasPrefix(err.Error(), `can't decrypt the secret "pg.password": the keeper can't open it (was it set with another key?): `) || strings.Contains(err.Error(), "value") {
		t.Errorf("got %v", err)
	}
	if _, _, err = New(b, nil).Get(ctx, 1, "pg.password"); err == nil || !strings.Contains(err.Error(), "no keeper is configured") {
		t.Errorf("got %v", err)
	}
	if err := New(b, nil).Set(ctx, 1, map[string]string{"a": "b"}); err == nil {
		t.Error("set without a keeper")
	}
}

func TestDamage(t *testing.T) {
	b := newBucket(t)
	k := newKeeper(t)
	s := newStore(b, k, options{now: time.Now})
	set(t, s, 1, "a", "value")
	good, err := b.ReadAll(ctx, "secrets/1/a")
	if err != nil {
		t.Fatal(err)
	}
	for at := range good {
		bad := slices.Clone(good)
		bad[at] ^= 0x10
		for _, data := range [][]byte{bad, good[:at]} {
			if err := b.WriteAll(ctx, "secrets/1/a", data, nil); err != nil {
				t.Fatal(err)
			}
			if v, ok, err := s.Get(ctx, 1, "a"); err == nil || ok || v != "" {
				t.Fatalf("damage at %d goes unnoticed: %q", at, v)
			}
		}
	}
	if err := b.WriteAll(ctx, "secrets/1/a", make([]byte, maxObject+1), nil); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Get(ctx, 1, "a"); err == nil || !strings.Contains(err.Error(), "more than any secret") {
		t.Errorf("got %v", err)
	}
}

func TestCache(t *testing.T) {
	now := time.Unix(0, 0)
	b := newBucket(t)
	k := newKeeper(t)
	writer := New(b, k)
	s := newStore(b, k, options{ttl: 5 * time.Second, now: func() time.Time { return now }, cached: 3})
	set(t, writer, 1, "a", "old")
	expect(t, s, 1, "a", "old", true)
	expect(t, s, 1, "none", "", false)
	set(t, writer, 1, "a", "new", "none", "there")
	now = now.Add(4 * time.Second)
	expect(t, s, 1, "a", "old", true)
	expect(t, s, 1, "none", "", false)
	now = now.Add(2 * time.Second)
	expect(t, s, 1, "a", "new", true)
	expect(t, s, 1, "none", "there", true)
	// What the store itself changes is seen at once.
	set(t, s, 1, "a", "newer")
	expect(t, s, 1, "a", "newer", true)
	for i := range 20 {
		expect(t, s, int64(i+10), "a", "", false)
		if n := len(s.cache.answers); n > 3 {
			t.Fatalf("%d answers are kept", n)
		}
	}
}

func TestCacheDropsWhatAChangeOvertook(t *testing.T) {
	c := newCache(defaults())
	since := c.mark()
	c.forget(1, "a")
	c.put(since, 1, "a", answer{"old", true})
	if _, hit := c.get(1, "a"); hit {
		t.Error("an answer from before a change is kept")
	}
}

func TestConcurrentUse(t *testing.T) {
	s := newStore(newBucket(t), newKeeper(t), options{ttl: 5 * time.Second, now: time.Now, cached: 2})
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			key := string(rune('a' + i%3))
			for range 20 {
				if err := s.Set(ctx, 1, map[string]string{key: "v"}); err != nil {
					t.Error(err)
				}
				if _, _, err := s.Get(ctx, 1, key); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
					t.Error(err)
				}
				if _, err := s.Keys(ctx, 1); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}

func TestObjectNames(t *testing.T) {
	for key, want := range map[string]string{"pg.password": "secrets/7/pg.password", "aB-C_1.D": "secrets/7/a!b-!c_1.!d"} {
		name := objectName(7, key)
		back, ok := keyOf(strings.TrimPrefix(name, folderName(7)))
		if name != want || !ok || back != key {
			t.Errorf("%s: %s, %s, %v", key, name, back, ok)
		}
	}
	for _, name := range []string{"A", "a!", "!", "!!a", "a/b", "", "a!1"} {
		if key, ok := keyOf(name); ok {
			t.Errorf("%q is taken for %q", name, key)
		}
	}
}

func FuzzUnseal(f *testing.F) {
	key, err := localsecrets.NewRandomKey()
	if err != nil {
		f.Fatal(err)
	}
	k := localsecrets.NewKeeper(key)
	sealed, err := seal(ctx, k, content{1, "a", "v"})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed)
	f.Add([]byte{1, 255, 255})
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, err := unseal(ctx, k, data); err == nil && !bytes.Equal(data, sealed) {
			t.Errorf("%v is taken for a secret: %v", data, c)
		}
	})
}
