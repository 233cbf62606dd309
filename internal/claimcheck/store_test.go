package claimcheck

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	"gocloud.dev/blob/memblob"
	"google.golang.org/protobuf/proto"
)

var ctx = context.Background()

func newBucket(t testing.TB) *blob.Bucket {
	b := memblob.OpenBucket(nil)
	t.Cleanup(func() { b.Close() })
	return b
}

// names lists the objects of a bucket.
func names(t testing.TB, b *blob.Bucket) []string {
	t.Helper()
	var list []string
	for i := b.List(nil); ; {
		o, err := i.Next(ctx)
		if err != nil {
			return list
		}
		list = append(list, o.Key)
	}
}

func TestStore(t *testing.T) {
	folder, err := fileblob.OpenBucket(t.TempDir(), &fileblob.Options{NoTempDir: true, Metadata: fileblob.MetadataDontWrite})
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	for name, b := range map[string]*blob.Bucket{"memory": newBucket(t), "folder": folder} {
		t.Run(name, func(t *testing.T) {
			s := New(b, Options{})
			sum, err := s.put(ctx, []byte("text"))
			if err != nil {
				t.Fatal(err)
			}
			if want := "982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1"; sum != want {
				t.Errorf("got %s", sum)
			}
			for _, s := range []*Store{s, New(b, Options{}), New(b, Options{CacheBytes: -1})} {
				if again, err := s.put(ctx, []byte("text")); err != nil || again != sum {
					t.Errorf("got %s, %v", again, err)
				}
				if data, err := s.get(ctx, sum); err != nil || string(data) != "text" {
					t.Errorf("got %q, %v", data, err)
				}
			}
			if list := names(t, b); len(list) != 1 || list[0] != "payloads/"+sum {
				t.Errorf("got %v", list)
			}
		})
	}
}

