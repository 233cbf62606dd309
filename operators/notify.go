package operators

import (
	"context"

	"github.com/dig2temporal/dig2temporal/translate/config"
)

// Notify is notify>.
type Notify struct{}

// Spec describes notify>.
func (Notify) Spec() *Spec {
	return &Spec{
		Name:    "notify",
		Summary: "Sends a notification.",
		Description: "Sends the text to where the worker's configuration says: an address, a URL, a command. Without a configuration nothing is sent " +
			"and the task succeeds. Failed workflows send one by themselves. A repeat after a crash may send it twice.",
		Command: Option{Name: "notify>", Type: "string", Required: true, Description: "The text."},
		Examples: []Example{{
			Title: "Tell that a load is done",
			Dig:   "+done:\n  notify>: the load of ${session_date} is done\n",
		}},
		Since:   "0.1.0",
		NoFiles: true,
	}
}

// Run sends the notification.
func (Notify) Run(ctx context.Context, t *Task) (*Result, error) {
	text, err := config.GetText(t.Config, "_command")
	if err != nil {
		return nil, err
	}
	if t.Notifier == nil {
		return &Result{}, nil
	}
	err = t.Notifier.Notify(ctx, &Notification{Time: t.Now(), Message: text, Task: t.Name, Config: t.Config})
	if err != nil {
		return nil, &Failure{Message: err.Error(), Kind: "notification"}
	}
	return &Result{}, nil
}
