package worker

import (
	"fmt"
	"strings"

	"go.temporal.io/sdk/workflow"
)

// maxDetails is how many tasks the details show.
const maxDetails = 100

var stateMarks = map[State]string{
	Success: "✓", Error: "✗", GroupError: "✗", Canceled: "⊘", Blocked: "·",
	Running: "▶", Planned: "▶", RetryWaiting: "↻", GroupRetryWaiting: "↻",
}

// showDetails writes the tree of tasks into what the Web UI shows on the page of
// the execution. It costs no event.
func (x *execution) showDetails(ctx workflow.Context) {
	x.shown = x.finished
	var b strings.Builder
	write := func(parts ...string) {
		for _, p := range parts {
			b.WriteString(p)
		}
	}
	lines := 0
	var show func(n *node, depth int)
	show = func(n *node, depth int) {
		if lines >= maxDetails {
			return
		}
		lines++
		name := n.task.Name
		if n.remote != nil && n.remote.To > 0 {
			name = fmt.Sprintf("%s [%d–%d]", name, n.remote.From, n.remote.To-1)
		}
		for range depth {
			b.WriteString("  ")
		}
		write("- ", stateMarks[n.state], " `", name, "`")
		if n.task.Type != "" {
			write(" ", n.task.Type, ">")
		}
		write(" ", string(n.state))
		if n.err != nil {
			message, _, _ := strings.Cut(n.err.String("message"), "\n")
			write(": ", message)
		}
		write("\n")
		for _, c := range n.children {
			show(c, depth+1)
		}
	}
	show(x.root, 0)
	if lines >= maxDetails {
		b.WriteString("- …\n")
	}
	workflow.SetCurrentDetails(ctx, b.String())
}
