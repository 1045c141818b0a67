package queue

import (
	"context"
	"strconv"

	"github.com/redis/go-redis/v9"

	"mandelfarm/renderer/spec"
)

// StorePreview keeps what a band of a job looks like, for [Queue.PreviewsOf].
func (q *Queue) StorePreview(ctx context.Context, id spec.ID, band int, preview []byte) error {
	err := pipeline(ctx, q.rdb, func(p redis.Pipeliner) {
		p.HSet(ctx, previewsKey(id), strconv.Itoa(band), preview)
		p.Expire(ctx, previewsKey(id), progressTTL)
	})
	return unavailable(err)
}

// PreviewsOf returns what is kept of the looks of a job's bands, by their index.
func (q *Queue) PreviewsOf(ctx context.Context, id spec.ID) (map[int][]byte, error) {
	fields, err := q.rdb.HGetAll(ctx, previewsKey(id)).Result()
	if err != nil {
		return nil, unavailable(err)
	}
	previews := make(map[int][]byte, len(fields))
	for field, preview := range fields {
		if band, err := strconv.Atoi(field); err == nil {
			previews[band] = []byte(preview)
		}
	}
	return previews, nil
}

// RemovePreviews drops what is kept of the looks of a job's bands.
func (q *Queue) RemovePreviews(ctx context.Context, id spec.ID) error {
	return unavailable(q.rdb.Del(ctx, previewsKey(id)).Err())
}
