package activities

import (
	"context"
	"testing"
	"time"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/operators"
)

type silentLogs struct{}

func (silentLogs) Open(LogRun) (TaskLog, error) { return silentLog{}, nil }

type silentLog struct{}

func (silentLog) Write(p []byte) (int, error) { return len(p), nil }
func (silentLog) Line(Level, string)          {}
func (silentLog) Enabled(Level) bool          { return false }
func (silentLog) Close() error                { return nil }

// BenchmarkRun is what the adaptor costs beside Temporal and the operator.
func BenchmarkRun(b *testing.B) {
	a := New(Options{Registry: operators.Default(), Logs: silentLogs{}})
	params := ordered.New()
	for _, k := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		params.Set(k, "value of "+k)
	}
	req := &Request{
		Session: &Session{Project: "p", Timezone: "Asia/Tokyo", Time: time.Now(), Schedule: ordered.Of("cron>", "0 9-17 * * 1-5")},
		Task:    "+main+t", Type: "echo", Config: ordered.Of("echo>", "hello ${a} ${session_date}"), Params: params,
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := a.Run(context.Background(), req); err != nil {
			b.Fatal(err)
		}
	}
}
