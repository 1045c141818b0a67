package job

import (
	"cmp"
	"math"
	"slices"
	"time"
)

const (
	// Overdue is how many times as long as its plan says a band is drawn before anybody asks whether another
	// worker should have it as well.
	Overdue = 2
	// stuck is how many times as long it is drawn when its worker is taken to make no end at all, so that nothing of it is done
	// twice.
	stuck = 10
	// maxTwice is how much of a plan's work may be done twice.
	maxTwice = 0.02
)

// Double is a band that is worth a second worker.
type Double struct {
	Band int
	// Twice is how many seconds of its work are expected to be done twice: what the first worker will have drawn
	// of it when the second has all.
	Twice float64
}

// Doubles are the bands that a second worker is expected to have drawn before the first one has, at most so many,
// those first that would take the first worker longest. The second one is expected to take as long as the plan says;
// missing are the bands that are not stored and that workers have, drawing what is told of them, and twice what is done twice
// of bands that were doubled before. The estimate is that of the LATE scheduler (Zaharia et al.: Improving MapReduce performance in
// heterogeneous environments, 2008): what is left is drawn as fast as what is drawn was.
func (p Plan) Doubles(missing []int, drawing []Drawing, twice map[int]float64, most int, now time.Time) []Double {
	budget := maxTwice * p.Seconds()
	for _, seconds := range twice {
		budget -= seconds
	}
	told := make(map[int]Drawing, len(drawing))
	for _, d := range drawing {
		told[d.Band] = d
	}
	var late []straggler
	for _, band := range missing {
		s := p.straggler(told[band], band, now)
		if _, doubled := twice[band]; !doubled && s.left > p.Bands[band].Seconds {
			late = append(late, s)
		}
	}
	slices.SortStableFunc(late, func(a, b straggler) int { return cmp.Compare(b.left, a.left) })
	var doubles []Double
	for _, s := range late {
		if len(doubles) < most && s.Twice <= budget {
			doubles = append(doubles, s.Double)
			budget -= s.Twice
		}
	}
	return doubles
}

// straggler is a band that its worker needs some more seconds for.
type straggler struct {
	Double
	left float64
}

// straggler estimates what is left of a band, of which nothing may be told; what is not overdue has nothing left.
func (p Plan) straggler(d Drawing, band int, now time.Time) straggler {
	b := p.Bands[band]
	elapsed := now.Sub(d.Since).Seconds()
	if d.Since.IsZero() || elapsed < Overdue*b.Seconds {
		return straggler{}
	}
	done := float64(d.Rows) / float64(b.End-b.Start)
	if done <= 0 || elapsed > stuck*b.Seconds {
		return straggler{Double{Band: band}, math.Inf(1)}
	}
	twice := min(1, done*(1+b.Seconds/elapsed)) * b.Seconds
	return straggler{Double{Band: band, Twice: twice}, elapsed * (1 - done) / done}
}
