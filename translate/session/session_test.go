package session_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/internal/zone"
	"github.com/dig2temporal/dig2temporal/translate/schedule"
	"github.com/dig2temporal/dig2temporal/translate/session"
)

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

func mustSchedule(t *testing.T, config *ordered.Object, loc *time.Location) *schedule.Schedule {
	t.Helper()
	s, err := schedule.Parse(config, loc)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// testdata/option.tsv: zone, text, and the instant or "-".
func TestParseOptionDates(t *testing.T) {
	text, err := os.ReadFile("testdata/option.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimRight(string(text), "\n"), "\n") {
		row := strings.Split(line, "\t")
		got, source, err := session.ParseOption(row[1], session.Option{Zone: mustZone(t, row[0])})
		show := "-"
		if err == nil {
			show = got.UTC().Format(time.RFC3339)
		}
		if show != row[2] || source != session.Given {
			t.Errorf("%q in %s: %s, %v; want %s", row[1], row[0], show, err, row[2])
		}
	}
}

func TestParseOptionWords(t *testing.T) {
	kolkata := mustZone(t, "Asia/Kolkata")
	now := mustTime(t, "2024-03-10T20:31:10.5Z")
	last := mustTime(t, "2020-01-01T00:00:00Z")
	daily := mustSchedule(t, ordered.Of("daily>", "09:00:00"), kolkata)
	for _, r := range []struct {
		text   string
		s      *schedule.Schedule
		last   *time.Time
		want   string
		source session.Source
	}{
		{"hourly", nil, &last, "2024-03-11T02:00:00+05:30", session.Given},
		{"daily", daily, &last, "2024-03-11T00:00:00+05:30", session.Given},
		{"last", daily, &last, "2020-01-01T00:00:00Z", session.Reused},
		{"last", daily, nil, "2024-03-11T00:00:00+05:30", session.OnSchedule},
		{"", nil, nil, "2024-03-11T00:00:00+05:30", session.Today},
		{"schedule", daily, &last, "2024-03-11T00:00:00+05:30", session.Given},
		{"schedule", nil, &last, "--session schedule is set but schedule is not set to this workflow.", 0},
		{"2024-02-29T09:00:00+09:00", nil, nil, "2024-02-29T05:30:00+05:30", session.Given},
		{"2024-02-29T00:00:00Z", nil, nil, "2024-02-29T05:30:00+05:30", session.Given},
		{"2024-02-29T00:00:00.000Z", nil, nil, "2024-02-29T05:30:00+05:30", session.Given},
		{"2024-02-29T00:00Z", nil, nil, "2024-02-29T05:30:00+05:30", session.Given},
		{"2024-02-29T00:00:00-0800", nil, nil, "2024-02-29T13:30:00+05:30", session.Given},
		{"2023-02-29T00:00:00Z", nil, nil, `--session must be hourly, daily, last, "yyyy-MM-dd", or "yyyy-MM-dd HH:mm:SS" format: 2023-02-29T00:00:00Z`, 0},
		{"2024-02-29T00:00:00.5Z", nil, nil, `--session must be hourly, daily, last, "yyyy-MM-dd", or "yyyy-MM-dd HH:mm:SS" format: 2024-02-29T00:00:00.5Z`, 0},
		{"Daily", nil, nil, `--session must be hourly, daily, last, "yyyy-MM-dd", or "yyyy-MM-dd HH:mm:SS" format: Daily`, 0},
	} {
		got, source, err := session.ParseOption(r.text, session.Option{Zone: kolkata, Now: now, Schedule: r.s, Last: r.last})
		show := got.Format(time.RFC3339)
		if err != nil {
			show = err.Error()
		}
		if show != r.want || source != r.source {
			t.Errorf("%q: %s from %d, want %s from %d", r.text, show, source, r.want, r.source)
		}
	}
}

func TestParams(t *testing.T) {
	var rows []struct {
		Zone, Session string
		Schedule      *ordered.Object
		LastExecuted  string `json:"last_executed"`
		Params        *ordered.Object
		Want          *ordered.Object
		Absent        []string
	}
	text, err := os.ReadFile("testdata/params.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &rows); err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		loc, at := mustZone(t, r.Zone), mustTime(t, r.Session)
		var s *schedule.Schedule
		if r.Schedule != nil {
			s = mustSchedule(t, r.Schedule, loc)
		}
		var executed *time.Time
		if r.LastExecuted != "" {
			x := mustTime(t, r.LastExecuted)
			executed = &x
		}
		all := r.Params.Merge(session.Scheduled(s, at, loc, executed))
		all = all.Merge(session.Params(session.Runtime{Zone: loc, SessionTime: at, TaskName: "+wf+a", SessionID: 7, AttemptID: 8, ProjectID: 9, UUID: "u"}, all))
		for _, k := range r.Want.Keys() {
			want, _ := r.Want.Get(k)
			if got, ok := all.Get(k); !ok || !ordered.Equal(got, want) {
				t.Errorf("%s %s %s: %s is %v, want %v", r.Zone, r.Session, ordered.Text(r.Schedule), k, got, want)
			}
		}
		for _, k := range r.Absent {
			if all.Has(k) {
				t.Errorf("%s %s: %s is there", r.Zone, r.Session, k)
			}
		}
	}
}

func TestParamsOrder(t *testing.T) {
	at := mustTime(t, "2024-01-01T00:00:00Z")
	all := session.Params(session.Runtime{Zone: time.UTC, SessionTime: at, RetryAttemptName: "again"}, nil)
	const want = "timezone session_uuid session_time session_id session_date session_date_compact session_local_time session_tz_offset" +
		" session_unixtime last_executed_session_time last_executed_session_date last_executed_session_date_compact" +
		" last_executed_session_local_time last_executed_session_tz_offset last_executed_session_unixtime project_id" +
		" retry_attempt_name attempt_id task_name"
	if got := strings.Join(all.Keys(), " "); got != want {
		t.Errorf("got %s", got)
	}
}

func TestText(t *testing.T) {
	la := mustZone(t, "America/Los_Angeles")
	at := mustTime(t, "2016-01-30T08:00:00Z")
	if got := session.Text(at, la); got != "2016-01-30T00:00:00-08:00" {
		t.Error(got)
	}
	if got := session.Text(at, time.UTC); got != "2016-01-30T08:00:00+00:00" {
		t.Error(got)
	}
	if got := session.FolderName(at, la); got != "20160130T000000-0800" {
		t.Error(got)
	}
	for _, wrong := range []string{"", "2016-01-30T08:00:00Z", "2016-01-30T08:00:00.5+00:00", "2016-01-30 08:00:00", "2016-02-30T08:00:00+00:00"} {
		if got, err := session.ParseText(wrong); err == nil {
			t.Errorf("%q is %v", wrong, got)
		}
	}
}

func FuzzParseOption(f *testing.F) {
	for _, seed := range []string{"daily", "last", "2024-02-30", "2024-01-01 24:00:00", "2024-03-10 02:30:00", "2024-01-01T00:00:00+09:00", "0000-00-00", ""} {
		f.Add(seed)
	}
	loc, err := zone.Load("America/Los_Angeles")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, _, err := session.ParseOption(text, session.Option{Zone: loc, Now: time.Unix(1_700_000_000, 0)})
		if err != nil {
			return
		}
		if got.Nanosecond() != 0 || got.Location() != loc {
			t.Errorf("%q: %v", text, got)
		}
		again, err := session.ParseText(session.Text(got, loc))
		if _, offset := got.Zone(); offset%60 == 0 && (err != nil || !again.Equal(got)) {
			t.Errorf("%q: %v is read again as %v, %v", text, got, again, err)
		}
	})
}
