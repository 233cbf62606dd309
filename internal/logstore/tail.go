package logstore

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"gocloud.dev/gcerrors"
)

// tail is how far a stream was read.
type tail struct {
	fetcher *fetcher
	name    string
	// chunks are those listed from the one that is read on.
	chunks []chunk
	// seq is the chunk that is read, 0 before the first; offset is how much of it
	// was taken, line how many lines that were. final says that it was read to its
	// end after the next one was there.
	seq    int
	offset int64
	line   int
	final  bool
	// asked says that the last chunk was looked at in this round.
	asked bool
	// missing is the chunk after the last gap seen; only in a later round it is
	// believed. gap says that the listing of this round is of no more use.
	missing int
	gap     bool
	// gone is the last chunk that was listed and could not be found; that too is
	// believed in a later round.
	gone int
	// rest holds lines that were not read yet, head is the next record and next
	// its time.
	rest []byte
	head *Record
	next time.Time
}

// listed takes a new listing. It returns whether there is anything to read.
func (t *tail) listed(chunks []chunk) bool {
	t.asked, t.gap = false, false
	for len(chunks) > 0 && chunks[0].seq < t.seq {
		chunks = chunks[1:]
	}
	t.chunks = chunks
	if t.head != nil || len(t.rest) > 0 {
		return true
	}
	if len(chunks) == 0 {
		return false
	}
	return chunks[len(chunks)-1].seq > t.seq || chunks[0].size > t.offset
}

// advance reads the next record into head, nil when there is none now.
func (t *tail) advance(ctx context.Context) error {
	for {
		if end := bytes.IndexByte(t.rest, '\n'); end >= 0 {
			line := t.rest[:end]
			t.rest = t.rest[end+1:]
			t.line++
			r, err := parseRecord(line)
			if err != nil {
				r = t.complain(t.seq, fmt.Sprintf("line %d: %v", t.line, err))
			}
			r.Stream = t.name
			t.head, t.next = &r, r.Time
			return nil
		}
		t.rest = nil
		more, err := t.load(ctx)
		if err != nil || !more || t.head != nil {
			return err
		}
	}
}

// complain makes a record of what can't be read of a chunk.
func (t *tail) complain(seq int, text string) Record {
	return Record{
		Time: t.next, Kind: KindLine, Level: LevelWarn, Stream: t.name,
		Text: fmt.Sprintf("A part of the log can't be read: %s: %s", chunkName(t.name, seq), text),
	}
}

// skip goes over the chunks that are missing before one, and says so.
func (t *tail) skip(next int) {
	text := "it is not in the store"
	if n := next - t.seq - 2; n > 0 {
		text = fmt.Sprintf("it and %d more after it are not in the store", n)
	}
	r := t.complain(t.seq+1, text)
	t.head = &r
	t.seq, t.final = next-1, true
}

// load reads more lines into rest, or a complaint into head. It returns false
// when there are none now.
func (t *tail) load(ctx context.Context) (bool, error) {
	if t.gap {
		return false, nil
	}
	later := len(t.chunks)
	for i, c := range t.chunks {
		if c.seq > t.seq {
			later = i
			break
		}
	}
	if later == len(t.chunks) {
		if later == 0 || t.asked || t.chunks[0].size <= t.offset {
			return false, nil
		}
		t.asked = true
		return true, t.read(ctx, false)
	}
	if t.seq > 0 && !t.final {
		t.final = true
		return true, t.read(ctx, true)
	}
	next := t.chunks[later]
	// A listing is not of one moment: it may have passed the place of a chunk
	// before that came, and found the one after it.
	if next.seq > t.seq+1 {
		if t.missing != next.seq {
			t.missing, t.gap = next.seq, true
			return false, nil
		}
		t.skip(next.seq)
		return true, nil
	}
	t.chunks = t.chunks[later:]
	t.seq, t.offset, t.line = next.seq, 0, 0
	t.final = len(t.chunks) > 1
	t.asked = !t.final
	if t.final {
		t.fetcher.ahead(t.name, t.chunks)
	}
	return true, t.read(ctx, true)
}

// read takes the whole lines of the chunk from the offset on.
func (t *tail) read(ctx context.Context, toEnd bool) error {
	text, err := t.fetcher.read(ctx, t.name, t.seq, t.offset)
	gone := gcerrors.Code(err) == gcerrors.NotFound
	switch {
	case gone && t.gone == t.seq:
		t.vanish()
		return nil
	case err != nil:
		if toEnd {
			t.final = false
		}
		t.asked = false
		if gone {
			t.gone, t.gap = t.seq, true
			return nil
		}
		return err
	}
	text = text[:bytes.LastIndexByte(text, '\n')+1]
	t.offset += int64(len(text))
	t.rest = text
	return nil
}

// vanish leaves a chunk that somebody deletes, and says so.
func (t *tail) vanish() {
	r := t.complain(t.seq, "it is not in the store any more")
	t.head = &r
	// The rest of the listing is not asked for one by one.
	t.gap, t.final = true, true
	if len(t.chunks) > 0 && t.chunks[0].seq == t.seq {
		t.offset = t.chunks[0].size
	}
}
