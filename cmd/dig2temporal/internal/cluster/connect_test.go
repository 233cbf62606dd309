package cluster

import (
	"testing"

	"go.temporal.io/sdk/client"
)

// TestCompression: what stays on the machine is not compressed.
func TestCompression(t *testing.T) {
	for address, want := range map[string]bool{
		"": false, "localhost:7233": false, "127.0.0.1:7233": false, "[::1]:7233": false,
		"temporal.example.com:7233": true, "10.0.0.1:7233": true, "dns:///localhost:7233": true, "localhost": true,
	} {
		options, err := clientOptions(Options{Env: Environ(nil), Address: address}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, none := options.ConnectionOptions.GrpcCompression.(*client.GrpcCompressionNone); none == want {
			t.Errorf("%q: compressed %t", address, want)
		}
	}
}
