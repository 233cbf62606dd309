package local

import (
	"context"
	"errors"
	"testing"

	commandpb "go.temporal.io/api/command/v1"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
)

func task(id, token string) *workflowservice.PollWorkflowTaskQueueResponse {
	return &workflowservice.PollWorkflowTaskQueueResponse{
		TaskToken: []byte(token), WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: id},
	}
}

func completed(token string, commands ...enumspb.CommandType) *workflowservice.RespondWorkflowTaskCompletedRequest {
	r := &workflowservice.RespondWorkflowTaskCompletedRequest{TaskToken: []byte(token)}
	for _, c := range commands {
		r.Commands = append(r.Commands, &commandpb.Command{CommandType: c})
	}
	return r
}

func TestEnding(t *testing.T) {
	const (
		success  = enumspb.COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION
		failure  = enumspb.COMMAND_TYPE_FAIL_WORKFLOW_EXECUTION
		another  = enumspb.COMMAND_TYPE_CONTINUE_AS_NEW_WORKFLOW_EXECUTION
		activity = enumspb.COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK
	)
	type call struct {
		req, reply proto.Message
		err        error
	}
	poll := func(task *workflowservice.PollWorkflowTaskQueueResponse) call {
		return call{&workflowservice.PollWorkflowTaskQueueRequest{}, task, nil}
	}
	respond := func(r *workflowservice.RespondWorkflowTaskCompletedRequest) call {
		return call{r, &workflowservice.RespondWorkflowTaskCompletedResponse{}, nil}
	}
	tests := map[string]struct {
		calls []call
		want  bool
	}{
		"polled":   {[]call{poll(task("root", "1")), respond(completed("1", activity, success))}, true},
		"eager":    {[]call{{&workflowservice.StartWorkflowExecutionRequest{}, &workflowservice.StartWorkflowExecutionResponse{EagerWorkflowTask: task("root", "1")}, nil}, respond(completed("1", success))}, true},
		"returned": {[]call{{completed("0", activity), &workflowservice.RespondWorkflowTaskCompletedResponse{WorkflowTask: task("root", "1")}, nil}, respond(completed("1", success))}, true},
		"later task": {[]call{
			poll(task("root", "1")), respond(completed("1", activity)), poll(task("root", "2")), respond(completed("2", success)),
		}, true},
		"a child": {[]call{poll(task("root", "1")), poll(task("child", "2")), respond(completed("2", success))}, false},
		"refused": {[]call{poll(task("root", "1")), {completed("1", success), &workflowservice.RespondWorkflowTaskCompletedResponse{}, errors.New("no")}}, false},
		"page": {[]call{poll(task("root", "1")), respond(&workflowservice.RespondWorkflowTaskCompletedRequest{
			TaskToken: []byte("1"), IntermediatePage: true, Commands: completed("1", success).Commands,
		})}, false},
		"fails":        {[]call{poll(task("root", "1")), respond(completed("1", failure))}, false},
		"goes on":      {[]call{poll(task("root", "1")), respond(completed("1", another))}, false},
		"goes on, too": {[]call{poll(task("root", "1")), respond(completed("1", another)), poll(task("root", "2")), respond(completed("2", success)), poll(task("root", "2")), respond(completed("2", success))}, true},
		"empty poll":   {[]call{poll(&workflowservice.PollWorkflowTaskQueueResponse{}), respond(completed("", success))}, false},
	}
	for name, test := range tests {
		e := newEnding()
		e.watch("root")
		for _, c := range test.calls {
			invoke := func(_ context.Context, _ string, _, _ any, _ *grpc.ClientConn, _ ...grpc.CallOption) error {
				return c.err
			}
			if err := e.intercept(t.Context(), "", c.req, c.reply, nil, invoke); !errors.Is(err, c.err) {
				t.Errorf("%s: %v", name, err)
			}
		}
		got := false
		select {
		case <-e.succeeded:
			got = true
		default:
		}
		if got != test.want {
			t.Errorf("%s: succeeded %t, want %t", name, got, test.want)
		}
	}
}
