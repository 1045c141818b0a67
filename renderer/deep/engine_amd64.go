package deep

import (
	"context"

	"golang.org/x/sys/cpu"
)

//go:generate go -C ../escape/gen run . -package deep -dir ../../deep

// followAll moves all points on until they have an outcome. There are six engines, because slopes take half as many products
// again, jets have other terms, and where dc counts for nothing a product and two gathers are saved. A batch is traced as a whole or not at all.
func (f *follower) followAll(ctx context.Context, points []point) error {
	if !hasLanes() || len(points) == 0 {
		return f.followEach(ctx, points)
	}
	run := followAVX512
	switch traced := points[0].traced; {
	case traced && f.table.mixed != nil:
		run = traceJetsAVX512
	case f.table.mixed != nil:
		run = followJetsAVX512
	case traced && f.apart:
		run = traceApartAVX512
	case traced:
		run = traceAVX512
	case f.apart:
		run = followApartAVX512
	}
	return f.followLanes(ctx, points, run)
}

// climber is the engine that points climb by, nil if there is none: dc counts there, and slopes do.
func (f *follower) climber() func(l *lanes, moves int) {
	if !hasLanes() {
		return nil
	}
	if f.table.mixed != nil {
		return traceJetsAVX512
	}
	return traceAVX512
}

// hasLanes reports whether the engines run here: AVX512DQ has the operations on masks of eight lanes, POPCNT counts the
// lanes that are left. AVX2 has no masks, half the lanes, and gathers that are no faster than loads: there is no engine for it.
func hasLanes() bool { return cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasPOPCNT }
