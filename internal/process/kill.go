package process

import "context"

// Variable is what commands carry in their environment on Linux, so that all of
// what they start is found: marks, outermost first, since a command may run this
// program.
const Variable = "DIG2TEMPORAL_COMMAND"

type killKey struct{}

// WithKill returns a context for commands that are cancelled without patience:
// as soon as the channel is closed, a cancelled command is not given its Grace
// any longer.
func WithKill(ctx context.Context, kill <-chan struct{}) context.Context {
	return context.WithValue(ctx, killKey{}, kill)
}

// Killed is the channel of WithKill, nil when there is none.
func Killed(ctx context.Context) <-chan struct{} {
	kill, _ := ctx.Value(killKey{}).(<-chan struct{})
	return kill
}
