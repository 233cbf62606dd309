package projectsecrets

import (
	"sync"
	"time"
)

// cache remembers answers for a short time, since each decryption by a key
// management service costs a call and money, and a task may ask for the same
// secret several times.
type cache struct {
	ttl time.Duration
	max int
	now func() time.Time

	mu      sync.Mutex
	answers map[place]timed
	// changes counts what was forgotten, so that an answer read before a change
	// is not kept after it.
	changes int
}

type place struct {
	project int64
	key     string
}

type answer struct {
	value string
	ok    bool
}

type timed struct {
	answer
	until time.Time
}

func newCache(o options) *cache {
	return &cache{ttl: o.ttl, max: o.cached, now: o.now, answers: map[place]timed{}}
}

func (c *cache) get(project int64, key string) (answer, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := place{project, key}
	a, ok := c.answers[at]
	if ok && !c.now().Before(a.until) {
		delete(c.answers, at)
		ok = false
	}
	return a.answer, ok
}

func (c *cache) mark() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.changes
}

func (c *cache) put(since int, project int64, key string, a answer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ttl <= 0 || c.changes != since {
		return
	}
	if len(c.answers) >= c.max {
		c.shrink()
	}
	c.answers[place{project, key}] = timed{a, c.now().Add(c.ttl)}
}

// shrink drops what is too old, or all of it: answers live for seconds anyway.
func (c *cache) shrink() {
	now := c.now()
	for at, a := range c.answers {
		if !now.Before(a.until) {
			delete(c.answers, at)
		}
	}
	if len(c.answers) >= c.max {
		clear(c.answers)
	}
}

func (c *cache) forget(project int64, key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changes++
	delete(c.answers, place{project, key})
}

func (c *cache) forgetAll(project int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changes++
	for at := range c.answers {
		if at.project == project {
			delete(c.answers, at)
		}
	}
}
