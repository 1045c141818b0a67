package queue

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

// noteRows notes how much of a band is drawn, unless more of it was: a second worker on
// the band, after the death of the first, begins at its beginning.
const noteRows = `
local known = tonumber(string.match(redis.call("HGET", KEYS[1], ARGV[1]) or "", "^%d+") or -1)
if tonumber(ARGV[2]) > known then
	redis.call("HSET", KEYS[1], ARGV[1], ARGV[2] .. " " .. ARGV[3])
end
redis.call("EXPIRE", KEYS[1], ARGV[4])
return 0`

// RowsDrawn notes how many rows of a band are drawn, and since when. It is forgotten when
// the band is stored.
func (q *Queue) RowsDrawn(ctx context.Context, id spec.ID, d job.Drawing) error {
	return unavailable(q.noteRows.Run(ctx, q.rdb, []string{drawingKey(id)},
		d.Band, d.Rows, d.Since.UnixMilli(), int(progressTTL/time.Second)).Err())
}

// DrawingOf returns how much is drawn of the bands of a job that are not stored.
func (q *Queue) DrawingOf(ctx context.Context, id spec.ID) ([]job.Drawing, error) {
	fields, err := q.rdb.HGetAll(ctx, drawingKey(id)).Result()
	if err != nil {
		return nil, unavailable(err)
	}
	drawing := make([]job.Drawing, 0, len(fields))
	for band, value := range fields {
		var d job.Drawing
		var since int64
		if _, err := fmt.Sscan(value, &d.Rows, &since); err != nil {
			continue
		}
		if d.Band, err = strconv.Atoi(band); err != nil {
			continue
		}
		d.Since = time.UnixMilli(since)
		drawing = append(drawing, d)
	}
	return drawing, nil
}

// PrepassAt notes how far the prepass of a picture is, 0 to 1. What is not noted again
// within [claimTTL] is forgotten, and so is what is complete.
func (q *Queue) PrepassAt(ctx context.Context, id spec.ID, done float64) error {
	if done >= 1 {
		return unavailable(q.rdb.Del(ctx, prepassKey(id)).Err())
	}
	return unavailable(q.rdb.SetArgs(ctx, prepassKey(id), done, redis.SetArgs{TTL: claimTTL}).Err())
}
