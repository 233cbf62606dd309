package devserver

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
)

func TestStart(t *testing.T) {
	for name, opts := range map[string]Options{
		"memory":  {},
		"private": {Private: true},
		"file":    {DatabaseFile: filepath.Join(t.TempDir(), "with space ?#%41.db")},
	} {
		t.Run(name, func(t *testing.T) {
			s := mustStart(t, opts)
			if (s.HostPort() == "") != opts.Private {
				t.Errorf("HostPort is %q", s.HostPort())
			}
			c := mustDial(t, s)
			w := mustWork(t, c)
			var out string
			mustRun(t, c, &out, echoOnce, "hello")
			if out != "hello" {
				t.Errorf("result is %q", out)
			}
			if _, err := c.CheckHealth(context.Background(), nil); err != nil {
				t.Errorf("health, which goes by the pipe: %v", err)
			}
			w.Stop()
			began := time.Now()
			s.Stop()
			t.Logf("stopped in %s", time.Since(began))
			s.Stop()
			ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
			defer cancel()
			if _, err := c.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{}); err == nil {
				t.Error("a stopped server answers")
			}
			if opts.DatabaseFile != "" {
				if _, err := os.Stat(opts.DatabaseFile); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestClientByTCP(t *testing.T) {
	s := mustStart(t, Options{Namespace: "other"})
	c, err := client.Dial(client.Options{HostPort: s.HostPort(), Namespace: "other", Logger: quietLogger{}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	w := mustWork(t, c)
	load := bytes.Repeat([]byte("0123456789"), 500_000) // more than gRPC takes if it isn't told
	var out []byte
	mustRun(t, c, &out, carry, load)
	if !bytes.Equal(out, load) {
		t.Errorf("got %d bytes back, want %d", len(out), len(load))
	}
	w.Stop()
}

// TestResults runs many short workflows: every result has to be told at once, not when the long poll ends.
func TestResults(t *testing.T) {
	c := mustDial(t, mustStart(t, Options{Private: true}))
	mustWork(t, c)
	for range 100 {
		began := time.Now()
		mustRun(t, c, nil, sequence, 1)
		if took := time.Since(began); took > 4*time.Second {
			t.Errorf("a result took %s", took)
		}
	}
}

func TestBigPayload(t *testing.T) {
	c := mustDial(t, mustStart(t, Options{Private: true}))
	mustWork(t, c)
	load := bytes.Repeat([]byte("0123456789"), 1<<20) // 10 MiB: over the limits of gRPC and of Temporal's defaults
	var out []byte
	mustRun(t, c, &out, carry, load)
	if !bytes.Equal(out, load) {
		t.Errorf("got %d bytes back, want %d", len(out), len(load))
	}
}

func TestRestart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "server.db")
	ctx := context.Background()
	s := mustStart(t, Options{DatabaseFile: file})
	c := mustDial(t, s)
	w := mustWork(t, c)
	if _, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: "kept", TaskQueue: taskQueue}, blocked); err != nil {
		t.Fatal(err)
	}
	w.Stop()
	s.Stop()

	c = mustDial(t, mustStart(t, Options{DatabaseFile: file}))
	mustWork(t, c)
	if err := c.SignalWorkflow(ctx, "kept", "", "go", nil); err != nil {
		t.Fatal(err)
	}
	var out string
	if err := c.GetWorkflow(ctx, "kept", "").Get(ctx, &out); err != nil {
		t.Fatal(err)
	}
	if out != "done" {
		t.Errorf("result is %q", out)
	}
}

// TestReplacedFile starts on a file that was removed and made anew, of which the process still has the old one open.
func TestReplacedFile(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "server.db")
	s := mustStart(t, Options{DatabaseFile: file, Private: true})
	s.Stop()
	for _, name := range []string{file, file + "-wal"} {
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
	c := mustDial(t, mustStart(t, Options{DatabaseFile: file, Private: true}))
	mustWork(t, c)
	mustRun(t, c, nil, sequence, 1)
	if info, err := os.Stat(file + "-wal"); err != nil || info.Size() == 0 {
		t.Errorf("nothing was written to the new file: %v", err)
	}
}

func TestInUse(t *testing.T) {
	file := filepath.Join(t.TempDir(), "server.db")
	began := time.Now().Add(-time.Second)
	first := mustStart(t, Options{DatabaseFile: file, Private: true})
	_, err := Start(context.Background(), Options{DatabaseFile: file, Private: true})
	var inUse *InUseError
	if !errors.As(err, &inUse) || !errors.Is(err, ErrInUse) {
		t.Fatalf("error is %v", err)
	}
	if inUse.PID != os.Getpid() || inUse.Since.Before(began) || inUse.Since.After(time.Now()) {
		t.Errorf("in use by %d since %s", inUse.PID, inUse.Since)
	}
	if text := err.Error(); !strings.Contains(text, file) || !strings.Contains(text, "process") {
		t.Errorf("message is %q", text)
	}
	first.Stop()
	mustStart(t, Options{DatabaseFile: file, Private: true})
}

func TestUnreadableLockFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "server.db")
	mustStart(t, Options{DatabaseFile: file, Private: true})
	if err := os.WriteFile(file+".lock", []byte("?"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Start(context.Background(), Options{DatabaseFile: file, Private: true})
	var inUse *InUseError
	if !errors.As(err, &inUse) || inUse.PID != 0 {
		t.Errorf("error is %v", err)
	}
}

func TestSchema(t *testing.T) {
	// A connection of our own to a file that no server of this process has open.
	edit := func(t *testing.T, file string, statements ...string) {
		t.Helper()
		db, err := sql.Open("sqlite", file)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		for _, s := range statements {
			if _, err := db.Exec(s); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, c := range map[string]struct {
		statements []string
		found      string
	}{
		"older": {[]string{
			`CREATE TABLE schema_version(version_partition INT, db_name TEXT, curr_version TEXT)`,
			`INSERT INTO schema_version VALUES (0, 'dig2temporal', '0.1/0.1')`,
		}, "0.1/0.1"},
		"foreign": {[]string{`CREATE TABLE recipes(name TEXT)`}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "server.db")
			edit(t, file, c.statements...)
			_, err := Start(context.Background(), Options{DatabaseFile: file, Private: true})
			var schema *SchemaError
			if !errors.As(err, &schema) || !errors.Is(err, ErrSchema) {
				t.Fatalf("error is %v", err)
			}
			if *schema != (SchemaError{File: file, Found: c.found, Want: schemaVersion}) {
				t.Errorf("error is %+v", *schema)
			}
			if !strings.Contains(err.Error(), "move") {
				t.Errorf("message %q doesn't say what to do", err)
			}
		})
	}
	t.Run("not a database", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "server.db")
		if err := os.WriteFile(file, []byte(strings.Repeat("not a database\n", 100)), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Start(context.Background(), Options{DatabaseFile: file, Private: true}); err == nil {
			t.Error("no error")
		}
	})
	t.Run("no folder", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "missing", "server.db")
		if _, err := Start(context.Background(), Options{DatabaseFile: file, Private: true}); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("error is %v", err)
		}
	})
}

