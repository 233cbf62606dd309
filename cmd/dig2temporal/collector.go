package main

import (
	"os"

	"github.com/dig2temporal/dig2temporal/internal/coldstart"
)

// All other packages are initialized by now, in the tests of this one as well.
func init() {
	// Most runs are short and their heap is small: collecting it seldom saves more
	// time than it costs memory.
	const percent = 300
	coldstart.End(os.Getenv, percent)
}
