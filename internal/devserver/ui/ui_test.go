package ui

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	namespacepb "go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
)

// frontend is as much of a Temporal frontend as the test asks for.
type frontend struct {
	workflowservice.UnimplementedWorkflowServiceServer
}

func (frontend) ListNamespaces(
	context.Context, *workflowservice.ListNamespacesRequest,
) (*workflowservice.ListNamespacesResponse, error) {
	return &workflowservice.ListNamespacesResponse{Namespaces: []*workflowservice.DescribeNamespaceResponse{
		{NamespaceInfo: &namespacepb.NamespaceInfo{Name: "team"}},
	}}, nil
}

func startUI(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	workflowservice.RegisterWorkflowServiceServer(server, frontend{})
	go func() { _ = server.Serve(l) }()
	t.Cleanup(server.Stop)
	addr, stop, err := Start(Options{FrontendHostPort: l.Addr().String(), Namespace: "team"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return addr
}

func get(t *testing.T, addr, path, host string) (int, string) {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, "http://"+addr+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if host != "" {
		r.Host = host
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

func TestPages(t *testing.T) {
	addr := startUI(t)
	for _, path := range []string{"/", "/namespaces/team/workflows"} {
		code, body := get(t, addr, path, "")
		if code != http.StatusOK || !strings.Contains(body, "<html") {
			t.Errorf("GET %s: %d %.100q", path, code, body)
		}
	}
	if code, body := get(t, addr, "/api/v1/namespaces", ""); code != http.StatusOK || !strings.Contains(body, `"team"`) {
		t.Errorf("namespaces: %d %q", code, body)
	}
	_, body := get(t, addr, "/api/v1/settings", "")
	var settings struct {
		DefaultNamespace   string
		DisableNewsFetch   bool
		NotifyOnNewVersion bool
	}
	if err := json.Unmarshal([]byte(body), &settings); err != nil {
		t.Fatal(err)
	}
	if settings.DefaultNamespace != "team" || !settings.DisableNewsFetch || settings.NotifyOnNewVersion {
		t.Errorf("settings are %+v", settings)
	}
}

func TestForeignNames(t *testing.T) {
	addr := startUI(t)
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]int{
		"localhost:" + port:     http.StatusOK,
		"127.0.0.1:" + port:     http.StatusOK,
		"[::1]:" + port:         http.StatusOK,
		"[::1]":                 http.StatusOK,
		"example.org:" + port:   http.StatusForbidden,
		"localhost.example.org": http.StatusForbidden,
	} {
		if code, _ := get(t, addr, "/api/v1/settings", host); code != want {
			t.Errorf("as %s: %d, want %d", host, code, want)
		}
	}
}

func TestStartErrors(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	used := l.Addr().(*net.TCPAddr).Port
	if _, _, err := Start(Options{FrontendHostPort: "127.0.0.1:1", Port: used}); err == nil {
		t.Error("no error for a port that is in use")
	}
	if _, _, err := Start(Options{}); err == nil {
		t.Error("no error without a frontend")
	}
}

func TestStop(t *testing.T) {
	addr, stop, err := Start(Options{FrontendHostPort: "127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	stop()
	if conn, err := net.Dial("tcp", addr); err == nil {
		conn.Close()
		t.Error("it still listens")
	}
}
