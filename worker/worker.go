package worker

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"runtime"
	"time"

	"mandelfarm/internal/tally"
	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
)

// Dependencies are the parts of the farm that a worker uses.
type Dependencies struct {
	Ledger   *ledger.Ledger
	Tasks    Tasks
	Shares   Shares
	Progress Progress
	Live     Live
	Fleet    Fleet
	Previews Previews
	Notices  Notices
	Locks    Locks
	Webhooks Webhooks // nil delivers no messages to them
	Log      *slog.Logger
	Observer Observer // nil is nobody
}

// Tasks is how a worker has others work.
type Tasks interface {
	// Enqueue queues a task unless it is waiting or being worked on.
	Enqueue(ctx context.Context, t job.Task) error
	// Revive queues a task anew if it is neither waiting nor being worked on.
	Revive(ctx context.Context, t job.Task) error
	// NotWaiting returns those of tasks, as they are in the default pool, that do not wait
	// in any pool's lane.
	NotWaiting(ctx context.Context, tasks ...job.Task) ([]job.Task, error)
	// Workers are those that are there.
	Workers(ctx context.Context) ([]job.Worker, error)
	// Tidy has what dead workers had count as nobody's, and removes what the queue counts as being worked on and nobody has.
	Tidy(ctx context.Context) error
	// Cancel stops the tasks of a job, and forgets its progress.
	Cancel(ctx context.Context, j job.Job) error
}

// Shares is how the clients of the farm take turns.
type Shares interface {
	// Submit has a job's own task done when it is its client's turn, unless that waits or is
	// being worked on.
	Submit(ctx context.Context, j job.Job) error
	// Offer has bands of a job drawn one after the other, whenever it is its client's turn, and returns which is
	// the next; their end if all of them were handed out before.
	Offer(ctx context.Context, j job.Job, o job.Offer) (next int, err error)
	// Retract takes back what is not handed out of a job.
	Retract(ctx context.Context, j job.Job) error
	// SubmitGroup is Submit for the task of a group.
	SubmitGroup(ctx context.Context, g job.Group) error
	// Settle tells how many seconds of one core more, or less, a job's own task has cost than it was taken to.
	Settle(ctx context.Context, j job.Job, more float64) error
	// HandOut hands out what workers can soon take.
	HandOut(ctx context.Context) error
}

// Progress is where the workers note how far the bands of a job are. It may be
// wiped clean at any time.
type Progress interface {
	// Begin notes that a job is drawn in so many bands, unless that is noted.
	Begin(ctx context.Context, id spec.ID, bands int) error
	// Stored notes that bands are stored since a time, zero if that is not known,
	// and returns how many are.
	Stored(ctx context.Context, id spec.ID, at time.Time, bands ...int) (count int, err error)
	// Completions returns which are noted.
	Completions(ctx context.Context, id spec.ID) ([]job.Completion, error)
	// Failed notes that a task of a job has failed, which will be tried again.
	Failed(ctx context.Context, id spec.ID, reason string) error
	// Forget drops what is noted of a job.
	Forget(ctx context.Context, id spec.ID) error
}

// Previews is where the workers show what the bands they have drawn look like. It
// may be emptied at any time.
type Previews interface {
	// StorePreview keeps what a band looks like.
	StorePreview(ctx context.Context, id spec.ID, band int, preview []byte) error
	// PreviewsOf returns what is kept of a job, by band.
	PreviewsOf(ctx context.Context, id spec.ID) (map[int][]byte, error)
	// RemovePreviews drops what is kept of a job.
	RemovePreviews(ctx context.Context, id spec.ID) error
}

// Notices is how a worker tells others.
type Notices interface {
	// Publish tells everyone who waits on an image that something changed.
	Publish(ctx context.Context, n job.Notice) error
}

// Webhooks is how a worker reaches those who are told of jobs.
type Webhooks interface {
	// Send signs a message and posts it to a URL, and returns the status that it is answered with.
	// An error says that there was no answer, and does not name the URL.
	Send(ctx context.Context, url, id string, body []byte) (status int, err error)
}

// Locks is how workers agree on whose turn it is.
type Locks interface {
	// Lock reports whether the caller is the one that holds a name for ttl.
	Lock(ctx context.Context, name string, ttl time.Duration) (bool, error)
}

