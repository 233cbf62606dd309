package coldstart

import (
	"runtime/debug"
	"testing"
)

func TestEnd(t *testing.T) {
	before := percent
	defer debug.SetGCPercent(before)
	if now := debug.SetGCPercent(-1); now != -1 {
		t.Errorf("at the start the collector runs at %d %%", now)
	}
	for gogc, want := range map[string]int{"": 300, "42": before} {
		percent = before
		End(func(string) string { return gogc }, 300)
		if now := debug.SetGCPercent(-1); now != want {
			t.Errorf("with GOGC=%q it runs at %d %%, want %d", gogc, now, want)
		}
	}
}
