package deep

import (
	"context"
	"math"
)

// Points that are flat climb beside the reference, with their slopes, until they are steep. It is looked for every climbMoves moves
// of a point, by all engines alike. One that makes more than longestClimb moves in all does not come back. One that is only just steep would soon be flat again, and
// coming back takes longer than some moves: it climbs to climbRise of leastSlope.
const (
	climbMoves   = 8
	longestClimb = 256
	climbRise    = 512
)

// climbAll moves traced points on until they are steep, have another outcome, or have climbed too long; then they are moving still.
func (f *follower) climbAll(ctx context.Context, points []point) error {
	if run := f.climber(); run != nil {
		return f.climbLanes(ctx, points, run)
	}
	return f.climbEach(ctx, points)
}

// climbEach is climbAll for one point after the other.
func (f *follower) climbEach(ctx context.Context, points []point) error {
	for i := range points {
		p := &points[i]
		if err := context.Cause(ctx); err != nil {
			return err
		}
		for p.outcome = moving; p.outcome == moving && p.mayClimb(); {
			p.outcome = f.follow(p, climbMoves)
			p.look()
		}
	}
	return nil
}

// mayClimb reports whether a point may make more moves, and counts them.
func (p *point) mayClimb() bool {
	if p.climbed >= longestClimb {
		return false
	}
	p.climbed += climbMoves
	return true
}

// look finds whether a point that moves is steep.
func (p *point) look() {
	if slope2 := math.FMA(p.slopeRe, p.slopeRe, float64(p.slopeIm*p.slopeIm)); p.outcome == moving && slope2 >= climbRise*climbRise*leastSlope*leastSlope {
		p.outcome = steep
	}
}

// climbLanes is climbAll by an engine, which stops for nothing but the look: all its lanes have made as many moves then.
func (f *follower) climbLanes(ctx context.Context, points []point, run func(l *lanes, moves int)) error {
	l := laneSets.Get().(*lanes) //nolint:forcetypeassert // holds nothing else
	defer laneSets.Put(l)
	f.set(l)
	l.leastSkips = 1 // none waits, since all are to have made as many moves
	next := 0
	for lane := range l.points {
		next = l.fillClimber(lane, points, next)
	}
	for l.active != 0 {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		active := l.active
		run(l, climbMoves)
		for lane := range l.points {
			if active>>lane&1 == 0 {
				continue
			}
			p := l.points[lane]
			l.take(lane)
			p.look()
			if p.outcome != moving || !p.mayClimb() {
				next = l.fillClimber(lane, points, next)
			}
		}
	}
	return nil
}

// fillClimber is fill for the next point that may climb.
func (l *lanes) fillClimber(lane int, points []point, next int) int {
	for next < len(points) && !points[next].mayClimb() {
		points[next].outcome = moving
		next++
	}
	return l.fill(lane, points, next)
}
