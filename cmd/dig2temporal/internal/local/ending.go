package local

import (
	"context"
	"sync"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
)

// ending sees a workflow succeed in what its worker, which is in this process, tells
// the server. The server's own answer to who waits for a result comes a good while
// later, since it writes lists before and reads the history for it.
type ending struct {
	// succeeded is closed when the server has accepted the success.
	succeeded chan struct{}

	mu sync.Mutex
	// id is the workflow, token the last workflow task that it was given.
	id    string
	token string
}

func newEnding() *ending { return &ending{succeeded: make(chan struct{})} }

// watch says which workflow it is about, before it is started.
func (e *ending) watch(id string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.id = id
}

func (e *ending) dialOption() grpc.DialOption { return grpc.WithChainUnaryInterceptor(e.intercept) }

func (e *ending) intercept(
	ctx context.Context, method string, req, reply any,
	conn *grpc.ClientConn, next grpc.UnaryInvoker, options ...grpc.CallOption,
) error {
	err := next(ctx, method, req, reply, conn, options...)
	if err != nil {
		return err
	}
	if r, ok := req.(*workflowservice.RespondWorkflowTaskCompletedRequest); ok && succeeds(r) {
		e.completed(string(r.GetTaskToken()))
	}
	switch r := reply.(type) {
	case *workflowservice.PollWorkflowTaskQueueResponse:
		e.given(r)
	case *workflowservice.StartWorkflowExecutionResponse:
		e.given(r.GetEagerWorkflowTask())
	case *workflowservice.RespondWorkflowTaskCompletedResponse:
		e.given(r.GetWorkflowTask())
	}
	return nil
}

// succeeds says whether a workflow ends here; continuing as new is no end.
func succeeds(r *workflowservice.RespondWorkflowTaskCompletedRequest) bool {
	if r.GetIntermediatePage() {
		// The server acts on the commands when the last page has come.
		return false
	}
	for _, c := range r.GetCommands() {
		if c.GetCommandType() == enumspb.COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION {
			return true
		}
	}
	return false
}

func (e *ending) given(task *workflowservice.PollWorkflowTaskQueueResponse) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.id != "" && task.GetWorkflowExecution().GetWorkflowId() == e.id {
		e.token = string(task.GetTaskToken())
	}
}

func (e *ending) completed(token string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if token == "" || token != e.token {
		return
	}
	select {
	case <-e.succeeded:
	default:
		close(e.succeeded)
	}
}
