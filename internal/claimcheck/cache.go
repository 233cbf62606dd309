package claimcheck

import (
	"container/list"
	"sync"
)

// cache keeps what was used last, up to a total cost.
type cache struct {
	limit int64

	mu    sync.Mutex
	total int64
	order *list.List // of *entry, the last used first
	at    map[string]*list.Element
}

type entry struct {
	key   string
	value any
	cost  int64
}

func newCache(limit int64) *cache {
	return &cache{limit: limit, order: list.New(), at: map[string]*list.Element{}}
}

func (c *cache) get(key string) (any, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.at[key]
	if e == nil {
		return nil, false
	}
	c.order.MoveToFront(e)
	return e.Value.(*entry).value, true
}

// put keeps a value, unless it alone costs more than the limit.
func (c *cache) put(key string, value any, cost int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.at[key]; e != nil {
		c.remove(e)
	}
	if cost > c.limit {
		return
	}
	for c.total+cost > c.limit {
		c.remove(c.order.Back())
	}
	c.at[key] = c.order.PushFront(&entry{key, value, cost})
	c.total += cost
}

func (c *cache) remove(e *list.Element) {
	old := c.order.Remove(e).(*entry)
	delete(c.at, old.key)
	c.total -= old.cost
}
