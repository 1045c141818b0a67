package queue

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"mandelfarm/job"
)

const (
	// perSlot is how many tasks are pending for each that all workers can do at a time, so that none waits while the
	// next one is handed out, and leastPending how many at least: workers that are scaled from zero are, because something is.
	// Whatever is pending is before all that comes anew, whoever it is of.
	perSlot      = 1
	leastPending = 4
	// seats is how many jobs of one client and priority are begun at a time: two, so that what is short passes what is long.
	seats = 2
)

// weight is how much of a client's share a priority gets while others want some as well, and class its name in scripts.
func weight(p job.Priority) (class string, weight int) {
	switch p {
	case job.High:
		return "a", 4
	case job.Low:
		return "c", 1
	case job.Normal:
	}
	return "b", 2
}

// turns are the scripts of the order of a lane.
type turns struct{ offer, take, retract, settle *redis.Script }

func newTurns() turns {
	return turns{offer: redis.NewScript(offerScript), take: redis.NewScript(takeScript), retract: redis.NewScript(retractScript), settle: redis.NewScript(settleScript)}
}

// Submit has a job's own task handed out when it is its client's turn, unless it waits for that or for a worker, or a worker
// has it.
func (q *Queue) Submit(ctx context.Context, j job.Job) error {
	return q.submit(ctx, j, j.Task(), j.Estimate())
}

// SubmitGroup is [Queue.Submit] for the task of a group.
func (q *Queue) SubmitGroup(ctx context.Context, g job.Group) error {
	return q.submit(ctx, g.Job(), g.Task(), g.Estimate())
}

func (q *Queue) submit(ctx context.Context, j job.Job, t job.Task, seconds float64) error {
	alive, err := q.alive(ctx, t)
	if err == nil && !alive {
		_, err = q.offer(ctx, j, t, job.Offer{End: 1, Seconds: seconds})
	}
	if err == nil && !alive {
		err = q.handOut(ctx, t.Lane)
	}
	if err != nil {
		return fmt.Errorf("submit %s: %w", j.ID, unavailable(err))
	}
	return nil
}

// Offer has bands of a job handed out one after the other, whenever it is its client's turn. It returns which of them is the
// next; that is the end of those offered if a worker has the last, or will come to it: then all were handed out.
func (q *Queue) Offer(ctx context.Context, j job.Job, o job.Offer) (next int, err error) {
	next, err = q.offerBands(ctx, j, o)
	if err == nil {
		err = q.handOut(ctx, job.Batch.In(j.Pool))
	}
	if err != nil {
		return 0, fmt.Errorf("offer bands of %s: %w", j.ID, unavailable(err))
	}
	return next, nil
}

func (q *Queue) offerBands(ctx context.Context, j job.Job, o job.Offer) (next int, err error) {
	waits, err := q.rdb.HExists(ctx, entriesKey(job.Batch.In(j.Pool)), string(j.ID)).Result()
	if err == nil && !waits {
		alive, err := q.alive(ctx, j.BandTask(o.End-1))
		if alive || err != nil {
			return o.End, err
		}
	}
	if err != nil {
		return 0, err
	}
	if next, err = q.offer(ctx, j, j.BandTask(o.First), o); err == nil && next < 0 {
		next = o.First
	}
	return next, err
}

// offer notes what there is to be handed out of a job, and returns which is next if that was noted before, else -1.
func (q *Queue) offer(ctx context.Context, j job.Job, t job.Task, o job.Offer) (next int, err error) {
	class, _ := weight(j.Priority)
	accepted := j.AcceptedAt
	if accepted.IsZero() { // whoever offers it has not read the record
		accepted = time.Now()
	}
	begun := 0
	if o.Begun {
		begun = 1
	}
	err = produce(ctx, t, func(ctx context.Context, headers map[string]string) error {
		next, err = q.turns.offer.Run(ctx, q.rdb, shareKeys(t.Lane), string(j.ID), j.Client, class, fmt.Sprintf("%015d", max(0, accepted.UnixMilli())),
			o.Seconds, o.First, o.End, letter{Task: t, Headers: headers}.String(), begun).Int()
		return err
	})
	return next, err
}

// alive reports whether a worker has a task, or will come to it.
func (q *Queue) alive(ctx context.Context, t job.Task) (bool, error) {
	attempt, err := q.attempt(ctx, t)
	if err != nil {
		return false, err
	}
	seen, err := q.inspect(ctx, t, taskIDs(t.Name(), attempt))
	return seen.alive, err
}

// HandOut hands out in all lanes what workers can soon take. It makes up for a process that has died before it could.
func (q *Queue) HandOut(ctx context.Context) error {
	lanes, err := q.lanes(ctx)
	for _, lane := range lanes {
		if lane.TakesTurns() && err == nil {
			err = q.handOut(ctx, lane)
		}
	}
	if err != nil {
		return fmt.Errorf("hand out tasks: %w", unavailable(err))
	}
	return nil
}

