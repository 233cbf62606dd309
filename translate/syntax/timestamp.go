package syntax

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
)

var timestampPattern = regexp.MustCompile(`^(\d{4})-(\d\d?)-(\d\d?)(?:(?:[Tt]|[ \t]+)(\d\d?):(\d\d):(\d\d)(?:\.(\d*))?(?:[ \t]*(?:Z|([-+]\d\d?)(?::(\d\d)?)?))?)?$`)

// timestampValue reads an explicit !!timestamp, which ends up as the number of
// milliseconds since 1970.
func timestampValue(text string) (any, bool) {
	m := timestampPattern.FindStringSubmatch(text)
	if m == nil {
		return nil, false
	}
	n := func(i int) int {
		v, _ := strconv.Atoi(m[i])
		return v
	}
	millis, _ := strconv.Atoi((m[7] + "000")[:3])
	zone := time.UTC
	if m[8] != "" {
		seconds := (abs(n(8))*60 + n(9)) * 60
		if strings.HasPrefix(m[8], "-") {
			seconds = -seconds
		}
		zone = time.FixedZone("", seconds)
	}
	t := time.Date(n(1), time.Month(n(2)), n(3), n(4), n(5), n(6), millis*int(time.Millisecond), zone)
	return ordered.Int(t.UnixMilli()), true
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}
