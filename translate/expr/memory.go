package expr

import (
	"runtime"
	"runtime/metrics"
	"time"
)

// memoryWatch looks at how the process grows while an evaluation runs. goja has
// no limit of memory, and Go cannot tell whose memory it is; but an evaluation
// takes microseconds, so what grows by hundreds of megabytes while one runs for
// longer than that is most likely the evaluation. Where tasks with large params run
// at the same time it may be another one, so the evaluation is repeated before it
// is blamed.
type memoryWatch struct {
	ticks  <-chan time.Time
	ticker *time.Ticker
	limit  int64
	from   int64 // bytes in use at the first tick
	next   int64 // bytes in use at which to look closer
}

// watchEvery is how often the watch looks. A loop allocates some megabytes in
// that time.
const watchEvery = 3 * time.Millisecond

func (w *memoryWatch) start(limit int64) {
	w.ticker = time.NewTicker(watchEvery)
	w.ticks = w.ticker.C
	w.limit = limit
}

func (w *memoryWatch) stop() { w.ticker.Stop() }

// restart forgets how the process has grown so far.
func (w *memoryWatch) restart() { w.from = 0 }

// exceeded tells whether the process has grown beyond the limit. Garbage is
// collected before that is said.
func (w *memoryWatch) exceeded() bool {
	now := heapBytes()
	if w.from == 0 {
		w.from = max(now, 1)
		w.next = w.from + w.limit
		return false
	}
	if now < w.next {
		return false
	}
	if now < w.next+2*w.limit {
		runtime.GC()
		now = heapBytes()
	}
	w.next = max(w.next, now+w.limit/2)
	return now > w.from+w.limit
}

func heapBytes() int64 {
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s)
	return int64(s[0].Value.Uint64())
}
