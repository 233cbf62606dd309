package claimcheck

import (
	"context"
	"fmt"
	"sync"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"
)

// Threshold is the size in bytes from which whole payloads leave the history. A
// reference takes 200 bytes and a round trip to the store, so smaller payloads are
// better off where they are; 200 payloads of this size fit into a history, and 8
// into one request.
const Threshold = 256 << 10

// driverName is written into histories: it must never change.
const driverName = "dig2temporal"

const claimSum = "sha256"

// ExternalStorage returns what the options of clients, workers and replayers take.
func (s *Store) ExternalStorage() converter.ExternalStorage {
	return converter.ExternalStorage{Drivers: []converter.StorageDriver{s.Driver()}, PayloadSizeThreshold: Threshold}
}

// Driver returns the store as the SDK's driver of external storage.
func (s *Store) Driver() converter.StorageDriver { return &driver{s} }

type driver struct{ store *Store }

var _ converter.StorageDriver = (*driver)(nil)

func (*driver) Name() string { return driverName }

func (*driver) Type() string { return "gocloud.dev/blob" }

func (d *driver) Store(ctx converter.StorageDriverStoreContext, payloads []*commonpb.Payload) ([]converter.StorageDriverClaim, error) {
	claims := make([]converter.StorageDriverClaim, len(payloads))
	limiter := ctx.GetLimiter()
	err := each(ctx.Context, len(payloads), func(ctx context.Context, i int) error {
		return limiter.Permit(ctx, payloads[i], func() error {
			data, err := proto.MarshalOptions{Deterministic: true}.Marshal(payloads[i])
			if err != nil {
				return err
			}
			sum, err := d.store.put(ctx, data)
			claims[i].ClaimData = map[string]string{claimSum: sum}
			return err
		})
	})
	return claims, err
}

func (d *driver) Retrieve(ctx converter.StorageDriverRetrieveContext, claims []converter.StorageDriverClaim) ([]*commonpb.Payload, error) {
	payloads := make([]*commonpb.Payload, len(claims))
	limiter := ctx.GetLimiter()
	err := each(ctx.Context, len(claims), func(ctx context.Context, i int) error {
		return limiter.Permit(ctx, claims[i], func() error {
			sum, ok := claims[i].ClaimData[claimSum]
			if !ok {
				return fmt.Errorf("the reference to a large payload lacks its %s", claimSum)
			}
			var err error
			payloads[i], err = d.store.payload(ctx, sum)
			return err
		})
	})
	return payloads, err
}

func (s *Store) payload(ctx context.Context, sum string) (*commonpb.Payload, error) {
	data, err := s.get(ctx, sum)
	if err != nil {
		return nil, err
	}
	p := &commonpb.Payload{}
	if err := proto.Unmarshal(data, p); err != nil {
		return nil, fmt.Errorf("the object %s%s holds no payload: %w", Folder, sum, err)
	}
	return p, nil
}

// each calls f for several payloads at once; how many is the limiter's to say.
func each(ctx context.Context, n int, f func(context.Context, int) error) error {
	if n == 1 {
		return f(ctx, 0)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			if err := f(ctx, i); err != nil {
				cancel(err)
			}
		})
	}
	all.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}