// Config says how a worker draws and what it sweeps.
type Config struct {
	Threads int           // that draw one image or band; 0 is all cores
	Band    time.Duration // what drawing a band should take
	AtOnce  int           // bands that this process draws at a time, sharing its cores; 0 is one
	Speed   float64       // of a core, as [renderer.Speed] measures it; 0 is 1
	// PrepassCache is how many bytes of prepasses are kept in memory between tasks, by
	// [renderer.Prepass.Size]; 0 keeps none.
	PrepassCache int64

	ImagesMaxAge   time.Duration // older images are removed; 0 keeps them
	ImagesMaxBytes int64         // the oldest images above so many bytes are removed; 0 keeps them
	// PrepassMaxAge is the age from which a stored prepass is removed, unless an open
	// job needs it; 0 keeps it.
	PrepassMaxAge time.Duration
	// VersionWait is how long a job that was accepted for another version of the renderer waits for a worker of that, when none is
	// there, before it fails; 0 is for ever.
	VersionWait time.Duration
	// Abandoned removes what writers that died before the given time have left in
	// the store; nil if the store sees to that.
	Abandoned func(ctx context.Context, before time.Time) error
}

// Worker handles tasks. It is safe for concurrent use.
type Worker struct {
	cfg        Config
	deps       Dependencies
	drawer     *drawer
	scheduler  *scheduler
	reconciler *reconciler
	sweeper    *sweeper
	scrubber   *scrubber
	courier    *courier
	others     *others
}

// New is a worker of a farm.
func New(cfg Config, deps Dependencies) *Worker {
	if cfg.Threads <= 0 {
		cfg.Threads = runtime.GOMAXPROCS(0)
	}
	if cfg.Speed <= 0 {
		cfg.Speed = 1
	}
	if deps.Observer == nil {
		deps.Observer = nobody{}
	}
	next := &scheduler{ledger: deps.Ledger, tasks: deps.Tasks, shares: deps.Shares, progress: deps.Progress, fleet: deps.Fleet, now: time.Now}
	return &Worker{
		cfg: cfg, deps: deps, scheduler: next,
		drawer: &drawer{
			ledger: deps.Ledger, render: renderer.Options{Threads: cfg.Threads}, prepasses: newPrepasses(cfg.PrepassCache),
			teller: teller{live: deps.Live, notices: deps.Notices}, observer: deps.Observer, log: deps.Log,
			pixels: tally.New(history),
		},
		reconciler: &reconciler{ledger: deps.Ledger, tasks: deps.Tasks, shares: deps.Shares, scheduler: next, observer: deps.Observer},
		sweeper:    &sweeper{cfg: cfg, ledger: deps.Ledger, log: deps.Log},
		scrubber:   &scrubber{ledger: deps.Ledger, log: deps.Log},
		courier:    &courier{ledger: deps.Ledger, tasks: deps.Tasks, webhooks: deps.Webhooks, log: deps.Log},
		others:     &others{workers: deps.Tasks.Workers},
	}
}

// CacheStats tells how the prepasses in memory are used.
func (w *Worker) CacheStats() CacheStats { return w.drawer.prepasses.stats() }

// Speed is that of a core of this machine, beside one of the standard machine.
func (w *Worker) Speed() float64 { return w.cfg.Speed }

// PixelsPerSecond is how many pixels this process has drawn per second in each ten seconds of the last five minutes, the oldest first.
func (w *Worker) PixelsPerSecond() []float64 {
	rates := w.drawer.pixels.Rates(time.Now(), lately)
	for i, rate := range rates {
		rates[i] = math.Round(rate)
	}
	return rates
}

// Reconcile compares, every interval until ctx ends, what the ledger owes with
// what the queue holds, and queues the difference, with what dead workers had; what the queue holds of nobody it
// removes. Of all the farm's workers one does so in each interval.
func (w *Worker) Reconcile(ctx context.Context, interval time.Duration) {
	w.takeTurns(ctx, turnReconcile, interval, func(ctx context.Context) error {
		return errors.Join(w.deps.Tasks.Tidy(ctx), w.reconciler.reconcile(ctx), w.deps.Shares.HandOut(ctx))
	})
}

// Tell has, every interval until ctx ends, messages to webhooks delivered for which it is time. Of all the farm's workers
// one does so in each interval.
func (w *Worker) Tell(ctx context.Context, interval time.Duration) {
	w.takeTurns(ctx, turnTell, interval, w.courier.turn)
}

// Audit mends, every interval until ctx ends, what is only derived from the records
// of jobs: see [ledger.Ledger.Audit]. Of all the farm's workers one does so in each
// interval.
func (w *Worker) Audit(ctx context.Context, interval time.Duration) {
	w.takeTurns(ctx, "audit", interval, w.deps.Ledger.Audit)
}

// Sweep removes, every interval until ctx ends, what nobody needs: parts of jobs
// that have ended, uploads that nobody goes on with, images beyond the caps, and
// prepasses of old that no open job needs. And it reads a part of what is stored, in
// search of damage. Of all the farm's workers one does so in each interval.
func (w *Worker) Sweep(ctx context.Context, interval time.Duration) {
	w.takeTurns(ctx, turnSweep, interval, func(ctx context.Context) error {
		return errors.Join(w.sweeper.sweep(ctx), w.scrubber.scrub(ctx))
	})
}
