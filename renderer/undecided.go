package renderer

import (
	"context"
	"math"

	"mandelfarm/renderer/deep"
	"mandelfarm/renderer/escape"
	"mandelfarm/renderer/shade"
)

// certainty is how many times as far as what it may be off by the boundary is from a pixel that is decided. A pixel that is off by s has the count of a
// place so far from it, and at a distance of d counts change by 2/(ln 2 * d) for each pixel: by 2e-3, decidedCount, where d is 1,443 s.
const certainty = 1500

// isUndecided reports whether a point of a batch with doubts is undecided: one that escapes and is so near the boundary that its count may be off by more
// than 2e-3, or one that has made all its steps and is not certain to be inside.
func isUndecided(b escape.Batch, i int) bool {
	if b.Count[i] == 0 {
		return b.Doubt[i] > 0
	}
	return !(shade.Distance(b.Norm2[i], b.GradX[i], b.GradY[i]) > float64(certainty*b.Doubt[i])) // nor where either is no number
}

// undecided counts the points of a batch that are, if it knows.
func undecided(b escape.Batch) (n int64) {
	for i := range b.Doubt {
		if isUndecided(b, i) {
			n++
		}
	}
	return n
}

// doubtDirectly fills in what may be off in a view that is not deep.
func doubtDirectly(ctx context.Context, b escape.Batch) error {
	const atATime = 64 // proofs, of some microseconds each
	for i, count := range b.Count {
		if i%atATime == 0 {
			if err := context.Cause(ctx); err != nil {
				return err
			}
		}
		switch {
		case count > 0:
			blur, err := escape.Blur(ctx, 0, 0, b.Re[i], b.Im[i], int(count), 0, b.Effort)
			if err != nil {
				return err
			}
			b.Doubt[i] = blur / math.Sqrt(float64(b.GradX[i]*b.GradX[i])+float64(b.GradY[i]*b.GradY[i]))
		case deep.IsInside(b.Re[i], b.Im[i], b.Effort):
			b.Doubt[i] = 0
		default:
			b.Doubt[i] = math.Inf(1)
		}
	}
	return nil
}
