package wallclock_test

import (
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/dig2temporal/dig2temporal/translate/schedule/wallclock"
)

func TestIn(t *testing.T) {
	for _, r := range []struct{ zone, wall, earlier, later string }{
		{"Asia/Tokyo", "2024-02-29 09:00:00", "2024-02-29T00:00:00Z", ""},
		{"America/Los_Angeles", "2024-03-10 02:30:00", "2024-03-10T10:30:00Z", ""},
		{"America/Los_Angeles", "2024-11-03 01:30:00", "2024-11-03T08:30:00Z", "2024-11-03T09:30:00Z"},
		{"America/Los_Angeles", "2024-11-03 02:00:00", "2024-11-03T10:00:00Z", ""},
		{"Australia/Lord_Howe", "2024-04-07 01:45:00", "2024-04-06T14:45:00Z", "2024-04-06T15:15:00Z"},
		{"America/Havana", "2024-03-10 00:00:00", "2024-03-10T05:00:00Z", ""},
		{"Pacific/Apia", "2011-12-30 12:00:00", "2011-12-30T22:00:00Z", ""},
		{"Pacific/Kwajalein", "1969-09-30 14:00:00", "1969-09-30T03:00:00Z", "1969-10-01T02:00:00Z"},
		{"UTC", "9999-12-31 23:59:59", "9999-12-31T23:59:59Z", ""},
	} {
		zone, err := time.LoadLocation(r.zone)
		if err != nil {
			t.Fatal(err)
		}
		w, err := time.Parse(time.DateTime, r.wall)
		if err != nil {
			t.Fatal(err)
		}
		if r.later == "" {
			r.later = r.earlier
		}
		for overlap, want := range map[wallclock.Overlap]string{wallclock.Earlier: r.earlier, wallclock.Later: r.later} {
			got := wallclock.In(w.Year(), w.Month(), w.Day(), w.Hour(), w.Minute(), w.Second(), zone, overlap)
			if text := got.UTC().Format(time.RFC3339); text != want || got.Location() != zone {
				t.Errorf("%s in %s: %s, want %s", r.wall, r.zone, text, want)
			}
		}
	}
}

func TestTruncate(t *testing.T) {
	for _, r := range []struct{ zone, at, hour, day string }{
		{"America/Los_Angeles", "2024-11-03T08:45:00Z", "2024-11-03T08:00:00Z", "2024-11-03T07:00:00Z"},
		{"America/Los_Angeles", "2024-11-03T09:45:00Z", "2024-11-03T09:00:00Z", "2024-11-03T07:00:00Z"},
		{"Australia/Lord_Howe", "2024-04-06T15:15:00Z", "2024-04-06T14:00:00Z", "2024-04-06T13:00:00Z"},
		{"Australia/Lord_Howe", "2024-04-06T14:45:00Z", "2024-04-06T14:00:00Z", "2024-04-06T13:00:00Z"},
		{"America/Sao_Paulo", "2018-11-04T10:00:00Z", "2018-11-04T10:00:00Z", "2018-11-04T03:00:00Z"},
		{"America/Havana", "2024-11-03T04:30:00Z", "2024-11-03T04:00:00Z", "2024-11-03T04:00:00Z"},
		{"America/Havana", "2024-11-03T05:30:00Z", "2024-11-03T05:00:00Z", "2024-11-03T05:00:00Z"},
		{"America/Havana", "2024-03-10T12:30:00Z", "2024-03-10T12:00:00Z", "2024-03-10T05:00:00Z"},
		{"Asia/Kolkata", "2024-03-10T12:31:10.5Z", "2024-03-10T12:30:00Z", "2024-03-09T18:30:00Z"},
	} {
		zone, err := time.LoadLocation(r.zone)
		if err != nil {
			t.Fatal(err)
		}
		at, err := time.Parse(time.RFC3339Nano, r.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := wallclock.TruncateHour(at.In(zone)).UTC().Format(time.RFC3339); got != r.hour {
			t.Errorf("%s in %s: hour %s, want %s", r.at, r.zone, got, r.hour)
		}
		if got := wallclock.TruncateDay(at.In(zone)).UTC().Format(time.RFC3339); got != r.day {
			t.Errorf("%s in %s: day %s, want %s", r.at, r.zone, got, r.day)
		}
	}
}

func TestStartOfDay(t *testing.T) {
	for _, r := range []struct {
		zone             string
		year, month, day int
		want             string
	}{
		{"America/Havana", 2024, 11, 3, "2024-11-03T04:00:00Z"},
		{"America/Havana", 2024, 3, 10, "2024-03-10T05:00:00Z"},
		{"America/Scoresbysund", 2024, 3, 31, "2024-03-31T01:00:00Z"},
		{"America/Toronto", 1919, 3, 31, "1919-03-31T04:30:00Z"},
		{"Pacific/Apia", 2011, 12, 30, "2011-12-30T10:00:00Z"},
	} {
		zone, err := time.LoadLocation(r.zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := wallclock.StartOfDay(r.year, time.Month(r.month), r.day, zone).UTC().Format(time.RFC3339); got != r.want {
			t.Errorf("%s %d-%d-%d: %s, want %s", r.zone, r.year, r.month, r.day, got, r.want)
		}
	}
}
