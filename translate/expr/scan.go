package expr

import "strings"

// Part is a piece of a text: literal text, or the source of one ${...}.
type Part struct {
	// Expression tells whether Text is JavaScript.
	Expression bool
	// Text is what the part stands for: literal text with $$ collapsed to $, or
	// the JavaScript between the braces.
	Text string
	// Start and End are byte offsets of the part in the text, with ${ and }.
	Start, End int
}

// Scan splits a text as Digdag does. A ${ that is followed by lower case
// letters and a colon is literal, for operators to resolve (${secret:x}). The
// end of an expression is found by counting braces, whatever quotes or comments
// they stand in; where the braces never balance, the rest of the text is
// literal, complete ${...} included.
func Scan(text string) []Part {
	parts, _ := scan(text)
	return parts
}

// Unclosed returns the byte offset of the ${ whose closing brace is missing, or
// -1. From there on the whole text is literal, which is seldom what its author
// meant.
func Unclosed(text string) int {
	_, at := scan(text)
	return at
}

func scan(text string) ([]Part, int) {
	var parts []Part
	start := 0
	literal := func(end int) {
		if end > start {
			parts = append(parts, Part{Text: strings.ReplaceAll(text[start:end], "$$", "$"), Start: start, End: end})
		}
	}
	for at := opening(text, 0); at >= 0; at = opening(text, start) {
		literal(at)
		end := closing(text, at+2)
		if end < 0 {
			start = at
			literal(len(text))
			return parts, at
		}
		parts = append(parts, Part{Expression: true, Text: text[at+2 : end], Start: at, End: end + 1})
		start = end + 1
	}
	unclosed := -1
	if strings.HasSuffix(text[start:], "${") {
		unclosed = len(text) - 2
	}
	literal(len(text))
	return parts, unclosed
}

// opening finds the next ${ that starts an expression. Like Digdag's pattern it
// wants at least one character after the brace.
func opening(text string, from int) int {
	for {
		i := strings.Index(text[from:], "${")
		if i < 0 || from+i+2 == len(text) {
			return -1
		}
		i += from
		rest := strings.TrimLeft(text[i+2:], "abcdefghijklmnopqrstuvwxyz")
		if letters := len(text) - i - 2 - len(rest); letters == 0 || !strings.HasPrefix(rest, ":") {
			return i
		}
		from = i + 2
	}
}

func closing(text string, from int) int {
	depth := 0
	for i := from; i < len(text); i++ {
		switch text[i] {
		case '{':
			depth++
		case '}':
			if depth == 0 {
				return i
			}
			depth--
		}
	}
	return -1
}
