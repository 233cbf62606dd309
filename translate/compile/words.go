package compile

import (
	"fmt"
	"strings"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/plan"
)

// maxWord is the longest piece of a file that is repeated in a message.
const maxWord = 60

func shorten(s string) string {
	if r := []rune(s); len(r) > maxWord {
		return string(r[:maxWord]) + "…"
	}
	return s
}

// quoteText shows a value in a message.
func quoteText(v any) string {
	switch v := v.(type) {
	case nil:
		return "empty"
	case string:
		return fmt.Sprintf("%q", shorten(v))
	case []any:
		return "the list " + shorten(ordered.Text(v))
	}
	return shorten(ordered.Text(v))
}

func sample(o *ordered.Object, key string) string {
	v, _ := o.Get(key)
	return quoteText(v)
}

func quoteList(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = fmt.Sprintf("%q", shorten(w))
	}
	return strings.Join(quoted, ", ")
}

func keyPos(s *source, key string) *plan.Pos {
	if e := s.node.Entry(key); e != nil && e.Pos != nil {
		return e.Pos
	}
	return s.pos
}

func orPos(a, b *plan.Pos) *plan.Pos {
	if a != nil {
		return a
	}
	return b
}
