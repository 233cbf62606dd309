package expr

import (
	"container/list"
	"sync"
)

// cacheBytes bounds the texts whose programs are kept, beside their count.
const cacheBytes = 32 << 20

// cache keeps the programs of the texts used last.
type cache struct {
	mu    sync.Mutex
	max   int
	bytes int
	texts map[string]*list.Element
	order *list.List
}

type cached struct {
	text    string
	program *program
}

func newCache(max int) *cache {
	return &cache{max: max, texts: map[string]*list.Element{}, order: list.New()}
}

func (c *cache) get(text string) *program {
	c.mu.Lock()
	if at, ok := c.texts[text]; ok {
		c.order.MoveToFront(at)
		p := at.Value.(*cached).program
		c.mu.Unlock()
		return p
	}
	c.mu.Unlock()

	// Compiling is slow, so others are not kept waiting; two may compile the same.
	p := compile(text)

	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.texts[text]; ok || len(text) > cacheBytes {
		return p
	}
	c.texts[text] = c.order.PushFront(&cached{text, p})
	c.bytes += len(text)
	for c.order.Len() > c.max || c.bytes > cacheBytes {
		last := c.order.Remove(c.order.Back()).(*cached)
		delete(c.texts, last.text)
		c.bytes -= len(last.text)
	}
	return p
}
