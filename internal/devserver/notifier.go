package devserver

import (
	"strconv"
	"sync"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/server/common/definition"
	"go.temporal.io/server/service/history/events"
)

// notifier tells those who wait for an execution that it has new events.
//
// The server's own drops a notification if the one before hasn't been fetched. If the last one is dropped, the end of
// an execution, its result arrives only when the long poll expires, 20 seconds later. That takes two workflow tasks
// within the time a goroutine needs to be scheduled, which is rare between machines and common within one process.
// Here a new notification takes the place of the old one.
type notifier struct {
	mu       sync.Mutex
	last     uint64
	watchers map[definition.WorkflowKey]map[string]chan *events.Notification
}

var _ events.Notifier = (*notifier)(nil)

func newNotifier() *notifier {
	return &notifier{watchers: map[definition.WorkflowKey]map[string]chan *events.Notification{}}
}

func (n *notifier) Start() {}
func (n *notifier) Stop()  {}

func (n *notifier) WatchHistoryEvent(key definition.WorkflowKey) (string, chan *events.Notification, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.last++
	id := strconv.FormatUint(n.last, 10)
	channel := make(chan *events.Notification, 1)
	if n.watchers[key] == nil {
		n.watchers[key] = map[string]chan *events.Notification{}
	}
	n.watchers[key][id] = channel
	return id, channel, nil
}

func (n *notifier) UnwatchHistoryEvent(key definition.WorkflowKey, id string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, ok := n.watchers[key][id]; !ok {
		return serviceerror.NewInternal("no one watches this workflow execution under this number")
	}
	delete(n.watchers[key], id)
	if len(n.watchers[key]) == 0 {
		delete(n.watchers, key)
	}
	return nil
}

func (n *notifier) NotifyNewHistoryEvent(event *events.Notification) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, channel := range n.watchers[event.ID] {
		latest := event
		select {
		case waiting := <-channel:
			if waiting.NextEventID > event.NextEventID {
				latest = waiting
			}
		default:
		}
		channel <- latest // there is room: only we send, and we hold the lock
	}
}
