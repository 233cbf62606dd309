package logstore

import (
	"context"
	"fmt"
	"testing"
	"time"

	"gocloud.dev/blob"
)

// TestRelease has many short tasks one after the other: they share uploads, and
// all that they wrote is there without another sign.
func TestRelease(t *testing.T) {
	b, f := s3Bucket(t)
	w := newWriter(t, b, Options{Flush: time.Hour, Gather: 50 * time.Millisecond})
	const tasks = 100
	for i := range tasks {
		log := open(t, w, "1", fmt.Sprintf("+w+%d", i), 1)
		log.Line(LevelInfo, "x")
		log.Release()
		log.Release()
	}
	log := open(t, w, "1", "+w+long", 1)
	eventually(t, "all records are stored", func() bool { return len(readAll(t, b, "1", ReadOptions{})) == 2*tasks })
	if n := f.puts.Load(); n > tasks/4 {
		t.Errorf("%d uploads for %d short tasks", n, tasks)
	}
	closeLog(t, log)
}

// TestReleaseDuringOutage loses nothing of tasks that waited for nothing.
func TestReleaseDuringOutage(t *testing.T) {
	b, f := s3Bucket(t)
	w := newWriter(t, b, Options{})
	f.refuse.Store(true)
	for i := range 3 {
		log := open(t, w, "1", "+w", i+1)
		log.Line(LevelInfo, "x")
		log.Release()
		time.Sleep(30 * time.Millisecond)
	}
	f.refuse.Store(false)
	eventually(t, "all records are stored", func() bool { return len(readAll(t, b, "1", ReadOptions{})) == 6 })
}

// follow counts the records that come to who follows an attempt.
func follow(t *testing.T, b *blob.Bucket, opts ReadOptions) (seen int) {
	t.Helper()
	opts.Follow = true
	err := Read(t.Context(), b, "1", opts, func(Record) error {
		seen++
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	return seen
}

// TestFollowSettles sees what a released log brings after the end of the attempt,
// and is told of the end instead of looking for it.
func TestFollowSettles(t *testing.T) {
	b := folderBucket(t, t.TempDir())
	w := newWriter(t, b, Options{Gather: 100 * time.Millisecond})
	over := make(chan struct{})
	log := open(t, w, "1", "+w", 1)
	seen := follow(t, b, ReadOptions{
		Poll: time.Hour, Ended: over,
		Done: func(context.Context) (bool, error) {
			select {
			case <-over:
				return true, nil
			default:
			}
			log.Line(LevelInfo, "last")
			log.Release()
			close(over)
			return false, nil
		},
	})
	if seen != 2 {
		t.Errorf("%d records", seen)
	}
}

// TestReleaseBesideOutput: what a released log wants is stored once; the output of
// another task goes on at its own pace.
func TestReleaseBesideOutput(t *testing.T) {
	b, f := s3Bucket(t)
	f.delay.Store(int64(20 * time.Millisecond))
	w := newWriter(t, b, Options{Flush: time.Hour})
	long, short := open(t, w, "1", "+w+long", 1), open(t, w, "1", "+w+short", 1)
	long.Line(LevelInfo, "x")
	short.Release()
	for range 100 {
		long.Line(LevelInfo, "x")
		time.Sleep(5 * time.Millisecond)
	}
	if n := f.puts.Load(); n < 1 || n > 3 {
		t.Errorf("%d uploads", n)
	}
	closeLog(t, long)
}

// TestFollowSettlesWithPause reads to the end of a store that takes one write of an
// object in a while.
func TestFollowSettlesWithPause(t *testing.T) {
	b := folderBucket(t, t.TempDir())
	const pause = 500 * time.Millisecond
	w := newWriter(t, b, Options{Rewrite: pause})
	for i, text := range []string{"first", "second", "third"} {
		log := open(t, w, "1", "+w", i+1)
		log.Line(LevelInfo, text)
		log.Release()
		time.Sleep(100 * time.Millisecond)
	}
	seen := follow(t, b, ReadOptions{
		Settling: 2*pause + 2*time.Second,
		Done:     func(context.Context) (bool, error) { return true, nil },
	})
	if seen != 6 {
		t.Errorf("%d records", seen)
	}
}

// TestFollowSettlesOnce: to be told of the end, when it is known already, takes
// nothing of the time to settle.
func TestFollowSettlesOnce(t *testing.T) {
	b := folderBucket(t, t.TempDir())
	w := newWriter(t, b, Options{Gather: 100 * time.Millisecond})
	over := make(chan struct{})
	log := open(t, w, "1", "+w", 1)
	seen := follow(t, b, ReadOptions{
		Ended: over, Settling: 3 * time.Second,
		Done: func(context.Context) (bool, error) {
			log.Line(LevelInfo, "last")
			log.Release()
			time.AfterFunc(20*time.Millisecond, func() { close(over) })
			return true, nil
		},
	})
	if seen != 2 {
		t.Errorf("%d records", seen)
	}
}
