package cluster

import (
	failurepb "go.temporal.io/api/failure/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/proto"

	"github.com/dig2temporal/dig2temporal/internal/codec"
)

// convert sets how payloads and failures are written. Failures hold payloads, too,
// and their messages may tell as much as those; left to itself the client would
// write both in clear.
func convert(options *client.Options, outer []converter.PayloadCodec) {
	options.DataConverter = codec.DataConverter(outer...)
	options.FailureConverter = failures{temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{
		DataConverter: options.DataConverter, EncodeCommonAttributes: len(outer) > 0,
	})}
}

// failures keeps a failure that is read as it is. The SDK's converter opens it in
// place, and that of a local activity is read before it is sent to the server.
type failures struct{ converter.FailureConverter }

func (f failures) FailureToError(failure *failurepb.Failure) error {
	return f.FailureConverter.FailureToError(proto.Clone(failure).(*failurepb.Failure))
}
