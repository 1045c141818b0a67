package escape_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/internal/golden"
	"mandelfarm/renderer/bandpng"
	"mandelfarm/renderer/escape"
	"mandelfarm/renderer/spec"
)

func TestRunDoesNotAllocate(t *testing.T) { //nolint:paralleltest // AllocsPerRun counts the allocations of all goroutines
	batch := escape.NewBatch(500)
	for i := range batch.Re {
		batch.Re[i] = -2 + float64(i)/200
		batch.Im[i] = 0.1
	}
	kernel := escape.Kernel{MaxIterations: 100, Radius2: 4}
	allocations := testing.AllocsPerRun(10, func() {
		if err := kernel.Run(t.Context(), *batch); err != nil {
			t.Error(err)
		}
	})
	assert.Zero(t, allocations)
}

// TestGoldenCounts pins the counts of every formula, and of every power from 3 up, modulo 256, side by side.
func TestGoldenCounts(t *testing.T) {
	t.Parallel()
	const side, formulas = 96, 4 + escape.MaxPower - 2
	pix := make([]byte, side*side*formulas)
	for formula := range formulas {
		kernel := escape.Kernel{
			Formula: escape.Formula(formula), SeedRe: -0.8, SeedIm: 0.156, MaxIterations: 250, Radius2: 4,
		}
		if formula >= 4 {
			kernel.Formula, kernel.Power = escape.Mandelbrot, formula-1
		}
		batch := escape.NewBatch(side)
		for row := range side {
			for column := range side {
				batch.Re[column] = -2 + 3.5*float64(column)/side
				batch.Im[column] = 1.75 - 3.5*float64(row)/side
			}
			require.NoError(t, kernel.Run(t.Context(), *batch))
			for column, count := range batch.Count {
				pix[(row*formulas+formula)*side+column] = byte(count)
			}
		}
	}
	golden.PNG(t, "counts", encode(side*formulas, side, pix))
}

func encode(width, height int, pix []byte) []byte {
	var pool bandpng.Pool
	encoder := pool.Get()
	file := bandpng.Head(bandpng.Header{Width: width, Height: height, Format: bandpng.Gray8})
	var sum bandpng.Sum
	for top := 0; top < height; top += spec.SegmentRows {
		var part bandpng.Sum
		bottom := min(height, top+spec.SegmentRows)
		file, part = encoder.AppendSegment(file, bandpng.Gray8, width, pix[top*width:bottom*width])
		sum = sum.Then(part)
	}
	return append(file, bandpng.Tail(sum)...)
}
