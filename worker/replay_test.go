package worker

import (
	"path/filepath"
	"testing"

	"go.temporal.io/sdk/worker"

	"github.com/dig2temporal/dig2temporal/internal/codec"
)

// Every recorded history must replay for ever: it stands for an attempt that is
// running while the worker under it is replaced. The corpus is written by the
// tests in servertest with -record; a new interpreter adds histories and
// changes none.
func TestRecordedHistoriesReplay(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "history", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatal("there are no recorded histories")
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			replayer, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{DataConverter: codec.DataConverter()})
			if err != nil {
				t.Fatal(err)
			}
			RegisterWorkflows(replayer)
			if err := replayer.ReplayWorkflowHistoryFromJSONFile(nil, file); err != nil {
				t.Error(err)
			}
		})
	}
}
