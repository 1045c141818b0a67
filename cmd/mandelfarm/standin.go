package main

import (
	"context"
	"sync"
	"time"

	"mandelfarm/queue"
	"mandelfarm/worker"
)

// standIn has what is owed queued, until ctx ends, while the farm has no worker that would see to it. Whoever starts workers by what is
// queued, from none, would otherwise never start one for what Redis has lost, or for a message that it is time for.
func (f *farm) standIn(ctx context.Context) {
	deps := f.dependencies()
	deps.Locks = vacancy{f.queue}
	w := worker.New(worker.Config{}, deps)
	var turns sync.WaitGroup
	turns.Go(func() { w.Reconcile(ctx, f.settings.worker.reconcile) })
	if f.settings.tellsWebhooks() {
		turns.Go(func() { w.Tell(ctx, f.settings.worker.reconcile) })
	}
	turns.Wait()
}

// vacancy is the locks of a process that takes turns only while there is no worker to take them.
type vacancy struct{ queue *queue.Queue }

// Lock implements [worker.Locks].
func (v vacancy) Lock(ctx context.Context, name string, ttl time.Duration) (bool, error) {
	if staffed, err := v.queue.Staffed(ctx); staffed || err != nil {
		return false, err
	}
	return v.queue.Lock(ctx, name, ttl)
}
