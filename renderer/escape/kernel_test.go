package escape_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"mandelfarm/internal/golden"
	"mandelfarm/renderer/bandpng"
	"mandelfarm/renderer/escape"
)

// follow is the definition: one point, one step at a time, no shortcut.
func follow(k escape.Kernel, re, im float64) (int32, float64) {
	x, y, cx, cy := 0.0, 0.0, re, im
	if k.Formula == escape.Julia {
		x, y, cx, cy = re, im, k.SeedRe, k.SeedIm
	}
	for n := 1; n <= k.MaxIterations; n++ {
		if k.Formula == escape.BurningShip {
			x, y = max(x, -x), max(y, -y)
		}
		if k.Formula == escape.Tricorn {
			y = -y
		}
		xx, yy, xy := float64(x*x), float64(y*y), float64(x*y)
		x, y = xx-yy+cx, xy+xy+cy
		if norm2 := float64(x*x) + float64(y*y); norm2 > k.Radius2 {
			return int32(n), norm2
		}
	}
	return 0, 0
}

func TestRunFollowsTheDefinition(t *testing.T) {
	t.Parallel()
	coordinate := rapid.OneOf(rapid.Float64Range(-2, 2), rapid.Float64Range(-0.8, 0.4), rapid.Float64Range(-1e100, 1e100))
	rapid.Check(t, func(t *rapid.T) {
		kernel := escape.Kernel{
			Formula:       escape.Formula(rapid.IntRange(0, 3).Draw(t, "formula")),
			SeedRe:        coordinate.Draw(t, "seed re"),
			SeedIm:        coordinate.Draw(t, "seed im"),
			MaxIterations: rapid.IntRange(1, 300).Draw(t, "limit"),
			Radius2:       rapid.SampledFrom([]float64{4, escape.SmoothRadius2}).Draw(t, "radius"),
		}
		batch := escape.NewBatch(rapid.IntRange(0, 40).Draw(t, "points"))
		for i := range batch.Re {
			batch.Re[i], batch.Im[i] = coordinate.Draw(t, "re"), coordinate.Draw(t, "im")
			batch.Count[i] = 77 // left over from other work
		}
		require.NoError(t, kernel.Run(context.Background(), *batch))
		for i := range batch.Re {
			count, norm2 := follow(kernel, batch.Re[i], batch.Im[i])
			require.Equal(t, count, batch.Count[i], "count of point %d", i)
			if count != 0 {
				require.Equal(t, norm2, batch.Norm2[i], "|z|^2 of point %d", i) //nolint:testifylint // equal to the bit
			}
		}
	})
}

func TestRunStopsSoonAfterItsContextEnds(t *testing.T) {
	t.Parallel()
	for _, formula := range []escape.Formula{escape.Mandelbrot, escape.Julia, escape.BurningShip, escape.Tricorn} {
		ctx, cancel := context.WithCancel(t.Context())
		timer := time.AfterFunc(20*time.Millisecond, cancel)
		defer timer.Stop()
		batch := escape.NewBatch(1000)
		for i := range batch.Re {
			batch.Re[i] = -0.1225
			batch.Im[i] = 0.7449 // inside, in a disc of period 3
		}
		if formula != escape.Mandelbrot {
			clear(batch.Im)
		}
		kernel := escape.Kernel{Formula: formula, MaxIterations: 1 << 30, Radius2: 4}
		start := time.Now()
		require.ErrorIs(t, kernel.Run(ctx, *batch), context.Canceled)
		assert.Less(t, time.Since(start), 500*time.Millisecond, "formula %d", formula)
	}
}

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

// TestGoldenCounts pins the counts of every formula, modulo 256, side by side.
func TestGoldenCounts(t *testing.T) {
	t.Parallel()
	const side, formulas = 96, 4
	pix := make([]byte, side*side*formulas)
	for formula := range formulas {
		kernel := escape.Kernel{
			Formula: escape.Formula(formula), SeedRe: -0.8, SeedIm: 0.156, MaxIterations: 250, Radius2: 4,
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
	for top := 0; top < height; top += bandpng.SegmentRows {
		var part bandpng.Sum
		bottom := min(height, top+bandpng.SegmentRows)
		file, part = encoder.AppendSegment(file, bandpng.Gray8, width, pix[top*width:bottom*width])
		sum = sum.Then(part)
	}
	return append(file, bandpng.Tail(sum)...)
}
