package chaos

import (
	"math/rand/v2"
	"time"
)

// event is a fault at its time.
type event struct {
	fault
	also   *fault // that happens as well, in between
	lasts  time.Duration
	before time.Duration // quiet time
	rand   *rand.Rand    // for what it is done to: how much of it is taken depends on what there is, and shall not change the events that follow
}

// deck deals events: all faults in some order, and then all of them in another.
type deck struct {
	rand *rand.Rand
	all  []fault
	left []fault
}

func newDeck(seed uint64, all []fault) *deck {
	return &deck{rand: rand.New(rand.NewPCG(seed, 0)), all: all} //nolint:gosec // to be the same again
}

// togetherOnceIn is how many events there are for one of two faults.
const togetherOnceIn = 4

func (d *deck) next() event {
	e := event{fault: d.draw()}
	if d.rand.IntN(togetherOnceIn) == 0 {
		if also := d.all[d.rand.IntN(len(d.all))]; also.on != e.on && also.on != everything && e.on != everything {
			e.also = &also
		}
	}
	e.lasts = d.about(max(e.fault.lasts, e.alsoLasts()))
	e.before = d.about(time.Second)
	e.rand = rand.New(rand.NewPCG(d.rand.Uint64(), 0)) //nolint:gosec // to be the same again
	return e
}

func (e event) alsoLasts() time.Duration {
	if e.also == nil {
		return 0
	}
	return e.also.lasts
}

func (d *deck) draw() fault {
	if len(d.left) == 0 {
		d.left = append(d.left, d.all...)
		d.rand.Shuffle(len(d.left), func(i, j int) { d.left[i], d.left[j] = d.left[j], d.left[i] })
	}
	f := d.left[0]
	d.left = d.left[1:]
	return f
}

// about is between half and one and a half times as long.
func (d *deck) about(t time.Duration) time.Duration {
	return t/2 + time.Duration(d.rand.Int64N(int64(t)+1))
}
