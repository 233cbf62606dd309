package console

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/width"
)

// maxRows is how many running tasks the view lists at most.
const maxRows = 12

// slow is how long a task runs before it is listed: what ends sooner would only
// make the view jump.
const slow = 300 * time.Millisecond

// view is the part of the terminal below the lines.
type view struct {
	// lines are those that were drawn last.
	lines []string
}

// draw writes finished text and the view below it. Without text, lines are
// written over the old ones, which does not flicker as clearing them does.
func (v *view) draw(b *bytes.Buffer, text []byte, lines []string, columns int) {
	for i := range lines {
		lines[i] = cut(lines[i], columns-1)
	}
	if len(text) == 0 && slices.Equal(lines, v.lines) {
		return
	}
	if up := v.height(columns); up > 0 {
		fmt.Fprintf(b, "\x1b[%dA\r", up)
		if len(text) > 0 || up > len(v.lines) {
			b.WriteString("\x1b[J")
		}
	}
	b.Write(text)
	for _, l := range lines {
		b.WriteString(l + "\x1b[K\n")
	}
	if len(lines) < len(v.lines) {
		b.WriteString("\x1b[J")
	}
	v.lines = lines
}

// height is how many lines the view takes up. A terminal that became narrower
// has wrapped its lines.
func (v *view) height(columns int) int {
	n := 0
	for _, l := range v.lines {
		n++
		if w := columnsOf(l); columns > 0 && w > columns {
			n += (w - 1) / columns
		}
	}
	return n
}

// lines returns the lines of the view: the unfinished line of the text, the
// tasks, a summary. The caller holds mu.
func (c *Console) lines(now time.Time, rows int) []string {
	var lines []string
	if text := lastText(c.text); text != "" {
		lines = append(lines, text)
	}
	limit := min(maxRows, rows/2-1)
	shown, more := 0, 0
	for _, r := range c.rows {
		if now.Sub(r.started) < slow {
			continue
		}
		if shown >= limit {
			more++
			continue
		}
		shown++
		line := fmt.Sprintf("  %6s  %s", elapsed(now.Sub(r.started)), r.name)
		if r.operator != "" {
			line += "  " + r.operator + ">"
		}
		lines = append(lines, line)
	}
	if shown+more == 0 {
		return lines
	}
	summary := fmt.Sprintf("  %d running, %d done, %s", len(c.rows), c.done, elapsed(now.Sub(c.started)))
	if more > 0 {
		summary = fmt.Sprintf("  … and %d more;%s", more, summary[1:])
	}
	return append(lines, summary)
}

// elapsed prints a duration by its two largest units.
func elapsed(d time.Duration) string {
	s := int(d / time.Second)
	switch {
	case s < 60:
		return fmt.Sprintf("%ds", s)
	case s < 3600:
		return fmt.Sprintf("%dm%02ds", s/60, s%60)
	}
	return fmt.Sprintf("%dh%02dm", s/3600, s/60%60)
}

// lastText returns what an unfinished line shows: the text after the last
// carriage return, by which progress is often drawn.
func lastText(tail []byte) string {
	tail = bytes.TrimRight(tail, "\r")
	if at := bytes.LastIndexByte(tail, '\r'); at >= 0 {
		tail = tail[at+1:]
	}
	return plain(string(tail))
}

// plain removes escape sequences and control characters.
func plain(s string) string {
	var b strings.Builder
	escape := false
	for _, r := range s {
		switch {
		case escape:
			escape = !unicode.IsLetter(r)
		case r == '\x1b':
			escape = true
		case unicode.IsControl(r):
		default:
			b.WriteRune(r)
		}
	}
	return strings.TrimSpace(b.String())
}

// cut shortens a text to some columns.
func cut(s string, columns int) string {
	if columnsOf(s) <= columns {
		return s
	}
	used := 0
	for i, r := range s {
		used += columnsOfRune(r)
		if used > columns-1 {
			return s[:i] + "…"
		}
	}
	return s
}

func columnsOf(s string) int {
	n := 0
	for _, r := range s {
		n += columnsOfRune(r)
	}
	return n
}

func columnsOfRune(r rune) int {
	if r < 0x300 {
		return 1
	}
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}
