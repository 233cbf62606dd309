// Package buckettest runs an S3 server for tests.
package buckettest

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// S3 starts a server with one empty bucket and returns the bucket's URL. It sets
// the environment's credentials, so the test can't run beside others.
func S3(t *testing.T) string {
	t.Helper()
	return S3Through(t, func(server http.Handler) http.Handler { return server })
}

// S3Through is S3 with something of the test's between the client and the server,
// which may lose requests and answers.
func S3Through(t *testing.T, between func(http.Handler) http.Handler) string {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", "id")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "key")
	backend := s3mem.New()
	if err := backend.CreateBucket("store"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(between(gofakes3.New(backend).Server()))
	t.Cleanup(server.Close)
	q := url.Values{"region": {"us-east-1"}, "endpoint": {server.URL}, "use_path_style": {"true"}}
	return "s3://store?" + q.Encode()
}
