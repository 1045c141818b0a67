//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/queue"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage/dir"
	"mandelfarm/worker"
)

// measurement is how a farm is measured.
type measurement struct {
	span time.Duration // idle, and at work
	band time.Duration // that a band takes
}

// need is what a number of workers need, in a second where it is not said otherwise.
type need struct {
	workers                int
	connections            float64 // to Redis
	idle, busy             float64 // commands of Redis
	idleCPU, busyCPU       float64 // of Redis, share of one core
	sent                   float64 // bytes that Redis sends at work
	memory                 float64 // bytes that Redis has
	bands                  float64
	idleStorage, operation float64 // operations of storage
}

// measure starts a farm of so many workers, and looks how it goes idle and at a poster.
func (m measurement) measure(ctx context.Context, workers int) (n need, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	redis, err := startRedis(ctx)
	if err != nil {
		return n, err
	}
	defer redis.stop()
	f, err := newFarm(redis, m.band) //nolint:contextcheck // a folder is opened at once
	if err != nil {
		return n, err
	}
	defer f.close()
	var serving sync.WaitGroup
	defer serving.Wait()
	defer cancel()
	if err := f.start(ctx, workers, &serving); err != nil {
		return n, err
	}
	n.workers = workers
	idle, err := f.watch(ctx, m.span)
	if err != nil {
		return n, err
	}
	n.idle, n.idleCPU, n.idleStorage = idle.commands, idle.cpu, idle.operations
	if err := f.submit(ctx, workers*int(2+(m.span+m.ramp())/m.band)); err != nil {
		return n, err
	}
	pause(ctx, m.ramp())
	busy, err := f.watch(ctx, m.span)
	n.busy, n.busyCPU, n.sent, n.bands, n.operation = busy.commands, busy.cpu, busy.sent, busy.bands, busy.operations
	n.connections, n.memory = busy.connections, busy.memory
	return n, err
}

// ramp is how long a farm is given to be at work.
func (m measurement) ramp() time.Duration { return 2 * m.band }

func pause(ctx context.Context, span time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(span):
	}
}

// farm is a Redis and a store, and those who work on them.
type farm struct {
	redis  *redisServer
	folder string
	dir    *dir.Store
	store  *counted
	ledger *ledger.Ledger
	front  *queue.Queue // of whoever submits
	log    *slog.Logger
}

func newFarm(redis *redisServer, band time.Duration) (*farm, error) {
	f := &farm{redis: redis, log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))}
	var err error
	if f.folder, err = os.MkdirTemp("/dev/shm", "capacity-"); err != nil {
		return nil, err
	}
	if f.dir, err = dir.Open(f.folder); err != nil {
		return nil, errors.Join(err, os.RemoveAll(f.folder))
	}
	f.store = &counted{Store: f.dir, band: band}
	f.ledger = ledger.New(f.store, ledger.Options{})
	return f, nil
}

func (f *farm) close() {
	if f.front != nil {
		_ = f.front.Close()
	}
	_, _ = f.dir.Close(), os.RemoveAll(f.folder)
}

func (f *farm) open(ctx context.Context) (*queue.Queue, error) {
	return queue.Open(ctx, queue.Config{URL: "redis://" + f.redis.addr, Limit: 10_000, Log: f.log})
}

// start starts workers, each with connections of its own.
func (f *farm) start(ctx context.Context, workers int, serving *sync.WaitGroup) (err error) {
	if f.front, err = f.open(ctx); err != nil {
		return err
	}
	for range workers {
		q, err := f.open(ctx)
		if err != nil {
			return err
		}
		serving.Go(func() { f.serve(ctx, q) })
	}
	for slots := 0; slots < workers*9/10 && ctx.Err() == nil; { // names of one process collide
		pause(ctx, time.Second)
		if slots, err = f.front.Slots(ctx, ""); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// serve is a worker with its turns, as the program starts it by default.
func (f *farm) serve(ctx context.Context, q *queue.Queue) {
	w := worker.New(worker.Config{Threads: 1, Band: f.store.band}, worker.Dependencies{
		Ledger: f.ledger, Tasks: q, Shares: q, Progress: q, Live: q, Fleet: q, Previews: q, Notices: q, Locks: q, Log: f.log,
	})
	var turns sync.WaitGroup
	turns.Go(func() { w.Reconcile(ctx, 2*time.Second) })
	turns.Go(func() { w.Sweep(ctx, 10*time.Minute) })
	const poll = 250 * time.Millisecond
	assigned := []queue.Assignment{
		{Lane: job.Interactive, Concurrency: 2, Poll: poll}, {Lane: job.Control, Concurrency: 2, Poll: poll}, {Lane: job.Batch, Concurrency: 1, Poll: poll},
	}
	if err := q.Serve(ctx, assigned, 0, w.Handle); err != nil {
		f.log.LogAttrs(ctx, slog.LevelError, "worker ended", slog.Any("err", err))
	}
	turns.Wait()
	_ = q.Close()
}

// submit has the workers draw a poster of so many bands, narrow and far enough from the set to cost nothing. Its limit of iterations is
// that of a picture for which workers look whether it is planned.
func (f *farm) submit(ctx context.Context, bands int) error {
	bands = min(bands, 10_000)
	s, err := spec.Parse(fmt.Appendf(nil, `{"center": {"re": 4, "im": 0}, "width": 1, "height": %d, "max_iterations": 100000}`, bands*spec.SegmentRows))
	if err != nil {
		return err
	}
	st, err := f.ledger.Accept(ctx, s)
	if err != nil {
		return err
	}
	plan := job.Plan{MadeAt: time.Now(), CoreSeconds: float64(bands) * f.store.band.Seconds()}
	for i := range bands {
		plan.Bands = append(plan.Bands, job.Band{Start: i * spec.SegmentRows, End: (i + 1) * spec.SegmentRows, Seconds: f.store.band.Seconds()})
	}
	if _, err := f.ledger.StorePlan(ctx, st.Job, plan); err != nil {
		return err
	}
	return f.front.Submit(ctx, st.Job)
}

// watched is what was seen in a second on average.
type watched struct {
	connections, commands, cpu, sent, memory, bands, operations float64
}

// watch looks at the farm for a time.
func (f *farm) watch(ctx context.Context, span time.Duration) (watched, error) {
	before, err := f.redis.info(ctx)
	if err != nil {
		return watched{}, err
	}
	start, operations, bands := time.Now(), f.store.operations.Load(), f.store.bands.Load()
	pause(ctx, span)
	after, err := f.redis.info(ctx)
	seconds := time.Since(start).Seconds()
	rate := func(fields ...string) (sum float64) {
		for _, field := range fields {
			sum += (after[field] - before[field]) / seconds
		}
		return sum
	}
	return watched{
		connections: after["connected_clients"], memory: after["used_memory"],
		commands: rate("total_commands_processed"), cpu: rate("used_cpu_user", "used_cpu_sys"), sent: rate("total_net_output_bytes"),
		bands:      float64(f.store.bands.Load()-bands) / seconds,
		operations: float64(f.store.operations.Load()-operations) / seconds,
	}, err
}
