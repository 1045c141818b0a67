package deep

import (
	"context"

	"golang.org/x/sys/cpu"
)

//go:generate go -C ../escape/gen run . -package deep -dir ../../deep

// followAll moves all points on until they have an outcome.
func (f *follower) followAll(ctx context.Context, points []point) error {
	if !hasLanes() || len(points) == 0 {
		return f.followEach(ctx, points)
	}
	run := followAVX512
	switch traced := points[0].traced; {
	case traced && f.apart:
		run = traceApartAVX512
	case traced:
		run = traceAVX512
	case f.apart:
		run = followApartAVX512
	}
	return f.followLanes(ctx, points, run)
}

func hasLanes() bool { return cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasPOPCNT }
