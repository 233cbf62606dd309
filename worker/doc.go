// Package worker holds the interpreter: two workflow types that walk a plan and
// decide what may start, and nothing else. It evaluates no expression, reads no
// clock and no file; all of that happens in activities, whose results are
// recorded. So an execution can be replayed anywhere, and its state is its
// history.
//
// # How a plan is walked
//
// An execution keeps a tree of nodes, one for each task that users see. A node
// is run by one coroutine, straight down its life: a group runs its children
// and waits for them, an operator task calls its activity and then runs what it
// generated ("^sub", "^check"). When children failed the node is run again if
// its _retry allows it (a new generation of child nodes beside the old ones),
// else its "^error" runs. A failure cancels nothing: what depends on a failed
// task stays blocked, everything else goes on.
//
// # What a task sees
//
// The params of a task are a fold over the tree in definition order: from the
// root down to the task, at each level first the stores of the siblings that
// the level depends on, with all that lies below them, then the exports and the
// stores of the level itself. So that this costs nothing twice, each finished
// node has the sum of the stores below it (delta), and the children of a group
// extend one running fold as long as they depend on all earlier ones.
//
// # How histories stay short
//
// What a task generates runs in a child workflow, and so does a group that the
// execution has no more room for: each execution counts the events that its
// tasks will need and stays below a budget. Loops and groups too long for one
// execution are cut into pieces that run as children, which may be cut again. So
// are the generations of a group that is run again and again. The rows of a task
// then lie in another execution; a TaskTree refers to it.
package worker
