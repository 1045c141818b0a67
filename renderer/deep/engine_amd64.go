package deep

import (
	"context"

	"golang.org/x/sys/cpu"
)

//go:generate go -C ../escape/gen run . -package deep -dir ../../deep

func hasAVX512() bool { return cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ }

// followAll moves all points on until they have an outcome.
func (w *walker) followAll(ctx context.Context, points []point) error {
	if !hasAVX512() {
		return w.followEach(ctx, points)
	}
	return w.followLanes(ctx, points, followAVX512, traceAVX512)
}

func hasLanes() bool { return hasAVX512() }
