package queue

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"mandelfarm/internal/tally"
	"mandelfarm/job"
)

// lateSpan is how far back is counted what a worker has done.
const lateSpan = time.Minute

// presence is what this process says of itself while it serves, and what it knows of
// how its work goes.
type presence struct {
	queue *Queue
	since time.Time
	pool  job.Pool
	lanes map[job.Lane]*share

	stop    sync.Once
	drained chan struct{} // closed when nothing more is taken

	examining sync.WaitGroup
	examined  string // the last examination that was begun; only the heartbeat uses it

	mu    sync.Mutex
	tasks map[string]job.Hold // by name
}

// share is this process's work in one lane.
type share struct {
	slots   int
	done    *tally.Tally
	drained <-chan struct{}

	mu       sync.Mutex
	lastDone time.Time
	failed   []string  // different tasks that have failed here since one was done
	failing  time.Time // since when
	block    block
}

func newPresence(q *Queue, assigned []Assignment) *presence {
	p := &presence{
		queue: q, since: time.Now().UTC().Truncate(time.Millisecond), lanes: make(map[job.Lane]*share),
		drained: make(chan struct{}), tasks: make(map[string]job.Hold),
	}
	for _, work := range assigned {
		p.pool = work.Lane.Pool()
		p.lanes[work.Lane] = &share{slots: work.Concurrency, done: tally.New(lateSpan), drained: p.drained}
	}
	return p
}

// Introduce sets how this process describes itself to those who list the workers. The
// queue adds what it knows. It is called before Serve.
func (q *Queue) Introduce(describe func() job.Worker) { q.describe = describe }

// drain has this process take nothing more.
func (p *presence) drain() { p.stop.Do(func() { close(p.drained) }) }

func (p *presence) draining() bool {
	select {
	case <-p.drained:
		return true
	default:
		return false
	}
}

// begin notes that a task is being done, until the returned function is called.
func (p *presence) begin(t job.Task, d job.Delivery) (end func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tasks[t.Name()] = job.Hold{Task: t.Name(), Kind: t.Kind, Lane: t.Lane, Job: t.ID, Band: t.Band, Since: d.StartedAt, Try: d.Try}
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.tasks, t.Name())
	}
}

// report is the share as it is announced.
func (s *share) report(now time.Time) job.Share {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := job.Share{Slots: s.slots, Done: int(s.done.Sum(now)), LastDone: s.lastDone}
	if s.block.until.After(now) {
		r.BlockedSince, r.BlockedUntil, r.BlockedBecause = s.block.since, s.block.until, s.block.reason
	}
	return r
}

// worker is what this process says of itself.
func (p *presence) worker(now time.Time) job.Worker {
	w := p.queue.describe()
	w.Name, w.Pool, w.Since, w.Draining = p.queue.name, p.pool, p.since, p.draining()
	w.Lanes = make(map[job.Lane]job.Share, len(p.lanes))
	w.Host, _ = os.Hostname() // empty if it has none
	for lane, s := range p.lanes {
		w.Lanes[lane] = s.report(now)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	w.Tasks = slices.AppendSeq([]job.Hold{}, maps.Values(p.tasks))
	slices.SortFunc(w.Tasks, func(a, b job.Hold) int { return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Task, b.Task)) })
	return w
}

// slots is what slotsKey holds of a worker that can draw so many bands of a pool at a time.
func slots(number int, pool job.Pool, name string) string {
	return fmt.Sprintf("%d@%s %s", number, pool, name)
}

// parseSlots is the reverse of slots; what is none is of no worker.
func parseSlots(member string) (number int, pool job.Pool, name string) {
	text, name, _ := strings.Cut(member, " ")
	text, of, _ := strings.Cut(text, "@")
	number, err := strconv.Atoi(text)
	if err != nil {
		return 0, "", ""
	}
	return number, job.Pool(of), name
}

// announce says that this process is there and what it does, and hears what it is told
// to do. A failure is not reported: it says so again in a second.
func (p *presence) announce(background context.Context) {
	ctx, cancel := context.WithTimeout(background, claimRenewal)
	defer cancel()
	now := time.Now()
	w := p.worker(now)
	data, err := json.Marshal(announced{Worker: w, Voiced: true})
	if err != nil {
		return
	}
	able, unable := w.Lanes[job.Batch.In(p.pool)].Slots, 0
	if w.Draining {
		able, unable = unable, able
	}
	var told orders
	_ = pipeline(ctx, p.queue.rdb, func(pipe redis.Pipeliner) {
		if able != unable {
			pipe.ZRem(ctx, slotsKey, slots(unable, p.pool, w.Name))
		}
		pipe.ZAdd(ctx, slotsKey, redis.Z{Score: float64(now.Unix()), Member: slots(able, p.pool, w.Name)})
		pipe.ZRemRangeByScore(ctx, slotsKey, "-inf", strconv.FormatInt(now.Add(-time.Minute).Unix(), 10))
		for lane := range p.lanes { // so that it is listed before it has its first task
			pipe.SAdd(ctx, queuesKey, string(lane))
		}
		pipe.Set(ctx, workerKey(w.Name), data, claimTTL)
		told = askOrders(ctx, pipe, w.Name)
	})
	p.obey(background, told)
}

// leave takes this process out of the list. If that fails, it runs out.
func (p *presence) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, claimRenewal)
	defer cancel()
	name := p.queue.name
	_ = pipeline(ctx, p.queue.rdb, func(pipe redis.Pipeliner) {
		for _, share := range p.lanes {
			pipe.ZRem(ctx, slotsKey, slots(share.slots, p.pool, name))
		}
		pipe.ZRem(ctx, slotsKey, slots(0, p.pool, name))
		for _, key := range []string{workerKey(name), heldKey(name), drainKey(name), blockKey(name), examineKey(name)} {
			pipe.Del(ctx, key) // one by one: they may be on several nodes
		}
	})
}
