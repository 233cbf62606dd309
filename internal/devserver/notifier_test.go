package devserver

import (
	"testing"

	"go.temporal.io/server/common/definition"
	"go.temporal.io/server/service/history/events"
)

func TestNotifier(t *testing.T) {
	n := newNotifier()
	key := definition.NewWorkflowKey("n", "w", "r")
	notify := func(next int64) {
		n.NotifyNewHistoryEvent(&events.Notification{ID: key, NextEventID: next})
	}
	notify(1) // no one listens
	id, channel, err := n.WatchHistoryEvent(key)
	if err != nil {
		t.Fatal(err)
	}
	other, otherChannel, err := n.WatchHistoryEvent(key)
	if err != nil {
		t.Fatal(err)
	}
	notify(5)
	notify(9)
	notify(7) // came late
	for _, c := range []chan *events.Notification{channel, otherChannel} {
		if got := (<-c).NextEventID; got != 9 {
			t.Errorf("got event %d, want the latest, 9", got)
		}
		if len(c) != 0 {
			t.Error("there is another notification")
		}
	}
	for _, id := range []string{id, other} {
		if err := n.UnwatchHistoryEvent(key, id); err != nil {
			t.Error(err)
		}
	}
	if err := n.UnwatchHistoryEvent(key, id); err == nil {
		t.Error("no error for one who doesn't watch")
	}
	if len(n.watchers) != 0 {
		t.Errorf("%d watchers are left", len(n.watchers))
	}
}
