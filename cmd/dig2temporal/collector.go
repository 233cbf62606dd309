package main

import (
	"os"
	"runtime/debug"

	"github.com/dig2temporal/dig2temporal/internal/coldstart"
)

// All other packages are initialized by now, in the tests of this one as well.
func init() {
	coldstart.End(func() {
		// Most heaps are small: collecting seldom saves more time than it costs memory.
		const percent = 300
		if os.Getenv("GOGC") == "" {
			debug.SetGCPercent(percent)
		}
	})
}
