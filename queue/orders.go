package queue

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/redis/go-redis/v9"

	"mandelfarm/job"
)

// Workers are told things by keys of their own, which they read with every heartbeat:
// that is heard within a second, after a lost connection too.

// drainTTL is how long a worker may take to hear that it is to drain. It asks every
// second.
const drainTTL = time.Hour

// Drain has a worker finish what it has and take nothing more, for as long as the
// process runs. The error is [job.ErrNoWorker] if it is not there.
func (q *Queue) Drain(ctx context.Context, name string) error {
	there, err := q.rdb.Exists(ctx, workerKey(name)).Result()
	if err != nil {
		return unavailable(err)
	}
	if there == 0 {
		return fmt.Errorf("drain %s: %w", name, job.ErrNoWorker)
	}
	return unavailable(q.rdb.Set(ctx, drainKey(name), "1", drainTTL).Err())
}

// blockOrder is a [block] on its way to a worker.
type blockOrder struct {
	Since  time.Time `json:"since"`
	Until  time.Time `json:"until"`
	Reason string    `json:"reason"`
}

// Block has a worker take nothing for a while, in any lane, or until its process ends.
func (q *Queue) Block(ctx context.Context, name, reason string, span time.Duration) error {
	now := time.Now()
	order, err := json.Marshal(blockOrder{Since: now, Until: now.Add(span), Reason: reason})
	if err != nil {
		return err
	}
	return unavailable(q.rdb.Set(ctx, blockKey(name), order, span).Err())
}

// answerTTL is how long an examination is kept.
const answerTTL = 10 * time.Minute

// Answer is what a worker has drawn at an examination.
type Answer struct {
	Drawn map[string]string `json:"drawn,omitempty"` // hashes, by what was drawn
	Error string            `json:"error,omitempty"` // why it was not
}

// Draws sets how this process draws what workers are compared by, and hashes it, when
// it is examined. It is called before Serve.
func (q *Queue) Draws(draw func(ctx context.Context) (map[string]string, error)) { q.draw = draw }

// Examine has workers draw what they are compared by, beside what they are at, and
// returns the name of the examination.
func (q *Queue) Examine(ctx context.Context, workers []job.Worker) (examination string, err error) {
	examination = rand.Text()
	err = pipeline(ctx, q.rdb, func(p redis.Pipeliner) {
		for _, w := range workers {
			p.Set(ctx, examineKey(w.Name), examination, answerTTL)
		}
	})
	return examination, unavailable(err)
}

// Answers are those that workers have given so far at an examination, by their names.
func (q *Queue) Answers(ctx context.Context, examination string, workers []job.Worker) (map[string]Answer, error) {
	answers := make(map[string]Answer)
	for _, w := range workers {
		text, err := q.rdb.Get(ctx, answerKey(w.Name, examination)).Bytes()
		var a Answer
		if err == nil && json.Unmarshal(text, &a) == nil {
			answers[w.Name] = a
		} else if err != nil && err != redis.Nil { //nolint:errorlint // it is never wrapped
			return nil, unavailable(err)
		}
	}
	return answers, nil
}

// orders are what a worker is told to do.
type orders struct{ drain, block, examine *redis.StringCmd }

// askOrders asks for them.
func askOrders(ctx context.Context, pipe redis.Pipeliner, name string) orders {
	return orders{pipe.Get(ctx, drainKey(name)), pipe.Get(ctx, blockKey(name)), pipe.Get(ctx, examineKey(name))}
}

// obey does what this process was told.
func (p *presence) obey(ctx context.Context, told orders) {
	if told.drain.Val() != "" {
		p.drain()
	}
	var order blockOrder
	if text := told.block.Val(); text != "" && json.Unmarshal([]byte(text), &order) == nil {
		for lane, s := range p.lanes {
			if s.blockedUntil().Before(order.Until.Truncate(time.Millisecond)) {
				p.block(ctx, s, lane, block{since: order.Since, until: order.Until, reason: order.Reason})
			}
		}
	}
	if examination := told.examine.Val(); examination != "" && examination != p.examined {
		p.examined = examination
		p.examining.Go(func() { p.examine(ctx, examination) })
	}
}

// examine draws what workers are compared by, and tells what it has drawn.
func (p *presence) examine(ctx context.Context, examination string) {
	var a Answer
	var err error
	if a.Drawn, err = p.queue.draw(ctx); err != nil {
		a.Error = err.Error()
	}
	text, err := json.Marshal(a)
	if err == nil {
		err = p.queue.rdb.Set(ctx, answerKey(p.queue.name, examination), text, answerTTL).Err()
	}
	if err != nil && ctx.Err() == nil {
		p.queue.log.LogAttrs(ctx, slog.LevelWarn, "examination not answered", slog.Any("err", err))
	}
}
