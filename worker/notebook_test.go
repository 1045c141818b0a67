package worker_test

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

// maxTrip is how long the way to a server and back may take.
const maxTrip = 5 * time.Millisecond

// notebook is the farm of a worker under test: it writes down what it is told.
type notebook struct {
	onPublish func(n job.Notice) error
	onForget  func()

	mu       sync.Mutex
	notices  []job.Notice
	revived  []job.Task
	enqueued []job.Task
	canceled []spec.ID
	failures []string
	begun    bool
	stored   map[int]bool
	next     int // what Offer says is next, unless that is before the first
	offers   []offer
	settled  []float64
	previews map[int][]byte
	drawing  []job.Drawing
	prepass  []float64
	idle     int
	doubles  map[int]float64
	waiting  map[spec.ID]bool     // jobs whose own task waits
	passes   []time.Time          // when the lock was given
	locked   map[string]time.Time // until when
	broken   error                // what Revive returns

	retracted []spec.ID

	tidied int // how often what the dead have left was to be removed

	workers []job.Worker // that are there
}

// offer is what was offered of a job.
type offer struct {
	id       spec.ID
	priority job.Priority
	job.Offer
}

func newNotebook() *notebook {
	return &notebook{
		stored: make(map[int]bool), doubles: make(map[int]float64), previews: make(map[int][]byte), waiting: make(map[spec.ID]bool),
		locked: make(map[string]time.Time), onPublish: func(job.Notice) error { return nil }, onForget: func() {},
	}
}

func (q *notebook) Publish(_ context.Context, n job.Notice) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.notices = append(q.notices, n)
	return q.onPublish(n)
}

func (q *notebook) Revive(_ context.Context, t job.Task) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.revived = append(q.revived, bare(t))
	return q.broken
}

func (q *notebook) Enqueue(_ context.Context, t job.Task) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.enqueued = append(q.enqueued, bare(t))
	return nil
}

// bare is a task without what is on record of its job.
func bare(t job.Task) job.Task {
	t.AcceptedAt, t.Layout = time.Time{}, 0
	return t
}

func (q *notebook) NotWaiting(_ context.Context, tasks ...job.Task) (others []job.Task, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, t := range tasks {
		if !q.waiting[t.ID] {
			others = append(others, t)
		}
	}
	return others, nil
}

func (q *notebook) Workers(context.Context) ([]job.Worker, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.workers, nil
}

// Tidy notes that it was asked to.
func (q *notebook) Tidy(context.Context) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.tidied++
	return nil
}

func (q *notebook) Cancel(_ context.Context, j job.Job) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.canceled = append(q.canceled, j.ID)
	return nil
}

func (q *notebook) Failed(_ context.Context, _ spec.ID, reason string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.failures = append(q.failures, reason)
	return nil
}

func (q *notebook) Begin(context.Context, spec.ID, int) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.begun = true
	return nil
}

func (q *notebook) Stored(_ context.Context, _ spec.ID, _ time.Time, bands ...int) (count int, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, band := range bands {
		q.stored[band] = true
	}
	return len(q.stored), nil
}

func (q *notebook) Completions(context.Context, spec.ID) (all []job.Completion, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for band := range q.stored {
		all = append(all, job.Completion{Band: band})
	}
	return all, nil
}

func (q *notebook) Submit(ctx context.Context, j job.Job) error { return q.Revive(ctx, j.Task()) }

func (q *notebook) SubmitGroup(ctx context.Context, g job.Group) error {
	return q.Revive(ctx, g.Task())
}

// Offer hands nothing out.
func (q *notebook) Offer(_ context.Context, j job.Job, o job.Offer) (next int, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.offers = append(q.offers, offer{id: j.ID, priority: j.Priority, Offer: o})
	return max(q.next, o.First), nil
}

func (q *notebook) Retract(_ context.Context, j job.Job) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.retracted = append(q.retracted, j.ID)
	return nil
}

func (q *notebook) Settle(_ context.Context, j job.Job, more float64) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.settled = append(q.settled, j.Estimate()+more)
	return nil
}

func (q *notebook) HandOut(context.Context) error { return nil }

func (q *notebook) Forget(context.Context, spec.ID) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.onForget()
	clear(q.stored)
	q.begun = false
	return nil
}

func (q *notebook) RowsDrawn(_ context.Context, _ spec.ID, d job.Drawing) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.drawing = append(q.drawing, d)
	return nil
}

// Slots is one: nothing becomes shorter towards the end.
func (q *notebook) Slots(context.Context, job.Pool) (int, error) { return 1, nil }

func (q *notebook) Idle(context.Context, job.Pool) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.idle, nil
}

func (q *notebook) DrawingOf(context.Context, spec.ID) ([]job.Drawing, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Clone(q.drawing), nil
}

func (q *notebook) DoublesOf(context.Context, spec.ID) (map[int]float64, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return maps.Clone(q.doubles), nil
}

func (q *notebook) NoteDouble(_ context.Context, _ spec.ID, d job.Double) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.doubles[d.Band] = d.Twice
	return nil
}

func (q *notebook) PrepassAt(_ context.Context, _ spec.ID, done float64) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.prepass = append(q.prepass, done)
	return nil
}

func (q *notebook) StorePreview(_ context.Context, _ spec.ID, band int, preview []byte) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.previews[band] = preview
	return nil
}

func (q *notebook) PreviewsOf(context.Context, spec.ID) (map[int][]byte, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return maps.Clone(q.previews), nil
}

func (q *notebook) RemovePreviews(context.Context, spec.ID) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	clear(q.previews)
	return nil
}

// Lock takes a while, as the way to a server and back does.
func (q *notebook) Lock(_ context.Context, name string, ttl time.Duration) (bool, error) {
	<-time.After(rand.N(maxTrip))
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	if now.Before(q.locked[name]) {
		return false, nil
	}
	q.locked[name] = now.Add(ttl)
	q.passes = append(q.passes, now)
	return true, nil
}
