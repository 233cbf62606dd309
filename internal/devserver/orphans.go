package devserver

import (
	"context"
	"errors"
	"fmt"
	"strings"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/server/api/adminservice/v1"
	persistencespb "go.temporal.io/server/api/persistence/v1"
	"go.temporal.io/server/common"
	"go.temporal.io/server/common/tasktoken"
)

const orphanIdentity = "dig2temporal-recovery"

// Orphans counts the tasks that ReleaseOrphans ended.
type Orphans struct {
	Activities, WorkflowTasks int
}

// ReleaseOrphans ends every task of the namespace that a worker has started, as if its timeout had come: activities
// are retried as their policy says, workflow tasks start anew. After a crash the server would find out by itself, but
// only after the heartbeat timeout of an activity and the 10 seconds of a workflow task.
//
// Activities are ended only if the identity of their worker begins with identity: those of workers outside of the
// process may well be running. It is right only before a worker of such an identity runs.
func (s *Server) ReleaseOrphans(ctx context.Context, identity string) (Orphans, error) {
	var released Orphans
	conn, err := s.network.frontend.connect()
	if err != nil {
		return released, err
	}
	defer conn.Close()
	r := recovery{
		namespace: s.namespace,
		workflows: workflowservice.NewWorkflowServiceClient(conn),
		admin:     adminservice.NewAdminServiceClient(conn),
		released:  &released,
		identity:  identity,
	}
	ns, err := r.workflows.DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: s.namespace})
	if err != nil {
		return released, fmt.Errorf("look for tasks of ended workers: %w", err)
	}
	r.namespaceID = ns.GetNamespaceInfo().GetId()

	request := &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: s.namespace, PageSize: 1000, Query: `ExecutionStatus = "Running"`,
	}
	for {
		page, err := r.workflows.ListWorkflowExecutions(ctx, request)
		if err != nil {
			return released, fmt.Errorf("look for tasks of ended workers: %w", err)
		}
		for _, e := range page.Executions {
			if err := r.release(ctx, e.Execution); err != nil {
				return released, fmt.Errorf("release workflow %q: %w", e.Execution.WorkflowId, err)
			}
		}
		if len(page.NextPageToken) == 0 {
			return released, nil
		}
		request.NextPageToken = page.NextPageToken
	}
}

type recovery struct {
	namespace, namespaceID string
	workflows              workflowservice.WorkflowServiceClient
	admin                  adminservice.AdminServiceClient
	released               *Orphans
	identity               string
}

func (r *recovery) release(ctx context.Context, execution *commonpb.WorkflowExecution) error {
	described, err := r.admin.DescribeMutableState(ctx, &adminservice.DescribeMutableStateRequest{
		Namespace: r.namespace, Execution: execution,
	})
	if err != nil {
		return ignoreGone(err)
	}
	state := described.GetDatabaseMutableState()
	for _, activity := range state.GetActivityInfos() {
		if activity.StartedEventId == common.EmptyEventID || !strings.HasPrefix(activity.StartedIdentity, r.identity) {
			continue
		}
		ended, err := r.failActivity(ctx, execution, activity)
		if err != nil {
			return err
		}
		if ended {
			r.released.Activities++
		}
	}
	if info := state.GetExecutionInfo(); info.GetWorkflowTaskStartedEventId() != common.EmptyEventID {
		ended, err := r.failWorkflowTask(ctx, execution, info)
		if err != nil {
			return err
		}
		if ended {
			r.released.WorkflowTasks++
		}
	}
	return nil
}

func (r *recovery) failActivity(
	ctx context.Context, execution *commonpb.WorkflowExecution, activity *persistencespb.ActivityInfo,
) (bool, error) {
	_, err := r.workflows.RespondActivityTaskFailedById(ctx, &workflowservice.RespondActivityTaskFailedByIdRequest{
		Namespace:  r.namespace,
		WorkflowId: execution.WorkflowId,
		RunId:      execution.RunId,
		ActivityId: activity.ActivityId,
		Identity:   orphanIdentity,
		Failure: &failurepb.Failure{
			Message: "the process of the worker ended",
			Source:  "Server",
			FailureInfo: &failurepb.Failure_TimeoutFailureInfo{TimeoutFailureInfo: &failurepb.TimeoutFailureInfo{
				TimeoutType:          enumspb.TIMEOUT_TYPE_HEARTBEAT,
				LastHeartbeatDetails: activity.LastHeartbeatDetails,
			}},
		},
	})
	return err == nil, ignoreGone(err)
}

func (r *recovery) failWorkflowTask(
	ctx context.Context, execution *commonpb.WorkflowExecution, info *persistencespb.WorkflowExecutionInfo,
) (bool, error) {
	token, err := tasktoken.NewSerializer().Serialize(tasktoken.NewWorkflowTaskToken(
		r.namespaceID, execution.WorkflowId, execution.RunId,
		info.WorkflowTaskScheduledEventId, info.WorkflowTaskStartedEventId, nil,
		info.WorkflowTaskAttempt, nil, info.WorkflowTaskVersion,
	))
	if err != nil {
		return false, err
	}
	_, err = r.workflows.RespondWorkflowTaskFailed(ctx, &workflowservice.RespondWorkflowTaskFailedRequest{
		Namespace: r.namespace,
		TaskToken: token,
		Identity:  orphanIdentity,
		Cause:     enumspb.WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE,
		Failure:   &failurepb.Failure{Message: "the process of the worker ended", Source: "Server"},
	})
	return err == nil, ignoreGone(err)
}

// ignoreGone drops the error that says that a task or an execution ended by itself in the meantime.
func ignoreGone(err error) error {
	var gone *serviceerror.NotFound
	if errors.As(err, &gone) {
		return nil
	}
	return err
}
