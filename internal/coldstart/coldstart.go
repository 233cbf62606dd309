// Package coldstart keeps the garbage collector from running while the program
// starts. The packages of a Temporal server and of four clouds build tables of 9 MB
// before main begins; to collect what is all in use takes a tenth of the start, and
// most commands end before there is anything worth collecting.
//
// It works by being imported: Go initializes a package as soon as those that it
// imports are, in the order of their paths, so one that imports nothing comes
// before nearly all others. For lack of imports it can't turn the collector off. It
// takes memory instead, which is never touched and so costs none: the next
// collection comes when the heap has grown by as much again.
package coldstart

import "runtime"

// size is what the heap grows to until the first collection, in bytes. What a short
// command takes stays below it.
const size = 64 << 20

var ballast []byte

func init() { ballast = make([]byte, size) }

// End gives the memory back, but not before the first collection, and then calls
// first.
func End(first func()) {
	runtime.AddCleanup(&ballast[0], func(first func()) { first() }, first)
	ballast = nil
}
