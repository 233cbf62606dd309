// Package duration reads and writes durations as workflow files have them:
// "1d 2h 30m 10s".
package duration

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

var units = []struct {
	letter  byte
	seconds int64
}{{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}}

var errNone = errors.New("no unit")

// Parse reads days, hours, minutes and seconds in that order, each once at most
// and at least one of them, in upper or lower case and with blanks anywhere but
// inside a number. It returns an error for anything else and for a duration
// beyond 292 years.
func Parse(text string) (time.Duration, error) {
	seconds, err := parse(text)
	if err != nil {
		return 0, fmt.Errorf("invalid duration %q: expected one like \"1h 30m\" or \"10s\"", text)
	}
	return time.Duration(seconds) * time.Second, nil
}

func parse(text string) (int64, error) {
	rest := skipBlanks(text)
	total := int64(0)
	found := false
	for _, u := range units {
		n, after, ok := number(rest, u.letter)
		if !ok {
			continue
		}
		value, err := strconv.ParseInt(n, 10, 64)
		if err != nil || value > (math.MaxInt64/int64(time.Second)-total)/u.seconds {
			return 0, errNone
		}
		total += value * u.seconds
		rest = skipBlanks(after)
		found = true
	}
	if !found || rest != "" {
		return 0, errNone
	}
	return total, nil
}

// number cuts digits and the given unit off the beginning.
func number(text string, unit byte) (digits, rest string, ok bool) {
	n := 0
	for n < len(text) && text[n] >= '0' && text[n] <= '9' {
		n++
	}
	after := skipBlanks(text[n:])
	if n == 0 || after == "" || after[0]|0x20 != unit {
		return "", text, false
	}
	return text[:n], after[1:], true
}

func skipBlanks(s string) string { return strings.TrimLeft(s, " \t\n\v\f\r") }

// Format writes a duration in whole seconds, without the units that are 0.
func Format(d time.Duration) string {
	seconds := int64(d / time.Second)
	var parts []string
	for _, u := range units {
		if n := seconds / u.seconds; n != 0 {
			parts = append(parts, strconv.FormatInt(n, 10)+string(u.letter))
		}
		seconds %= u.seconds
	}
	return strings.Join(parts, " ")
}
