package schedule_test

import (
	"testing"
	"time"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/schedule"
)

func TestSLADue(t *testing.T) {
	for _, r := range []struct{ sla, zone, run, due string }{
		{`{"duration":"01:30"}`, "UTC", "2024-01-01T00:00:00Z", "2024-01-01T01:30:00Z"},
		{`{"duration":"0:0:5"}`, "UTC", "2024-01-01T00:00:00.25Z", "2024-01-01T00:00:05.25Z"},
		{`{"time":"01:30"}`, "America/Los_Angeles", "2024-11-03T07:30:00Z", "2024-11-03T09:30:00Z"},
		{`{"time":"01:30"}`, "America/Los_Angeles", "2024-11-03T08:45:00Z", "2024-11-03T09:30:00Z"},
		{`{"time":"01:30"}`, "America/Los_Angeles", "2024-11-03T09:45:00Z", "2024-11-04T09:30:00Z"},
		{`{"time":"02:30:00"}`, "America/Los_Angeles", "2024-03-10T08:00:00Z", "2024-03-10T10:30:00Z"},
		{`{"time":"05:00"}`, "Asia/Tokyo", "2024-03-10T20:00:00.5Z", "2024-03-10T20:00:00.5Z"},
		{`{"time":"05:00"}`, "Asia/Tokyo", "2024-03-10T20:00:01Z", "2024-03-11T20:00:00Z"},
		{`{"time":"26:30:15"}`, "Asia/Tokyo", "2024-03-10T20:00:00Z", "2024-03-11T17:30:15Z"},
		{`{"time":"-1:00"}`, "Asia/Tokyo", "2024-03-10T20:00:00Z", "2024-03-11T14:00:00Z"},
	} {
		s := mustSLA(t, r.sla)
		if got := s.Due(mustTime(t, r.run), mustZone(t, r.zone)); !got.Equal(mustTime(t, r.due)) {
			t.Errorf("%s at %s in %s: %s, want %s", r.sla, r.run, r.zone, got.UTC().Format(time.RFC3339Nano), r.due)
		}
	}
}

func mustSLA(t *testing.T, text string) *schedule.SLA {
	t.Helper()
	s, err := parseSLA(t, text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func parseSLA(t *testing.T, text string) (*schedule.SLA, error) {
	t.Helper()
	o, err := ordered.ParseObject([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return schedule.ParseSLA(o)
}

func TestSLAKeys(t *testing.T) {
	s := mustSLA(t, `{"time":"09:00","+notice":{"echo>":"late"},"fail":"true","_retry":1}`)
	if !s.Alert || !s.Fail || ordered.Text(s.Task) != `{"+notice":{"echo>":"late"},"_retry":1}` {
		t.Errorf("%+v %s", s, ordered.Text(s.Task))
	}
	if s = mustSLA(t, `{"time":"09:00","alert":false,"fail":"perhaps"}`); s.Alert || s.Fail || s.Task.Len() != 0 {
		t.Errorf("%+v", s)
	}
}

func TestSLAErrors(t *testing.T) {
	const neither = "SLA must be specified using either the 'time' or 'duration' option"
	for text, want := range map[string]string{
		`{}`:                                     neither,
		`{"alert":true}`:                         neither,
		`{"time":"9:00","duration":"1:00"}`:      neither,
		`{"time":null}`:                          neither,
		`{"time":"9"}`:                           "SLA time option needs to be HH:MM or HH:MM:SS format: 9",
		`{"duration":"1h"}`:                      "SLA duration option needs to be HH:MM or HH:MM:SS format: 1h",
		`{"duration":"1:2:3:4"}`:                 "SLA duration option needs to be HH:MM or HH:MM:SS format: 1:2:3:4",
		`{"duration":"a:b"}`:                     "SLA duration option needs to be HH:MM or HH:MM:SS format: a:b",
		`{"time":["9:00"]}`:                      `Expected string type for key 'time' but got ["9:00"] (array)`,
		`{"duration":"99999999999:00","x>":"y"}`: "SLA duration option needs to be HH:MM or HH:MM:SS format: 99999999999:00",
	} {
		if _, err := parseSLA(t, text); err == nil || err.Error() != want {
			t.Errorf("%s: %v", text, err)
		}
	}
}
