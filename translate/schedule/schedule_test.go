package schedule_test

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/internal/zone"
	"github.com/dig2temporal/dig2temporal/translate/config"
	"github.com/dig2temporal/dig2temporal/translate/schedule"
)

func readTable(t *testing.T, name string, rows any) {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, rows); err != nil {
		t.Fatal(err)
	}
}

func mustZone(t *testing.T, id string) *time.Location {
	t.Helper()
	loc, err := zone.Load(id)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func mustTime(t *testing.T, text string) time.Time {
	t.Helper()
	x, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// The table is Digdag's, but for one rule: "last" is the real previous session
// time, where Digdag only estimates it.
func TestTimes(t *testing.T) {
	var rows []struct {
		Test, Scheduler, Pattern, TZ, Start, End, Op string
		Input                                        string `json:"input_utc"`
		Session                                      string `json:"session_time_utc"`
		Run                                          string `json:"run_time_utc"`
	}
	readTable(t, "times.json", &rows)
	for _, r := range rows {
		c := ordered.Of(r.Scheduler+">", r.Pattern)
		if r.Scheduler == "minutes_interval" {
			c.Set(r.Scheduler+">", json.Number(r.Pattern))
		}
		if r.Start != "" {
			c.Set("start", r.Start)
		}
		if r.End != "" {
			c.Set("end", r.End)
		}
		s, err := schedule.Parse(c, mustZone(t, r.TZ))
		if err != nil {
			t.Errorf("%s %v: %v", r.Test, c, err)
			continue
		}
		check(t, r.Test+" "+r.Pattern+" "+r.TZ, s, r.Op, mustTime(t, r.Input), mustTime(t, r.Session), mustTime(t, r.Run))
	}
	if len(rows) != 261 {
		t.Errorf("%d rows", len(rows))
	}
}

func check(t *testing.T, what string, s *schedule.Schedule, op string, input, session, run time.Time) {
	t.Helper()
	var got schedule.Time
	switch op {
	case "first":
		got = s.First(input)
	case "next":
		got = s.Next(input)
	case "last":
		got = s.Last(input)
	default:
		t.Fatalf("%s: no op %q", what, op)
	}
	if !got.Session.Equal(session) || !got.Run.Equal(run) {
		t.Errorf("%s: %s of %s is %s, run %s; want %s, run %s", what, op, input.UTC(), got.Session.UTC(), got.Run.UTC(), session.UTC(), run.UTC())
	}
}

func TestSecondsInterval(t *testing.T) {
	s, err := schedule.Parse(ordered.Of("seconds_interval>", json.Number("3"), "delay", json.Number("2")), time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	var rows []struct {
		Op                  string
		Input, Session, Run int64
	}
	readTable(t, "seconds.json", &rows)
	for _, r := range rows {
		check(t, "seconds_interval", s, r.Op, time.Unix(r.Input, 0), time.Unix(r.Session, 0), time.Unix(r.Run, 0))
	}
}

func TestLastIsReal(t *testing.T) {
	for _, r := range []struct{ pattern, zone, session, last string }{
		{"0 0 * * 1-5", "UTC", "2024-01-08T00:00:00Z", "2024-01-05T00:00:00Z"},
		{"0 9-17 * * *", "UTC", "2024-01-08T09:00:00Z", "2024-01-07T17:00:00Z"},
		{"0 9-17 * * *", "UTC", "2024-01-08T09:00:01Z", "2024-01-08T09:00:00Z"},
		{"0 9-17/4 * jan-jun mon,wed|30 12 L * *", "UTC", "2024-02-29T00:00:00Z", "2024-02-28T17:00:00Z"},
		{"0 0 29 2 *", "UTC", "2024-02-29T00:00:00Z", "2020-02-29T00:00:00Z"},
		{"0 0 29 2 *", "UTC", "1904-02-29T00:00:00Z", "1896-02-29T00:00:00Z"},
		{"* * * 1 *", "Asia/Tokyo", "2024-12-31T15:00:00Z", "2024-01-31T14:59:00Z"},
		{"0 * * * *", "America/Los_Angeles", "2024-11-03T09:00:00Z", "2024-11-03T07:00:00Z"},
		{"0 * * * *", "America/Los_Angeles", "2024-11-03T10:00:00Z", "2024-11-03T09:00:00Z"},
	} {
		s, err := schedule.Parse(ordered.Of("cron>", r.pattern), mustZone(t, r.zone))
		if err != nil {
			t.Fatal(err)
		}
		want := mustTime(t, r.last)
		check(t, r.pattern, s, "last", mustTime(t, r.session), want, want)
	}
}

func TestEnded(t *testing.T) {
	s, err := schedule.Parse(ordered.Of("daily>", "09:00:00", "end", "2024-01-31"), mustZone(t, "America/Los_Angeles"))
	if err != nil {
		t.Fatal(err)
	}
	got := s.Next(mustTime(t, "2024-01-31T08:00:00Z"))
	if !got.Ended() || got.Session.Format(time.RFC3339) != "9998-12-31T16:00:00-08:00" || !got.Run.Equal(got.Session) {
		t.Errorf("got %v", got)
	}
	if before := s.Next(mustTime(t, "2024-01-30T08:00:00Z")); before.Ended() {
		t.Errorf("got %v", before)
	}
}

func TestSpan(t *testing.T) {
	var rows []struct {
		Fn, Value, TZ, Error string
		Epoch                int64
	}
	readTable(t, "span.json", &rows)
	checked := 0
	for _, r := range rows {
		if r.Fn == "validate" {
			continue // instants, which a config can't hold; see errors.json
		}
		checked++
		s, err := schedule.Parse(ordered.Of("daily>", "00:00:00", r.Fn, r.Value), mustZone(t, r.TZ))
		if (err != nil) != (r.Error != "") {
			t.Errorf("%+v: error %v", r, err)
		}
		if err != nil {
			continue
		}
		edge := time.Unix(r.Epoch, 0)
		if r.Fn == "start" {
			if got := s.First(edge.Add(-100 * time.Hour)); !got.Run.Equal(edge) {
				t.Errorf("%+v: first run %v", r, got.Run)
			}
		} else if got := s.Next(edge.Add(-24 * time.Hour)); !got.Ended() {
			t.Errorf("%+v: run at the end: %v", r, got.Run)
		} else if got := s.Next(edge.Add(-48 * time.Hour)); !got.Run.Equal(edge.Add(-24 * time.Hour)) {
			t.Errorf("%+v: last run %v", r, got.Run)
		}
	}
	if checked != 6 {
		t.Errorf("%d rows", checked)
	}
}

func TestErrors(t *testing.T) {
	var rows []struct {
		Schedule *ordered.Object
		Error    string
	}
	readTable(t, "errors.json", &rows)
	for _, r := range rows {
		_, err := schedule.Parse(r.Schedule, time.UTC)
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != r.Error {
			t.Errorf("%s\n got %s\nwant %s", ordered.Text(r.Schedule), got, r.Error)
		}
		var wrong *config.Error
		if err == nil {
			continue
		}
		if !errors.As(err, &wrong) {
			t.Errorf("%s: error of type %T", ordered.Text(r.Schedule), err)
		} else if isPattern := strings.HasPrefix(got, "invalid pattern"); isPattern != (wrong.Kind == "invalid pattern") {
			t.Errorf("%s: kind %q", ordered.Text(r.Schedule), wrong.Kind)
		}
	}
}

func TestSkip(t *testing.T) {
	var rows []struct {
		Test     string
		Schedule *ordered.Object
		Active   int   `json:"active_attempts"`
		Late     int64 `json:"now_offset_s"`
		Started  bool
	}
	readTable(t, "skip.json", &rows)
	for _, r := range rows {
		s, err := schedule.Parse(r.Schedule, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		skip, err := schedule.ParseSkip(r.Schedule)
		if err != nil {
			t.Fatal(err)
		}
		due := s.First(time.Unix(1_700_000_000, 0))
		if skip.Skips(due, due.Run.Add(time.Duration(r.Late)*time.Second), r.Active > 0) == r.Started {
			t.Errorf("%+v", r)
		}
	}
	for _, text := range []string{`{"skip_on_overtime":"maybe"}`, `{"skip_delayed_by":60}`, `{"skip_delayed_by":"1 hour"}`} {
		o, err := ordered.ParseObject([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := schedule.ParseSkip(o); err == nil {
			t.Errorf("%s is accepted", text)
		}
	}
}

func TestUnknown(t *testing.T) {
	for _, r := range []struct{ schedule, unknown string }{
		{`{"daily>":"09:00:00","skip_on_overtime":true,"start":"2024-01-01","end":"2024-01-02","skip_delayed_by":"1h"}`, ""},
		{`{"daily>":"09:00:00","delay":5,"skip_overtime":true}`, "delay skip_overtime"},
		{`{"cron>":"0 9 * * *","delay":5,"at":"x"}`, "at"},
		{`{"_type":"daily","_command":"09:00:00"}`, ""},
		{`{"daily>":"09:00:00","_command":"x","hourly>":"00:00"}`, "_command hourly>"},
		{`{"seconds_interval>":5,"start":"2024-01-01"}`, "start"},
		{`{"none":1}`, ""},
	} {
		o, err := ordered.ParseObject([]byte(r.schedule))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(schedule.Unknown(o), " "); got != r.unknown {
			t.Errorf("%s: %q", r.schedule, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`{"cron>":"*/5 9-17 L jan,feb mon-fri/2|0 0 29 2 *","delay":60,"start":"2024-02-29","end":"2030-01-01"}`,
		`{"weekly>":"Mon,09:00:00"}`, `{"monthly>":"31,00:00:00"}`, `{"_type":"hourly","_command":"90:00"}`,
		`{"minutes_interval>":45}`, `{"seconds_interval>":7,"delay":-3}`, `{"cron>":"0 0 30 2 *"}`, `{"cron>":"5- 22-2 * * 0-7"}`,
	} {
		f.Add(seed, int64(1_700_000_000))
	}
	pacific, err := zone.Load("America/Los_Angeles")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string, at int64) {
		o, err := ordered.ParseObject([]byte(text))
		if err != nil || at < 0 || at > 4_000_000_000 {
			return
		}
		s, err := schedule.Parse(o, pacific)
		if err != nil {
			return
		}
		now := time.Unix(at, 0)
		next, last := s.Next(now), s.Last(now)
		if !next.Session.After(now) {
			t.Errorf("%s: next of %v is %v", text, now, next)
		}
		if !last.Session.Before(now) {
			t.Errorf("%s: last of %v is %v", text, now, last)
		}
		if first := s.First(now); s.Type() != "seconds_interval" && first.Run.Before(now) {
			t.Errorf("%s: first of %v is %v", text, now, first)
		}
	})
}
