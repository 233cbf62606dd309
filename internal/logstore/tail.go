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
	// missing is the chunk after the last gap seen, gap says that it was seen in
	// this round.
	missing int
	gap     bool
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
				r = t.complain(fmt.Sprintf("line %d: %v", t.line, err))
			}
			r.Stream = t.name
			t.head, t.next = &r, r.Time
			return nil
		}
		t.rest = nil
		more, err := t.load(ctx)
		if err != nil || !more {
			return err
		}
	}
}

// complain makes a record of what can't be read.
func (t *tail) complain(text string) Record {
	return Record{
		Time: t.next, Kind: KindLine, Level: LevelWarn,
		Text: fmt.Sprintf("A part of the log can't be read: %s: %s", chunkName(t.name, t.seq), text),
	}
}

// load reads more lines into rest. It returns false when there are none now.
func (t *tail) load(ctx context.Context) (bool, error) {
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
	if next.seq > t.seq+1 && t.missing != next.seq {
		t.missing, t.gap = next.seq, true
		return false, nil
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
	if gcerrors.Code(err) == gcerrors.NotFound {
		// The log is being deleted.
		return nil
	}
	if err != nil {
		if toEnd {
			t.final = false
		}
		t.asked = false
		return err
	}
	text = text[:bytes.LastIndexByte(text, '\n')+1]
	t.offset += int64(len(text))
	t.rest = text
	return nil
}
