package queue

import (
	"context"
	"encoding/json"
	"sync"

	"github.com/redis/go-redis/v9"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

// The channels of the farm.
const (
	noticeChannel = keyPrefix + "notices" // a job.Notice in JSON
	cancelChannel = keyPrefix + "cancels" // an image ID
	wakeChannel   = keyPrefix + "wakes"   // a lane
	keysChannel   = keyPrefix + "keys"    // empty: keys were added or removed
)

// bus is this process's ear on the channels: one subscription, whatever the
// number of those who listen.
type bus struct {
	rdb    redis.UniversalClient
	pubsub *redis.PubSub
	done   chan struct{} // closed when the listening goroutine has ended

	mu      sync.Mutex
	waiters map[spec.ID]map[chan job.Notice]struct{}
	work    map[spec.ID]map[*context.CancelCauseFunc]struct{} // what this process is drawing
	wakes   map[job.Lane]map[chan struct{}]struct{}
	keys    map[string]map[chan struct{}]struct{} // those who hold keys, under keysChannel
}

// listen subscribes to the channels, and raises the voice of the process, until close.
func listen(ctx context.Context, rdb redis.UniversalClient, name string) *bus {
	b := &bus{
		rdb:     rdb,
		pubsub:  rdb.Subscribe(ctx, noticeChannel, cancelChannel, wakeChannel, keysChannel, voiceChannel(name)),
		done:    make(chan struct{}),
		waiters: make(map[spec.ID]map[chan job.Notice]struct{}),
		work:    make(map[spec.ID]map[*context.CancelCauseFunc]struct{}),
		wakes:   make(map[job.Lane]map[chan struct{}]struct{}),
		keys:    make(map[string]map[chan struct{}]struct{}),
	}
	messages := b.pubsub.ChannelWithSubscriptions() // reconnects and checks the connection's health
	go func() {
		defer close(b.done)
		for m := range messages {
			b.receive(m)
		}
	}()
	return b
}

func (b *bus) close() {
	_ = b.pubsub.Close() // its only error is that it was closed before
	<-b.done
}

func (b *bus) receive(m any) {
	switch m := m.(type) {
	case *redis.Subscription: // also after a reconnection
		b.resync()
	case *redis.Message:
		switch m.Channel {
		case noticeChannel:
			var n job.Notice
			if json.Unmarshal([]byte(m.Payload), &n) == nil {
				b.notify(n)
			}
		case cancelChannel:
			b.cancel(spec.ID(m.Payload))
		case wakeChannel:
			b.wake(job.Lane(m.Payload))
		case keysChannel:
			b.rekey()
		}
	}
}

// resync makes everyone look for what they may have missed. Those who have a
// notice that they have not taken yet will look anyway.
func (b *bus) resync() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, waiting := range b.waiters {
		for ch := range waiting {
			nudge(ch, job.Notice{})
		}
	}
	for _, sleeping := range b.wakes {
		for ch := range sleeping {
			nudge(ch, struct{}{})
		}
	}
	b.nudgeKeyholders()
}

func (b *bus) rekey() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.nudgeKeyholders()
}

// nudgeKeyholders is for the holder of the lock.
func (b *bus) nudgeKeyholders() {
	for ch := range b.keys[keysChannel] {
		nudge(ch, struct{}{})
	}
}

func (b *bus) notify(n job.Notice) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for ch := range b.waiters[n.ID] {
		if n.State.Final() {
			offer(ch, n)
		} else {
			nudge(ch, n) // it must not displace an end that was not taken yet
		}
	}
}

func (b *bus) wake(lane job.Lane) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for ch := range b.wakes[lane] {
		nudge(ch, struct{}{})
	}
}

func (b *bus) cancel(id spec.ID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for stop := range b.work[id] {
		(*stop)(job.ErrCanceled)
	}
}

// offer puts v into a channel of capacity one, replacing what was not taken.
// Only the holder of the bus's lock sends, so the second send cannot block.
func offer[T any](ch chan T, v T) {
	select {
	case <-ch:
	default:
	}
	ch <- v
}

// nudge puts v into a channel of capacity one unless there is something in it.
func nudge[T any](ch chan T, v T) {
	select {
	case ch <- v:
	default:
	}
}

func (b *bus) subscribe(id spec.ID) (<-chan job.Notice, func()) {
	ch := make(chan job.Notice, 1)
	return ch, enlist(&b.mu, b.waiters, id, ch)
}

func (b *bus) sleeper(lane job.Lane) (<-chan struct{}, func()) {
	ch := make(chan struct{}, 1)
	return ch, enlist(&b.mu, b.wakes, lane, ch)
}

func (b *bus) keyholder() (<-chan struct{}, func()) {
	ch := make(chan struct{}, 1)
	return ch, enlist(&b.mu, b.keys, keysChannel, ch)
}

// working makes ctx end with [job.ErrCanceled] when id is canceled, until the
// returned function is called.
func (b *bus) working(ctx context.Context, id spec.ID) (context.Context, func()) {
	ctx, stop := context.WithCancelCause(ctx)
	leave := enlist(&b.mu, b.work, id, &stop)
	return ctx, func() {
		stop(nil)
		leave()
	}
}

// enlist adds a member under key, and returns the function that removes it.
func enlist[K, M comparable](mu *sync.Mutex, m map[K]map[M]struct{}, key K, member M) func() {
	mu.Lock()
	defer mu.Unlock()
	if m[key] == nil {
		m[key] = make(map[M]struct{})
	}
	m[key][member] = struct{}{}
	return func() {
		mu.Lock()
		defer mu.Unlock()
		if delete(m[key], member); len(m[key]) == 0 {
			delete(m, key)
		}
	}
}

// publish sends a notice to every process.
func (b *bus) publish(ctx context.Context, n job.Notice) error {
	data, err := json.Marshal(n)
	if err != nil {
		return err
	}
	return unavailable(b.rdb.Publish(ctx, noticeChannel, data).Err())
}
