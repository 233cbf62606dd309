package zone_test

import (
	"testing"
	"time"

	"github.com/dig2temporal/dig2temporal/internal/zone"
)

func TestLoad(t *testing.T) {
	tests := []struct {
		id, name string
		offset   int
	}{
		{"UTC", "UTC", 0}, {"GMT", "GMT", 0}, {"UT", "UT", 0}, {"Z", "Z", 0}, {"GMT0", "GMT0", 0}, {"Zulu", "Zulu", 0},
		{"+9", "+09:00", 9 * 3600}, {"+09", "+09:00", 9 * 3600}, {"+0900", "+09:00", 9 * 3600}, {"+09:00", "+09:00", 9 * 3600},
		{"-03:30", "-03:30", -3*3600 - 1800}, {"+09:30:15", "+09:30:15", 9*3600 + 1815}, {"+093015", "+09:30:15", 9*3600 + 1815},
		{"-18", "-18:00", -18 * 3600}, {"+00", "Z", 0}, {"-00:00", "Z", 0},
		{"UTC+9", "UTC+09:00", 9 * 3600}, {"UTC-3", "UTC-03:00", -3 * 3600}, {"UTC+00", "UTC", 0}, {"GMT+0", "GMT", 0}, {"UT+1", "UT+01:00", 3600},
		{"Asia/Tokyo", "Asia/Tokyo", 9 * 3600}, {"Etc/GMT+9", "Etc/GMT+9", -9 * 3600}, {"EST5EDT", "EST5EDT", -5 * 3600}, {"PRC", "PRC", 8 * 3600}, {"US/Pacific", "US/Pacific", -8 * 3600},
	}
	winter := time.Date(2024, 1, 15, 0, 0, 0, 0, time.UTC)
	for _, test := range tests {
		loc, err := zone.Load(test.id)
		if err != nil {
			t.Errorf("%s: %v", test.id, err)
			continue
		}
		if _, offset := winter.In(loc).Zone(); loc.String() != test.name || offset != test.offset {
			t.Errorf("%s: got %s at %d", test.id, loc, offset)
		}
	}
	for _, id := range []string{
		"", "z", "utc", "asia/tokyo", "Asia/Edo", "ASIA/TOKYO", "JST", "PST", "EST", "MST", "HST", "ROC", "Local", "posixrules", "A", "9",
		"+18:01", "+19", "+9:00", "+1:0", "+09:60", "+09:00:60", "+123", "+", "UTC+", "UTC+99", "GMT+08:00 ", " UTC", "UTC ", "Asia/To kyo",
		"../Tokyo", "/etc/localtime", "Asia", "+09:0000", "+0900:00",
	} {
		if loc, err := zone.Load(id); err == nil {
			t.Errorf("%q: got %s", id, loc)
		}
	}
}
