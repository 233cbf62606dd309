package activities

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
)

// disclosure is where a secret was found.
type disclosure struct {
	// secret is the key of the secret.
	secret string
	// at is the dotted key of the value that gives the secret away or, when named
	// is set, of the object with a key that does; "" is the whole.
	at    string
	named bool
}

func (d *disclosure) String() string {
	const rest = "shows the secret %q, which would be readable in the history. Get the secret where it is used instead"
	switch {
	case !d.named:
		return fmt.Sprintf("The result of the task can't be stored as %q: it "+rest, d.at, d.secret)
	case d.at == "":
		return fmt.Sprintf("The result of the task can't be stored: the name of a param "+rest, d.secret)
	default:
		return fmt.Sprintf("The result of the task can't be stored as %q: a key of it "+rest, d.at, d.secret)
	}
}

// found tells where a value gives a secret away, nil for nowhere.
func (m *mask) found(o *ordered.Object) *disclosure {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if len(m.values) == 0 {
		return nil
	}
	d := m.within("", o)
	if d != nil {
		// Names that are harmless one by one may be a secret together.
		d.at = m.hide(d.at)
	}
	return d
}

func (m *mask) within(at string, v any) *disclosure {
	switch v := v.(type) {
	case string:
		return m.disclosed(v, at, false)
	case json.Number:
		if key, ok := m.keys[v.String()]; ok {
			return &disclosure{secret: key, at: at}
		}
	case []any:
		for i, e := range v {
			if d := m.within(fmt.Sprintf("%s[%d]", at, i), e); d != nil {
				return d
			}
		}
	case *ordered.Object:
		for _, name := range v.Keys() {
			if d := m.disclosed(name, at, true); d != nil {
				return d
			}
			e, _ := v.Get(name)
			below := name
			if at != "" {
				below = at + "." + name
			}
			if d := m.within(below, e); d != nil {
				return d
			}
		}
	}
	return nil
}

func (m *mask) disclosed(text, at string, named bool) *disclosure {
	for _, secret := range m.values {
		if discloses(text, secret) {
			return &disclosure{secret: m.keys[secret], at: at, named: named}
		}
	}
	return nil
}

const (
	shortestWord   = 6
	shortestWithin = 8
)

// discloses tells whether a text gives a secret away, or a line of a secret that
// has several. One of 8 bytes is found anywhere in the text. A shorter one may be
// a usual word ("report"): from 6 bytes on it is found within the text where no
// letter or digit goes on next to it, from 4 on as the whole text only. One of
// less than 4 bytes is never found.
func discloses(text, secret string) bool {
	switch n := len(secret); {
	case n < shortestSecret:
		return false
	case n < shortestWord:
		return strings.TrimSpace(text) == secret
	case n < shortestWithin:
		return hasWord(text, secret)
	default:
		return strings.Contains(text, secret)
	}
}

// hasWord tells whether the word stands in the text on its own.
func hasWord(text, word string) bool {
	first, _ := utf8.DecodeRuneInString(word)
	last, _ := utf8.DecodeLastRuneInString(word)
	for from := 0; ; {
		at := strings.Index(text[from:], word)
		if at < 0 {
			return false
		}
		at += from
		before, _ := utf8.DecodeLastRuneInString(text[:at])
		after, _ := utf8.DecodeRuneInString(text[at+len(word):])
		if !(alphanumeric(before) && alphanumeric(first)) && !(alphanumeric(last) && alphanumeric(after)) {
			return true
		}
		from = at + 1
	}
}

func alphanumeric(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