func TestStoreErrors(t *testing.T) {
	b := newBucket(t)
	s := New(b, Options{MaxBytes: 100})
	sum, err := s.put(ctx, []byte("text"))
	if err != nil {
		t.Fatal(err)
	}
	fresh := New(b, Options{MaxBytes: 100})
	if err := b.WriteAll(ctx, Folder+sum, []byte("tex7"), nil); err != nil {
		t.Fatal(err)
	}
	var damaged *DamagedError
	if _, err := fresh.get(ctx, sum); !errors.As(err, &damaged) || !Permanent(err) {
		t.Errorf("damaged: %v", err)
	}
	if err := b.WriteAll(ctx, Folder+sum, make([]byte, 101), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := fresh.get(ctx, sum); err == nil || !strings.Contains(err.Error(), "has 101 bytes, 100 are allowed") {
		t.Errorf("large: %v", err)
	}
	if err := b.Delete(ctx, Folder+sum); err != nil {
		t.Fatal(err)
	}
	var gone *NotFoundError
	if _, err := fresh.get(ctx, sum); !errors.As(err, &gone) || gone.Sum != sum || !Permanent(err) {
		t.Errorf("gone: %v", err)
	}
	var large *TooLargeError
	if _, err := fresh.put(ctx, make([]byte, 101)); !errors.As(err, &large) || !Permanent(err) {
		t.Errorf("too large: %v", err)
	}
	for _, bad := range []string{"", "../secrets", strings.ToUpper(sum), sum + "a"} {
		if _, err := fresh.get(ctx, bad); err == nil || !strings.Contains(err.Error(), "is no hash") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := fresh.get(canceled, sum); err == nil {
		t.Error("canceled: no error")
	}
}

// TestAge tells that what is stored again later counts as young, and that only what
// is old is swept.
func TestAge(t *testing.T) {
	b := newBucket(t)
	sum, err := New(b, Options{}).put(ctx, []byte("text"))
	if err != nil {
		t.Fatal(err)
	}
	modified := func() time.Time {
		t.Helper()
		a, err := b.Attributes(ctx, Folder+sum)
		if err != nil {
			t.Fatal(err)
		}
		return a.ModTime
	}
	first := modified()
	put := func(after time.Duration) {
		t.Helper()
		time.Sleep(2 * time.Millisecond)
		s := New(b, Options{Now: func() time.Time { return first.Add(after) }})
		if _, err := s.put(ctx, []byte("text")); err != nil {
			t.Fatal(err)
		}
	}
	if put(time.Hour); !modified().Equal(first) {
		t.Error("a young object was written again")
	}
	if put(25 * time.Hour); !modified().After(first) {
		t.Error("an old object was not written again")
	}
	if err := b.WriteAll(ctx, Folder+"other", []byte("x"), nil); err != nil {
		t.Fatal(err)
	}
	s := New(b, Options{})
	if n, _, err := s.Sweep(ctx, modified()); n != 0 || err != nil {
		t.Errorf("swept %d, %v", n, err)
	}
	if n, size, err := s.Sweep(ctx, time.Now().Add(time.Hour)); n != 1 || size != 4 || err != nil {
		t.Errorf("swept %d with %d bytes, %v", n, size, err)
	}
	if list := names(t, b); len(list) != 1 {
		t.Errorf("left: %v", list)
	}
}

// TestStoredTimeRunsOut tells that a long-lived process does not take an object for
// young for ever.
func TestStoredTimeRunsOut(t *testing.T) {
	b := newBucket(t)
	now := time.Now()
	s := New(b, Options{Now: func() time.Time { return now }})
	sum, err := s.put(ctx, []byte("text"))
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Delete(ctx, Folder+sum); err != nil {
		t.Fatal(err)
	}
	if _, err := s.put(ctx, []byte("text")); err != nil || len(names(t, b)) != 0 {
		t.Errorf("within a day: %v, %v", names(t, b), err)
	}
	now = now.Add(25 * time.Hour)
	if _, err := s.put(ctx, []byte("text")); err != nil || len(names(t, b)) != 1 {
		t.Errorf("after a day: %v, %v", names(t, b), err)
	}
}

func TestCache(t *testing.T) {
	c := newCache(10)
	for _, k := range []string{"a", "b", "c"} {
		c.put(k, k, 3)
	}
	c.get("a")
	c.put("d", "d", 4)
	c.put("e", "too large", 11)
	c.put("c", "c2", 2)
	var got []string
	for _, k := range []string{"a", "b", "c", "d", "e"} {
		if v, ok := c.get(k); ok {
			got = append(got, v.(string))
		}
	}
	if text := strings.Join(got, " "); text != "a c2 d" || c.total != 9 {
		t.Errorf("got %s, %d", text, c.total)
	}
	if c.put("a", "too large now", 11); c.total != 6 {
		t.Errorf("total %d", c.total)
	}
	none := newCache(-1)
	none.put("a", "a", 0)
	if _, ok := none.get("a"); ok {
		t.Error("kept in a cache without room")
	}
}

func TestDriver(t *testing.T) {
	b := newBucket(t)
	d := New(b, Options{}).Driver()
	payload := func(text string) *commonpb.Payload {
		return &commonpb.Payload{Metadata: map[string][]byte{"encoding": []byte("json/plain"), "more": []byte("x")}, Data: []byte(text)}
	}
	given := []*commonpb.Payload{payload("one"), payload("two"), payload("one")}
	claims, err := d.Store(converter.StorageDriverStoreContext{Context: ctx}, given)
	if err != nil {
		t.Fatal(err)
	}
	if list := names(t, b); len(list) != 2 {
		t.Errorf("stored: %v", list)
	}
	for _, d := range []converter.StorageDriver{d, New(b, Options{}).Driver()} {
		back, err := d.Retrieve(converter.StorageDriverRetrieveContext{Context: ctx}, claims)
		if err != nil {
			t.Fatal(err)
		}
		for i := range given {
			if !proto.Equal(back[i], given[i]) {
				t.Errorf("%d comes back as %v", i, back[i])
			}
		}
		// The SDK may change what it gets.
		back[0].Metadata["encoding"][0] = 'X'
		back[0].Data = nil
	}
	_, err = d.Retrieve(converter.StorageDriverRetrieveContext{Context: ctx}, []converter.StorageDriverClaim{claims[0], {}})
	if err == nil || !strings.Contains(err.Error(), "lacks its sha256") {
		t.Errorf("got %v", err)
	}
	if d.Name() != "dig2temporal" {
		t.Error("the name is written into histories and must stay")
	}
}

func TestConcurrentUse(t *testing.T) {
	b := newBucket(t)
	s := New(b, Options{CacheBytes: 4000})
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := range 50 {
				data := bytes.Repeat([]byte{byte(i % 7)}, 1000)
				sum, err := s.put(ctx, data)
				if err != nil {
					t.Error(err)
					return
				}
				if got, err := s.get(ctx, sum); err != nil || !bytes.Equal(got, data) {
					t.Errorf("got %d bytes, %v", len(got), err)
				}
			}
		})
	}
	all.Wait()
	if n := len(names(t, b)); n != 7 {
		t.Errorf("%d objects", n)
	}
}