// handOut has as many tasks of a lane pending as its workers can soon take. A task that is lost between its turn and the lane is missed by
// whoever reconciles.
func (q *Queue) handOut(ctx context.Context, lane job.Lane) error {
	slots, err := q.Slots(ctx, lane.Pool())
	if err != nil {
		return err
	}
	for {
		l, ok, err := q.take(ctx, lane, max(leastPending, perSlot*slots))
		if !ok || err != nil {
			return err
		}
		if _, err := q.replace(ctx, l.Task, l.Headers); err != nil {
			return err
		}
	}
}

// take is the task whose turn is next in a lane; false if more than enough are pending, or none is left.
func (q *Queue) take(ctx context.Context, lane job.Lane, enough int) (l letter, ok bool, err error) {
	args := []any{enough, seats}
	for _, p := range job.Priorities() {
		_, w := weight(p)
		args = append(args, w)
	}
	said, err := q.turns.take.Run(ctx, q.rdb, shareKeys(lane), append(args, givenSeconds)...).Slice()
	if errors.Is(err, redis.Nil) {
		return l, false, nil
	}
	if err != nil {
		return l, false, err
	}
	text, _ := said[0].(string)
	number, isNumber := said[1].(int64)
	if err := json.Unmarshal([]byte(text), &l); err != nil || !isNumber {
		return l, false, fmt.Errorf("unexpected answer of a script: %w", err)
	}
	l.Task.Band = int(number)
	return l, true, nil
}

// Retract takes back what is to be handed out of a job.
func (q *Queue) Retract(ctx context.Context, j job.Job) error {
	for _, lane := range []job.Lane{job.Control.In(j.Pool), job.Batch.In(j.Pool)} {
		if err := q.turns.retract.Run(ctx, q.rdb, shareKeys(lane), string(j.ID)).Err(); err != nil {
			return fmt.Errorf("retract %s: %w", j.ID, unavailable(err))
		}
	}
	return nil
}

// Settle tells how many seconds of one core more, or less, a job's own task has cost than it was taken to, which its client was charged when it was
// handed out.
func (q *Queue) Settle(ctx context.Context, j job.Job, more float64) error {
	class, w := weight(j.Priority)
	err := q.turns.settle.Run(ctx, q.rdb, shareKeys(j.Task().Lane), j.Client, class, more, w, givenSeconds).Err()
	return unavailable(err)
}

// maxClients is how many clients of a lane are listed.
const maxClients = 100

// ClientsOf are those that have something to be handed out in a lane or have got something of late, at most 100, those that have
// got most first.
func (q *Queue) ClientsOf(ctx context.Context, lane job.Lane) ([]job.ClientShare, error) {
	now := time.Now()
	var given [2]*redis.MapStringStringCmd
	var waiting *redis.StringSliceCmd
	err := pipeline(ctx, q.rdb, func(p redis.Pipeliner) {
		for i := range given {
			given[i] = p.HGetAll(ctx, givenKey(lane, now.Add(-time.Duration(i)*job.ShareSpan)))
		}
		waiting = p.ZRange(ctx, clientsKey(lane), 0, -1)
	})
	if err != nil {
		return nil, unavailable(err)
	}
	seconds, total := map[string]float64{}, 0.0
	for _, client := range waiting.Val() {
		seconds[client] = 0
	}
	for _, span := range given {
		for client, text := range span.Val() {
			s, _ := strconv.ParseFloat(text, 64) // 0 of what is none
			seconds[client] += s
		}
	}
	for client, s := range seconds { // an estimate that was counted before may be taken back
		seconds[client] = max(0, s)
		total += seconds[client]
	}
	shares := make([]job.ClientShare, 0, len(seconds))
	for client, s := range seconds {
		shares = append(shares, job.ClientShare{Client: client, Seconds: s, Share: s / max(total, 1e-9)})
	}
	slices.SortFunc(shares, compareShares)
	shares = shares[:min(len(shares), maxClients)]
	return shares, unavailable(q.countWaiting(ctx, lane, shares))
}

// countWaiting counts the jobs of clients.
func (q *Queue) countWaiting(ctx context.Context, lane job.Lane, shares []job.ClientShare) error {
	counts := make([]*redis.IntCmd, len(shares))
	err := pipeline(ctx, q.rdb, func(p redis.Pipeliner) {
		for i, s := range shares {
			counts[i] = p.ZLexCount(ctx, waitingKey(lane), "["+s.Client+"\t", "("+s.Client+"\n")
		}
	})
	for i := range shares {
		shares[i].Waiting = int(counts[i].Val())
	}
	return err
}

func compareShares(a, b job.ClientShare) int {
	return cmp.Or(cmp.Compare(b.Seconds, a.Seconds), cmp.Compare(a.Client, b.Client))
}
