package bucket_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"gocloud.dev/blob"

	"github.com/dig2temporal/dig2temporal/internal/bucket"
	"github.com/dig2temporal/dig2temporal/internal/bucket/buckettest"
)

func TestList(t *testing.T) {
	for _, url := range []string{"mem://", t.TempDir(), buckettest.S3(t)} {
		b := open(t, url)
		// More than a page.
		var all []string
		for n := range 1203 {
			key := fmt.Sprintf("many/%04d", n)
			if n < 3 {
				key = fmt.Sprintf("few/%d", n)
			}
			if err := b.WriteAll(t.Context(), key, nil, &blob.WriterOptions{ContentType: "text/plain"}); err != nil {
				t.Fatal(err)
			}
			all = append(all, key)
		}
		for _, c := range []struct {
			options *blob.ListOptions
			want    []string
		}{
			{nil, all},
			{&blob.ListOptions{Prefix: "few/"}, all[:3]},
			{&blob.ListOptions{Delimiter: "/"}, []string{"few/", "many/"}},
			{&blob.ListOptions{Prefix: "none/"}, nil},
		} {
			var got []string
			for object, err := range bucket.List(t.Context(), b, c.options) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, object.Key)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s: %d keys: %.80s", url, len(got), got)
			}
		}
		for object := range bucket.List(t.Context(), b, nil) {
			if object.Key == "few/1" {
				break
			}
		}
		b.Close()
		for object, err := range bucket.List(t.Context(), b, nil) {
			if err == nil || object != nil {
				t.Errorf("%s: closed: %v, %v", url, object, err)
			}
		}
	}
}

// TestListBesideWriters lists a folder while files come and go in it.
func TestListBesideWriters(t *testing.T) {
	b := open(t, t.TempDir())
	if err := b.WriteAll(t.Context(), "folder/there", nil, nil); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var writers sync.WaitGroup
	for n := range 4 {
		writers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := b.WriteAll(t.Context(), fmt.Sprintf("folder/a%d", n), []byte("text"), nil); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	failures := 0
	for range 500 {
		var keys []string
		for object, err := range bucket.List(t.Context(), b, &blob.ListOptions{Prefix: "folder/"}) {
			if err != nil {
				failures++
				t.Logf("%v", err)
				break
			}
			keys = append(keys, object.Key)
		}
		if !strings.Contains(strings.Join(keys, " "), "folder/there") {
			failures++
		}
	}
	close(stop)
	writers.Wait()
	if failures > 0 {
		t.Errorf("%d of 500 listings failed", failures)
	}
}
