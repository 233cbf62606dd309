// Package spell finds the words that a mistyped one may stand for.
package spell

import "unicode/utf16"

// Distance is the number of edits (insert, delete, replace) that turn one word
// into the other.
func Distance(a, b string) int {
	return distance(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
}

func distance(a, b []uint16) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j := range b {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}

// Suggest returns the candidates that are no more edits away from the word than
// half of their own length, in the order given. This is the rule by which
// Digdag answers "did you mean".
func Suggest(word string, candidates []string) []string {
	var found []string
	w := utf16.Encode([]rune(word))
	for _, c := range candidates {
		u := utf16.Encode([]rune(c))
		// The difference in length is the least number of edits, which spares the
		// table for words of any length that can't be near.
		if limit := len(u) / 2; len(w)-len(u) <= limit && distance(w, u) <= limit {
			found = append(found, c)
		}
	}
	return found
}

// Nearest returns the candidate with the fewest edits among those of Suggest,
// the first of several, or "".
func Nearest(word string, candidates []string) string {
	best, edits := "", 0
	for _, c := range Suggest(word, candidates) {
		if d := Distance(word, c); best == "" || d < edits {
			best, edits = c, d
		}
	}
	return best
}