// TestServerSchema fails when a new server version changes its statements so that indexes aren't recognized.
func TestServerSchema(t *testing.T) {
	tables, indexes, err := serverSchema()
	if err != nil {
		t.Fatal(err)
	}
	for _, column := range []string{"Keyword01", "Keyword10", "Int01", "Datetime01", "Bool01"} {
		if !strings.Contains(indexes[column], "IF NOT EXISTS") {
			t.Errorf("index of %s: %q", column, indexes[column])
		}
	}
	all := strings.Join(tables, "\n")
	for _, name := range keptIndexes {
		if strings.Count(all, "INDEX "+name+" ") != 1 {
			t.Errorf("index %s is not among the tables", name)
		}
	}
	if strings.Contains(all, "by_keyword_01") {
		t.Error("the index of an unused column is created")
	}
}

func TestPort(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, err = Start(context.Background(), Options{FrontendPort: l.Addr().(*net.TCPAddr).Port})
	var port *PortError
	if !errors.As(err, &port) || port.Address != l.Addr().String() {
		t.Errorf("error is %v", err)
	}
}

func TestBadOptions(t *testing.T) {
	for name, opts := range map[string]Options{
		"address":   {IP: "localhost"},
		"retention": {Retention: time.Minute},
		"search attributes": {SearchAttributes: map[string]enumspb.IndexedValueType{
			"A": enumspb.INDEXED_VALUE_TYPE_BOOL, "B": enumspb.INDEXED_VALUE_TYPE_BOOL,
			"C": enumspb.INDEXED_VALUE_TYPE_BOOL, "D": enumspb.INDEXED_VALUE_TYPE_BOOL,
		}},
	} {
		if s, err := Start(context.Background(), opts); err == nil {
			s.Stop()
			t.Errorf("%s: no error", name)
		}
	}
}

