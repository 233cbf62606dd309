package cluster

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/proto"

	"github.com/dig2temporal/dig2temporal/internal/codec"
)

func TestFailuresAreEncrypted(t *testing.T) {
	encryption, err := codec.NewEncryption([]codec.Key{{ID: "k", Secret: bytes.Repeat([]byte{7}, 32)}}, "")
	if err != nil {
		t.Fatal(err)
	}
	for name, outer := range map[string][]converter.PayloadCodec{"in clear": nil, "encrypted": {encryption}} {
		var o client.Options
		convert(&o, outer)
		failure := o.FailureConverter.ErrorToFailure(temporal.NewApplicationErrorWithCause("the message", "kind", errors.New("the cause"), "the details"))
		sent, err := proto.Marshal(failure)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{"the message", "the cause", "the details"} {
			if clear := bytes.Contains(sent, []byte(text)); clear != (outer == nil) {
				t.Errorf("%s: %q is there: %v", name, text, clear)
			}
		}
		before := proto.Clone(failure)
		back := o.FailureConverter.FailureToError(failure)
		var app *temporal.ApplicationError
		var details string
		if !errors.As(back, &app) || app.Details(&details) != nil || details != "the details" || app.Message() != "the message" || !strings.Contains(app.Error(), "the cause") {
			t.Errorf("%s: comes back as %v, %q", name, back, details)
		}
		if !proto.Equal(before, failure) {
			t.Errorf("%s: reading the failure changed it", name)
		}
		if o.FailureConverter.FailureToError(nil) != nil {
			t.Errorf("%s: no failure is an error", name)
		}
	}
}
