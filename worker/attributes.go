package worker

import (
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"github.com/dig2temporal/dig2temporal/activities"
)

// The search attributes of attempts.
var (
	AttributeProject     = temporal.NewSearchAttributeKeyKeyword("DigdagProject")
	AttributeWorkflow    = temporal.NewSearchAttributeKeyKeyword("DigdagWorkflow")
	AttributeRevision    = temporal.NewSearchAttributeKeyKeyword("DigdagRevision")
	AttributeSessionTime = temporal.NewSearchAttributeKeyTime("DigdagSessionTime")
	AttributeAttempt     = temporal.NewSearchAttributeKeyInt64("DigdagAttempt")
)

// AttributeTypes are the search attributes that a namespace must have.
func AttributeTypes() map[string]enumspb.IndexedValueType {
	types := map[string]enumspb.IndexedValueType{}
	for _, k := range []temporal.SearchAttributeKey{AttributeProject, AttributeWorkflow, AttributeRevision, AttributeSessionTime, AttributeAttempt} {
		types[k.GetName()] = k.GetValueType()
	}
	return types
}

// SearchAttributes returns those of an attempt.
func SearchAttributes(s *activities.Session) temporal.SearchAttributes {
	list := []temporal.SearchAttributeUpdate{
		AttributeProject.ValueSet(s.Project),
		AttributeWorkflow.ValueSet(s.Workflow),
		AttributeSessionTime.ValueSet(s.Time),
		AttributeAttempt.ValueSet(s.AttemptID),
	}
	if s.Revision != "" {
		list = append(list, AttributeRevision.ValueSet(s.Revision))
	}
	return temporal.NewSearchAttributes(list...)
}

// AttemptIDOf reads the attempt's id out of what the server tells; 0 when it has
// none.
func AttemptIDOf(a *commonpb.SearchAttributes) int64 {
	var id int64
	if p := a.GetIndexedFields()[AttributeAttempt.GetName()]; p != nil {
		if converter.GetDefaultDataConverter().FromPayload(p, &id) != nil {
			return 0
		}
	}
	return id
}

// The keys of an attempt's memo: what listings show beside search attributes.
const (
	MemoUUID      = "session_uuid"
	MemoRetryName = "retry_attempt_name"
)

// Memo returns that of an attempt.
func Memo(s *activities.Session) map[string]any {
	return map[string]any{MemoUUID: s.UUID, MemoRetryName: s.RetryAttemptName}
}

// Summary is the one line that the Web UI shows for an attempt.
func Summary(s *activities.Session) string {
	return fmt.Sprintf("%s, session %s", s.Workflow, strings.TrimSuffix(s.Time.Format("2006-01-02 15:04:05 -07:00"), " +00:00"))
}

// SessionID is the number of a session: the same for all its attempts, made from
// its Workflow ID. It fits into a JavaScript number.
func SessionID(workflowID string) int64 {
	h := fnv.New64a()
	h.Write([]byte(workflowID))
	return int64(h.Sum64() >> 11)
}

// NewAttemptID is the number of an attempt that starts now: later attempts have
// higher ones. It fits into a JavaScript number.
func NewAttemptID(now time.Time) int64 {
	return now.UnixMicro()
}
