package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

// archivedTTL is how long a history is kept here when it is in storage: for stints
// that have not ended yet.
const archivedTTL = time.Minute

// beginStint notes that a delivery begins, and returns what notes its end. A worker of another version, that hands the task back, has not worked
// on it, and would do so every second. Failures are not reported: a history is a hint until it is in storage.
func (q *Queue) beginStint(ctx context.Context, t job.Task, d job.Delivery) (end func(err error)) {
	if t.Lane == job.Interactive || t.Lane == job.Webhooks || t.Kind == job.KindGroup { // who draws is told of, for a job
		return func(error) {}
	}
	s := d.Stint(t)
	q.noteStint(ctx, t.ID, s, true)
	return func(err error) {
		if errors.Is(err, job.ErrVersion) {
			q.dropStint(ctx, t.ID, s)
			return
		}
		s.EndedAt = time.Now().UTC().Truncate(time.Millisecond)
		if err != nil {
			s.Error = err.Error()
		}
		q.noteStint(ctx, t.ID, s, false)
	}
}

func (q *Queue) noteStint(ctx context.Context, id spec.ID, s job.Stint, keep bool) {
	data, err := json.Marshal(s)
	if err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), claimRenewal)
	defer cancel()
	_ = pipeline(ctx, q.rdb, func(p redis.Pipeliner) {
		p.HSet(ctx, historyKey(id), stintField(s), data)
		if keep {
			p.Expire(ctx, historyKey(id), progressTTL)
		} else {
			p.ExpireNX(ctx, historyKey(id), archivedTTL)
		}
	})
}

func (q *Queue) dropStint(ctx context.Context, id spec.ID, s job.Stint) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), claimRenewal)
	defer cancel()
	_ = q.rdb.HDel(ctx, historyKey(id), stintField(s))
}

func stintField(s job.Stint) string {
	return fmt.Sprintf("%s %s %d", s.Task, s.Worker, s.BeganAt.UnixMilli())
}

// HistoryOf is what is known here of who has worked on a job.
func (q *Queue) HistoryOf(ctx context.Context, id spec.ID) ([]job.Stint, error) {
	fields, err := q.rdb.HVals(ctx, historyKey(id)).Result()
	if err != nil {
		return nil, unavailable(err)
	}
	stints := make([]job.Stint, 0, len(fields))
	for _, text := range fields {
		var s job.Stint
		if json.Unmarshal([]byte(text), &s) == nil {
			stints = append(stints, s)
		}
	}
	return job.MergeHistory(stints, nil), nil
}

// Archived says that the history of a job is in storage.
func (q *Queue) Archived(ctx context.Context, id spec.ID) error {
	return unavailable(q.rdb.Expire(ctx, historyKey(id), archivedTTL).Err())
}
