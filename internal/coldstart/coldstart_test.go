package coldstart

import (
	"runtime"
	"testing"
	"time"
)

func collections() uint32 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.NumGC
}

func TestFirstCollection(t *testing.T) {
	// The test may not be the first in the process.
	ballast = make([]byte, size)
	runtime.GC()
	before := collections()
	first := make(chan struct{})
	End(func() { close(first) })
	var kept [][]byte
	grow := func(to int) {
		for len(kept) < to>>20 {
			kept = append(kept, make([]byte, 1<<20))
		}
	}
	grow(size / 2)
	if n := collections() - before; n != 0 {
		t.Errorf("%d collections before the heap has grown", n)
	}
	grow(size * 3 / 2)
	select {
	case <-first:
	case <-time.After(time.Minute):
		t.Errorf("nothing was collected when the heap had grown")
	}
	runtime.KeepAlive(kept)
}
