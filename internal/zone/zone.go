// Package zone reads time zone ids as Digdag does: the regions of the time zone
// database, in their exact spelling, and offsets ("+09:00", "UTC-3").
package zone

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	// The zones must be known on machines without a time zone database, too.
	_ "time/tzdata"
)

var (
	regionID = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9~/._+-]+$`)
	offsetID = regexp.MustCompile(`^([+-])(\d|\d\d(?::?\d\d(?::?\d\d)?)?)$`)
)

// notRegions are names that some time zone databases have and Digdag does not
// know.
var notRegions = map[string]bool{"EST": true, "MST": true, "HST": true, "ROC": true, "Local": true, "posixrules": true, "localtime": true, "Factory": true}

// Load returns the location of an id. The location's name is the id in its
// normal form: "UTC-3" is "UTC-03:00".
func Load(id string) (*time.Location, error) {
	for _, prefix := range []string{"UTC", "GMT", "UT"} {
		rest, ok := strings.CutPrefix(id, prefix)
		if !ok || rest != "" && rest[0] != '+' && rest[0] != '-' {
			continue
		}
		if rest == "" {
			return time.FixedZone(prefix, 0), nil
		}
		offset, seconds, err := parseOffset(rest)
		if err != nil {
			return nil, fmt.Errorf("%q is no time zone: %w", id, err)
		}
		if seconds == 0 {
			offset = ""
		}
		return time.FixedZone(prefix+offset, seconds), nil
	}
	if id == "Z" {
		return time.FixedZone("Z", 0), nil
	}
	if strings.HasPrefix(id, "+") || strings.HasPrefix(id, "-") {
		offset, seconds, err := parseOffset(id)
		if err != nil {
			return nil, fmt.Errorf("%q is no time zone: %w", id, err)
		}
		if seconds == 0 {
			offset = "Z"
		}
		return time.FixedZone(offset, seconds), nil
	}
	if !regionID.MatchString(id) || notRegions[id] || strings.HasPrefix(id, "posix/") || strings.HasPrefix(id, "right/") {
		return nil, fmt.Errorf("unknown time zone %q", id)
	}
	loc, err := time.LoadLocation(id)
	if err != nil {
		return nil, fmt.Errorf("unknown time zone %q", id)
	}
	return loc, nil
}

// parseOffset reads +h, +hh, +hhmm, +hh:mm, +hhmmss and +hh:mm:ss.
func parseOffset(text string) (normal string, seconds int, err error) {
	m := offsetID.FindStringSubmatch(text)
	if m == nil || strings.Count(text, ":") == 1 && len(text) != len("+hh:mm") || strings.Count(text, ":") == 2 && len(text) != len("+hh:mm:ss") {
		return "", 0, fmt.Errorf("expected an offset like +09:00")
	}
	digits := strings.ReplaceAll(m[2], ":", "")
	if len(digits) == 1 {
		digits = "0" + digits
	}
	digits += "000000"[len(digits):]
	h, _ := strconv.Atoi(digits[:2])
	min, _ := strconv.Atoi(digits[2:4])
	s, _ := strconv.Atoi(digits[4:])
	seconds = h*3600 + min*60 + s
	if min > 59 || s > 59 || seconds > 18*3600 {
		return "", 0, fmt.Errorf("offsets lie between -18:00 and +18:00")
	}
	normal = m[1] + digits[:2] + ":" + digits[2:4]
	if s != 0 {
		normal += ":" + digits[4:]
	}
	if m[1] == "-" {
		seconds = -seconds
	}
	return normal, seconds, nil
}
