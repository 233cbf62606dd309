package main

import (
	"runtime/debug"
	"testing"
)

func TestCollectorRuns(t *testing.T) {
	percent := debug.SetGCPercent(100)
	debug.SetGCPercent(percent)
	if percent < 0 {
		t.Errorf("the garbage collector is off")
	}
}
