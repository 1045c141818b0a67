package orbit

import "sync/atomic"

// helper is a helper thread, which makes one of the two products of each step: a goroutine of its own.
//
// It finds its work by looking, spinning on an atomic word, which takes less time than being woken, but not for long. That is for
// cores which are free: where there is more to do than there are cores, the helper may stand still for milliseconds, and a
// step takes microseconds. So nobody waits for it long: what it has not begun is taken back, and what it has begun and does
// not finish is made again. All numbers of a task are the helper's own until it says made, also one that it is given up
// for: the orbit goes on with others.
type helper[N any] struct {
	arithmetic arithmetic[N]
	wake       chan struct{} // has room for one; closed at the end
	done       chan struct{} // the goroutine has ended

	// The task, and what is made of it: the helper's own from asked to made.
	re, im, to N

	_      [64]byte // a line of the cache of its own, which both write
	state  atomic.Int32
	asleep atomic.Bool
	_      [56]byte
}

// States of a task. The orbit's thread goes from idle or made to asked, and back to idle if it takes the task back; the helper
// from asked to begun and to made. Who loses a compare-and-swap leaves the task to the other.
const (
	idle int32 = iota
	asked
	begun
	made
	ended
)

// outcome says who has made the product.
type outcome int

const (
	finished  outcome = iota // the helper has
	untouched                // the helper has not begun, and will not
	lost                     // the helper goes on with what it was given, and nobody waits for it
)

// spinLimit is how often to look before going to sleep: some 10 microseconds.
const spinLimit = 1 << 13

// spins is how often the orbit's thread looks before it gives the helper up: longer, by about as long as a product
// takes, which is then made again. A product half made is worth waiting for.
func (h *helper[N]) spins() int { return spinLimit + h.arithmetic.patience() }

func newHelper[N any](a arithmetic[N]) *helper[N] {
	h := &helper[N]{arithmetic: a, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go func() {
		defer close(h.done)
		h.work()
	}()
	return h
}

// end ends the goroutine and waits for it.
func (h *helper[N]) end() {
	h.state.Store(ended)
	close(h.wake)
	<-h.done
}

// ask asks for the imaginary part of a next z. It reports false if the helper is still at what it was given up for.
func (h *helper[N]) ask(re, im, to N) bool {
	if h.state.Load() == begun {
		return false
	}
	h.re, h.im, h.to = re, im, to
	h.state.Store(asked)
	if h.asleep.Load() {
		select {
		case h.wake <- struct{}{}:
		default:
		}
	}
	return true
}

// join waits for what was asked for.
func (h *helper[N]) join() outcome {
	if h.state.CompareAndSwap(asked, idle) {
		return untouched
	}
	for range h.spins() {
		if h.state.Load() == made {
			return finished
		}
	}
	return lost
}

// work is the goroutine.
func (h *helper[N]) work() {
	for looks := 0; ; looks++ {
		switch h.state.Load() {
		case asked:
			if h.state.CompareAndSwap(asked, begun) {
				h.arithmetic.nextIm(h.to, h.re, h.im)
				h.state.CompareAndSwap(begun, made) // unless it has ended
			}
			looks = 0
		case ended:
			return
		default:
			if looks >= spinLimit {
				h.sleep()
				looks = 0
			}
		}
	}
}

// sleep waits until it is woken, unless there is something to do already. Asleep is said before the last look, and ask looks at
// asleep after it has asked: one of the two sees the other, so that no task is slept through. A wake too many costs a look.
func (h *helper[N]) sleep() {
	h.asleep.Store(true)
	defer h.asleep.Store(false)
	if state := h.state.Load(); state != asked && state != ended {
		<-h.wake
	}
}
