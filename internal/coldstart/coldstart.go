// Package coldstart keeps the garbage collector from running while the program
// starts. The packages of a Temporal server and of four clouds build tables of 9 MB
// before main begins; to collect what is all in use takes a tenth of the start.
//
// It works by being imported: Go initializes a package as soon as those that it
// imports are, in the order of their paths, and this one imports next to nothing.
// Whoever imports it has to call End from an init of its own, or nothing is ever
// collected.
package coldstart

import "runtime/debug"

var percent = debug.SetGCPercent(-1)

// End lets the collector run again, at the percentage that GOGC names, or at the
// given one without it.
func End(env func(string) string, usual int) {
	if env("GOGC") == "" {
		percent = usual
	}
	debug.SetGCPercent(percent)
}
