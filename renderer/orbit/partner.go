package orbit

import (
	"math/big"
	"sync/atomic"
)

// partner makes one of the two products of each step in a goroutine of its own.
//
// It finds its work by looking, which takes less time than being woken, but not for long. That is for cores which are
// free: where there is more to do than there are cores, the partner may stand still for milliseconds, and a step takes
// microseconds. So nobody waits for it long: what it has not begun is taken back, and what it has begun and does not
// finish is made again.
type partner struct {
	c     *big.Int // imaginary part
	words int
	wake  chan struct{} // has room for one; closed at the end
	done  chan struct{} // the goroutine has ended

	// The task, and what is made of it: the partner's own from asked to made.
	re, im, to *big.Int
	product    multiplier

	_      [64]byte // a line of the cache of its own, which both write
	state  atomic.Int32
	asleep atomic.Bool
	_      [56]byte
}

// States of a task.
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
	finished  outcome = iota // the partner has
	untouched                // the partner has not begun, and will not
	lost                     // the partner goes on with what it was given, and nobody waits for it
)

// patience is how often to look before going to sleep: some 10 microseconds. Giving the partner up takes longer, by about as
// long as a product of so many words takes, which is then made again.
const patience = 1 << 13

func (p *partner) patience() int { return patience + p.words*p.words/2 }

func newPartner(c *big.Int, words int) *partner {
	p := &partner{c: c, words: words, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go func() {
		defer close(p.done)
		p.work()
	}()
	return p
}

// end ends the goroutine and waits for it.
func (p *partner) end() {
	p.state.Store(ended)
	close(p.wake)
	<-p.done
}

// ask asks for the imaginary part of a next z. It reports false if the partner is still at what it was given up for.
func (p *partner) ask(re, im, to *big.Int) bool {
	if p.state.Load() == begun {
		return false
	}
	p.re, p.im, p.to = re, im, to
	p.state.Store(asked)
	if p.asleep.Load() {
		select {
		case p.wake <- struct{}{}:
		default:
		}
	}
	return true
}

// join waits for what was asked for.
func (p *partner) join() outcome {
	if p.state.CompareAndSwap(asked, idle) {
		return untouched
	}
	for range p.patience() {
		if p.state.Load() == made {
			return finished
		}
	}
	return lost
}

// work is the goroutine.
func (p *partner) work() {
	for looks := 0; ; looks++ {
		switch p.state.Load() {
		case asked:
			if p.state.CompareAndSwap(asked, begun) {
				imaginary(p.to, p.re, p.im, p.c, &p.product, p.words)
				p.state.CompareAndSwap(begun, made) // unless it has ended
			}
			looks = 0
		case ended:
			return
		default:
			if looks >= patience {
				p.sleep()
				looks = 0
			}
		}
	}
}

// sleep waits until it is woken, unless there is something to do already.
func (p *partner) sleep() {
	p.asleep.Store(true)
	defer p.asleep.Store(false)
	if state := p.state.Load(); state != asked && state != ended {
		<-p.wake
	}
}
