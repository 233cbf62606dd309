package cluster

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	namespacepb "go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/dig2temporal/dig2temporal/worker"
)

// Settings are what all clients and workers of a namespace have to agree on. They
// are kept in the data of the namespace, so that one address is enough to work
// with a cluster.
type Settings struct {
	// Store is the URL of the blob store, Keeper that of what encrypts secrets.
	Store, Keeper string
	// WebUI is the address of the Web UI, such as "http://localhost:8233".
	WebUI string
	// Server tells that the namespace is that of a "dig2temporal server", which sets
	// its stores itself.
	Server bool
	// Routes are the task queues of operators that other workers serve than those
	// of the attempt.
	Routes map[string]string
}

// The keys of the namespace's data.
const (
	dataStore  = "dig2temporal.store"
	dataKeeper = "dig2temporal.keeper"
	dataWebUI  = "dig2temporal.web_ui"
	dataServer = "dig2temporal.server"
	// The routes are one value for each operator.
	dataRoute = "dig2temporal.route."
)

// held reads the settings of the namespace.
func (c *Cluster) held(ctx context.Context) (Settings, error) {
	about, err := c.Client.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: c.Namespace})
	var missing *serviceerror.NamespaceNotFound
	var denied *serviceerror.PermissionDenied
	switch {
	case errors.As(err, &missing):
		return Settings{}, fmt.Errorf("the Temporal server at %s has no namespace %q", c.Address, c.Namespace)
	case errors.As(err, &denied):
		// Whoever may not read the namespace has to be told by the environment.
		return Settings{}, nil
	case err != nil:
		return Settings{}, unreachable(c.Address, err)
	}
	data := about.GetNamespaceInfo().GetData()
	s := Settings{
		Store: data[dataStore], Keeper: data[dataKeeper], WebUI: data[dataWebUI], Server: data[dataServer] != "", Routes: map[string]string{},
	}
	for key, queue := range data {
		if operator, ok := strings.CutPrefix(key, dataRoute); ok && queue != "" {
			s.Routes[operator] = queue
		}
	}
	return s, nil
}

// Set writes the settings into the namespace. Empty ones are left as they are.
func (c *Cluster) Set(ctx context.Context, s Settings) error {
	data := s.Data()
	if len(data) == 0 {
		return nil
	}
	_, err := c.Client.WorkflowService().UpdateNamespace(ctx, &workflowservice.UpdateNamespaceRequest{
		Namespace: c.Namespace, UpdateInfo: &namespacepb.UpdateNamespaceInfo{Data: data},
	})
	if err != nil {
		return fmt.Errorf("the namespace %q can't be changed: %w", c.Namespace, err)
	}
	return nil
}

// Data is what a namespace holds of the settings.
func (s Settings) Data() map[string]string {
	data := map[string]string{}
	if s.Store != "" {
		data[dataStore] = s.Store
	}
	if s.Keeper != "" {
		data[dataKeeper] = s.Keeper
	}
	if s.WebUI != "" {
		data[dataWebUI] = s.WebUI
	}
	if s.Server {
		data[dataServer] = "true"
	}
	// Namespaces forget no key; an empty queue takes a route back.
	for operator, queue := range s.Routes {
		data[dataRoute+operator] = queue
	}
	return data
}

// AddSearchAttributes registers the search attributes of attempts that the
// namespace lacks, waits until the server takes them, and returns their names.
func (c *Cluster) AddSearchAttributes(ctx context.Context) ([]string, error) {
	service := c.Client.OperatorService()
	known, err := service.ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: c.Namespace})
	if err != nil {
		return nil, fmt.Errorf("the search attributes can't be listed: %w", err)
	}
	missing := map[string]enumspb.IndexedValueType{}
	for name, kind := range worker.AttributeTypes() {
		if have, ok := known.GetCustomAttributes()[name]; !ok {
			missing[name] = kind
		} else if have != kind {
			return nil, fmt.Errorf("the search attribute %q is a %s in the namespace %q but must be a %s", name, have, c.Namespace, kind)
		}
	}
	names := slices.Sorted(maps.Keys(missing))
	if len(missing) == 0 {
		return names, nil
	}
	_, err = service.AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{Namespace: c.Namespace, SearchAttributes: missing})
	if err != nil {
		return nil, fmt.Errorf("the search attributes %s can't be registered: %w", strings.Join(names, ", "), err)
	}
	return names, c.awaitSearchAttributes(ctx)
}

// awaitSearchAttributes waits until searches may use them: frontends look for
// changes of namespaces every few seconds.
func (c *Cluster) awaitSearchAttributes(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var conditions []string
	for name := range worker.AttributeTypes() {
		conditions = append(conditions, name+" IS NULL")
	}
	slices.Sort(conditions)
	for {
		_, err := c.Client.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{PageSize: 1, Query: strings.Join(conditions, " AND ")})
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the search attributes are registered, but can't be used yet: %w", err)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// explain turns what the server says about unknown search attributes into what
// to do about it. Servers limit searches, by default to 10 a second; a client waits
// its turn, and what it then says is only that time is up.
func (c *Cluster) explain(err error) error {
	var invalid *serviceerror.InvalidArgument
	if errors.As(err, &invalid) && strings.Contains(invalid.Message, "Digdag") {
		return fmt.Errorf(`the namespace %q lacks the search attributes of attempts: register them with "dig2temporal setup"`, c.Namespace)
	}
	var late *serviceerror.DeadlineExceeded
	var limited *serviceerror.ResourceExhausted
	if errors.Is(err, context.DeadlineExceeded) || errors.As(err, &late) || errors.As(err, &limited) {
		return fmt.Errorf("the Temporal server is busy, or gets more searches than it takes: try again (%w)", err)
	}
	return err
}

// With returns the settings with others over them, where those are set.
func (s Settings) With(over Settings) Settings {
	if over.Store != "" {
		s.Store = over.Store
	}
	if over.Keeper != "" {
		s.Keeper = over.Keeper
	}
	if over.WebUI != "" {
		s.WebUI = over.WebUI
	}
	s.Server = s.Server || over.Server
	routes := map[string]string{}
	maps.Copy(routes, s.Routes)
	maps.Copy(routes, over.Routes)
	s.Routes = routes
	return s
}
