package deep

import (
	"context"
	"sync"
)

// laneCount is the number of points that an engine moves side by side: two vectors of AVX-512, so that one computes while the
// gathers of the other, 20 to 30 cycles each, are on their way.
const laneCount = 16

// lanes are points on their way, as arrays: element i of each is one point. Lanes without a point do as they like, but m stays
// an element's: all lanes gather. The assembly knows the layout (escape/gen/lanes.go).
//
// An engine moves the points on as follower.follow does, to the bit, until no more than least are active, or they have made so
// many moves.
type lanes struct {
	dRe, dIm         [laneCount]float64
	cRe, cIm         [laneCount]float64
	m, n             [laneCount]int64 // m in words: that of an element is its number times elementWords
	savedRe, savedIm [laneCount]float64
	savedM           [laneCount]int64
	moves, save      [laneCount]int64
	zRe, zIm         [laneCount]float64
	slopeRe, slopeIm [laneCount]float64
	outcome          [laneCount]outcome

	elements   *element
	skips      *packedSkip
	mixed      *packedMixed // nil if skips are not jets
	end        int64        // in words
	limit      int64
	radius2    float64
	least2     float64
	stepSize   float64
	active     uint64 // bit i: lane i has a point without an outcome
	least      int64
	leastSkips int64 // of a vector: where fewer lanes want one they wait, while others make steps

	points [laneCount]*point
}

// elementWords is the size of an element in words. Three is no scale of an address, so that m is counted in words.
const elementWords = 3

var laneSets = sync.Pool{New: func() any { return new(lanes) }} //nolint:gochecknoglobals // a cache that no result depends on

// enough is the number of lanes whose points have an outcome that makes it worth while to give them others: the engine's state
// is stored and loaded for that, which takes about as long as a few moves.
const enough = 4

// togetherSkips is the number of lanes of a vector for whose skips the terms are gathered, which takes most of a move. Fewer wait, as long as others make steps; waiting for more
// leaves too many idle.
const togetherSkips = 2

// followLanes moves all points on by an engine. A point takes the place of one that has an outcome, so that lanes stay full to the
// last few: points of one view differ in their moves by a factor of a hundred and more.
func (f *follower) followLanes(ctx context.Context, points []point, run func(l *lanes, moves int)) error {
	if len(points) == 0 {
		return nil
	}
	l := laneSets.Get().(*lanes) //nolint:forcetypeassert // holds nothing else
	defer laneSets.Put(l)
	f.set(l)
	l.leastSkips = togetherSkips
	next := 0
	for lane := range l.points {
		next = l.fill(lane, points, next)
	}
	for l.active != 0 {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		l.least = laneCount - enough
		if next == len(points) {
			l.least = 0
		}
		run(l, pollMoves/laneCount)
		for lane, out := range l.outcome {
			if out != moving {
				l.take(lane)
				next = l.fill(lane, points, next)
			}
		}
	}
	return nil
}

// set prepares lanes for points of the follower.
func (f *follower) set(l *lanes) {
	*l = lanes{
		elements: &f.table.elements[0], skips: &f.table.packed[0], end: int64(len(f.table.elements)-1) * elementWords,
		limit: f.limit, radius2: f.radius2, least2: f.least2, stepSize: f.stepSize,
	}
	if f.table.mixed != nil {
		l.mixed = &f.table.mixed[0]
	}
}

// fill puts the next point, if there is one, into a lane. It returns the number of the point after it.
func (l *lanes) fill(lane int, points []point, next int) int {
	l.outcome[lane] = moving
	if next == len(points) {
		l.points[lane] = nil
		l.active &^= 1 << lane
		return next
	}
	p := &points[next]
	l.points[lane] = p
	l.active |= 1 << lane
	l.dRe[lane], l.dIm[lane], l.cRe[lane], l.cIm[lane], l.m[lane], l.n[lane] = p.dRe, p.dIm, p.cRe, p.cIm, p.m*elementWords, p.n
	l.savedRe[lane], l.savedIm[lane], l.savedM[lane] = p.savedRe, p.savedIm, p.savedM*elementWords
	l.moves[lane], l.save[lane] = p.moves, p.save
	l.slopeRe[lane], l.slopeIm[lane] = p.slopeRe, p.slopeIm
	return next + 1
}

// take gives the point of a lane what has become of it, and with tooNear all that it needs to go on from there.
func (l *lanes) take(lane int) {
	p := l.points[lane]
	p.dRe, p.dIm, p.m, p.n = l.dRe[lane], l.dIm[lane], l.m[lane]/elementWords, l.n[lane]
	p.savedRe, p.savedIm, p.savedM = l.savedRe[lane], l.savedIm[lane], l.savedM[lane]/elementWords
	p.moves, p.save = l.moves[lane], l.save[lane]
	p.zRe, p.zIm, p.slopeRe, p.slopeIm = l.zRe[lane], l.zIm[lane], l.slopeRe[lane], l.slopeIm[lane]
	p.outcome = l.outcome[lane]
}