func TestNamespaceData(t *testing.T) {
	opts := Options{DatabaseFile: filepath.Join(t.TempDir(), "server.db"), Private: true, Data: map[string]string{"store": "here", "kept": "yes"}}
	for _, want := range []map[string]string{
		{"store": "here", "kept": "yes"}, {"store": "there", "kept": "yes"}, {"store": "there", "kept": "yes"},
	} {
		s := mustStart(t, opts)
		ns, err := mustDial(t, s).WorkflowService().DescribeNamespace(t.Context(), &workflowservice.DescribeNamespaceRequest{Namespace: "default"})
		if err != nil {
			t.Fatal(err)
		}
		if got := ns.GetNamespaceInfo().GetData(); !maps.Equal(got, want) {
			t.Errorf("the namespace holds %v, want %v", got, want)
		}
		s.Stop()
		opts.Data = map[string]string{"store": "there"}
	}
}

func TestNamespace(t *testing.T) {
	file := filepath.Join(t.TempDir(), "server.db")
	ctx := context.Background()
	project := temporal.NewSearchAttributeKeyKeyword("Project")
	attempt := temporal.NewSearchAttributeKeyInt64("Attempt")
	describe := func(c client.Client) (time.Duration, []string) {
		ns, err := c.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: "default"})
		if err != nil {
			t.Fatal(err)
		}
		attributes, err := c.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: "default"})
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for name, typ := range attributes.CustomAttributes {
			names = append(names, name+" "+typ.String())
		}
		slices.Sort(names)
		return ns.Config.WorkflowExecutionRetentionTtl.AsDuration(), names
	}
	check := func(c client.Client, wantRetention time.Duration, want ...string) {
		t.Helper()
		retention, attributes := describe(c)
		if retention != wantRetention {
			t.Errorf("retention is %s, want %s", retention, wantRetention)
		}
		if !slices.Equal(attributes, want) {
			t.Errorf("search attributes are %q, want %q", attributes, want)
		}
	}

	opts := Options{DatabaseFile: file, Private: true, SearchAttributes: map[string]enumspb.IndexedValueType{
		"Project": enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	}}
	s := mustStart(t, opts)
	c := mustDial(t, s)
	check(c, DefaultRetention, "Project Keyword")
	s.Stop()

	opts.SearchAttributes["Attempt"] = enumspb.INDEXED_VALUE_TYPE_INT
	opts.Retention = 48 * time.Hour
	s = mustStart(t, opts)
	c = mustDial(t, s)
	check(c, 48*time.Hour, "Attempt Int", "Project Keyword")

	mustWork(t, c)
	r, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: "found", TaskQueue: taskQueue,
		TypedSearchAttributes: temporal.NewSearchAttributes(project.ValueSet("demo"), attempt.ValueSet(7)),
	}, sequence, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Get(ctx, nil); err != nil {
		t.Fatal(err)
	}
	query := `Project = "demo" AND Attempt > 6 AND ExecutionStatus = "Completed"`
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		found, err := c.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: query})
		if err != nil {
			t.Fatal(err)
		}
		if len(found.Executions) == 1 && found.Executions[0].Execution.WorkflowId == "found" {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s finds %v", query, found.Executions)
		}
	}
	s.Stop()

	opts.SearchAttributes = map[string]enumspb.IndexedValueType{"Project": enumspb.INDEXED_VALUE_TYPE_INT}
	if _, err := Start(ctx, opts); err == nil || !strings.Contains(err.Error(), `"Project"`) {
		t.Errorf("error is %v", err)
	}
}

func TestSchedule(t *testing.T) {
	ctx := context.Background()
	c := mustDial(t, mustStart(t, Options{Private: true, SystemWorker: true}))
	mustWork(t, c)
	schedule, err := c.ScheduleClient().Create(ctx, client.ScheduleOptions{
		ID:     "every second",
		Spec:   client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: time.Second}}},
		Action: &client.ScheduleWorkflowAction{ID: "scheduled", Workflow: sequence, Args: []any{1}, TaskQueue: taskQueue},
	})
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		d, err := schedule.Describe(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if d.Info.NumActions >= 2 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the schedule started %d workflows", d.Info.NumActions)
		}
	}
	if err := schedule.Delete(ctx); err != nil {
		t.Error(err)
	}
}
