package local

import (
	"context"
	"time"

	"go.temporal.io/sdk/converter"
	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	"gocloud.dev/blob/memblob"

	"github.com/dig2temporal/dig2temporal/internal/claimcheck"
	"github.com/dig2temporal/dig2temporal/internal/codec"
	"github.com/dig2temporal/dig2temporal/internal/devserver"
)

// payloads is where large payloads are kept: in the folder "payloads" of the state
// folder, else in memory.
type payloads struct {
	bucket *blob.Bucket
	store  *claimcheck.Store
	values *claimcheck.Values
}

func openPayloads(folder string) (*payloads, error) {
	bucket := memblob.OpenBucket(nil)
	if folder != "" {
		var err error
		bucket, err = fileblob.OpenBucket(folder, &fileblob.Options{NoTempDir: true, Metadata: fileblob.MetadataDontWrite})
		if err != nil {
			return nil, err
		}
	}
	p := &payloads{bucket: bucket, store: claimcheck.New(bucket, claimcheck.Options{})}
	p.values = claimcheck.NewValues(p.store, codec.Codecs()...)
	return p, nil
}

// externalStorage visits one payload of a message after the other. The SDK would
// start a goroutine for each, also for those that are not in the store, which takes
// longer than to read a file.
func (p *payloads) externalStorage() converter.ExternalStorage {
	storage := p.store.ExternalStorage()
	storage.Concurrency.MaxOperationsPerMessage = 1
	return storage
}

// sweep deletes what no history that is kept can refer to. An attempt of a local
// run ends with its process, so twice the retention is ample.
func (p *payloads) sweep(ctx context.Context) {
	_, _, _ = p.store.Sweep(ctx, time.Now().Add(-2*devserver.DefaultRetention))
}
