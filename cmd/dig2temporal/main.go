// Command dig2temporal runs Digdag workflow files on Temporal.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	interrupts := make(chan os.Signal, 2)
	command := &Command{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		Env: os.Environ(), Now: time.Now, Zone: time.Local, Interrupts: interrupts,
		Listen: func() func() {
			signal.Notify(interrupts, os.Interrupt, syscall.SIGTERM)
			return func() { signal.Stop(interrupts) }
		},
	}
	os.Exit(command.Main(context.Background(), os.Args[1:]))
}
