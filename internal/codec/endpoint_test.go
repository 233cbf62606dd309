package codec

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/encoding/protojson"
)

func TestEndpoint(t *testing.T) {
	encryption := newEncryption(t, "", key("one", 1))
	handler, err := NewEndpoint(EndpointOptions{Codecs: Codecs(encryption), Origins: []string{"http://localhost:8080"}})
	if err != nil {
		t.Fatal(err)
	}
	handler.(*endpoint).maxBody = 1 << 20
	server := httptest.NewServer(handler)
	defer server.Close()
	ask := func(method, path, origin, body string) (*http.Response, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(context.Background(), method, server.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		answer, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer, string(text)
	}

	p, err := DataConverter(encryption).ToPayload(strings.Repeat("text ", Threshold))
	if err != nil {
		t.Fatal(err)
	}
	body, err := protojson.Marshal(&commonpb.Payloads{Payloads: []*commonpb.Payload{p}})
	if err != nil {
		t.Fatal(err)
	}
	answer, text := ask(http.MethodPost, "/any/decode", "http://localhost:8080", string(body))
	var decoded commonpb.Payloads
	if err := protojson.Unmarshal([]byte(text), &decoded); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if d := decoded.Payloads[0]; string(d.Metadata["encoding"]) != "json/plain" || !strings.HasPrefix(string(d.Data), `"text text `) {
		t.Errorf("decoded: %v", d.Metadata)
	}
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin": "http://localhost:8080", "Access-Control-Allow-Credentials": "true",
		"Content-Type": "application/json", "Vary": "Origin", "Cache-Control": "no-store",
	} {
		if got := answer.Header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}

	answer, _ = ask(http.MethodOptions, "/decode", "http://LOCALHOST:8080", "")
	if answer.StatusCode != http.StatusNoContent || !strings.Contains(answer.Header.Get("Access-Control-Allow-Headers"), "X-Namespace") {
		t.Errorf("preflight: %s, %v", answer.Status, answer.Header)
	}
	answer, _ = ask(http.MethodPost, "/decode", "https://elsewhere.example", string(body))
	if answer.StatusCode != http.StatusForbidden || answer.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("another origin: %s", answer.Status)
	}
	for _, bad := range []struct {
		method, path, body string
		status             int
	}{
		{http.MethodGet, "/decode", "", http.StatusNotFound},
		{http.MethodPost, "/other", "{}", http.StatusNotFound},
		{http.MethodPost, "/decode", "no JSON", http.StatusBadRequest},
		{http.MethodPost, "/decode", `{"payloads":[{"metadata":{"encoding":"YmluYXJ5L2VuY3J5cHRlZA=="},"data":"AAAA"}]}`, http.StatusBadRequest},
		{http.MethodPost, "/decode", strings.Repeat(" ", 1<<20+1), http.StatusBadRequest},
	} {
		if answer, text := ask(bad.method, bad.path, "", bad.body); answer.StatusCode != bad.status {
			t.Errorf("%s %s: %s %s", bad.method, bad.path, answer.Status, text)
		}
	}
}

func TestEndpointOrigins(t *testing.T) {
	for _, bad := range []string{"localhost:8080", "http://", "http://host/path", "http://host?x", "null", "http://a b", "http://me@host"} {
		if _, err := NewEndpoint(EndpointOptions{Origins: []string{bad}}); err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
	handler, err := NewEndpoint(EndpointOptions{Codecs: []converter.PayloadCodec{New(1)}, Origins: []string{"*"}})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodOptions, "/decode", nil)
	r.Header.Set("Origin", "https://anywhere.example")
	handler.ServeHTTP(w, r)
	if h := w.Header(); h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("got %v", h)
	}
}
