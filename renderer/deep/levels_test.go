package deep

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// sizesOf are the sizes of an orbit made by hand: of so many elements, as far below the others as is said of their index.
func sizesOf(count int, below func(n int) int32) []int32 {
	sizes := make([]int32, count)
	for n := range sizes {
		sizes[n] = -below(n)
	}
	sizes[0] = math.MinInt32
	return sizes
}

// every are the multiples of a number below another.
func every(step, end int) []int32 {
	var list []int32
	for n := 0; n < end; n += step {
		list = append(list, int32(n))
	}
	return list
}

// TestLevelsAreThePeriods: in an orbit that returns every 7 steps, closer every 49 and closest every 343, these are the levels.
func TestLevelsAreThePeriods(t *testing.T) {
	t.Parallel()
	sizes := sizesOf(5*343, func(n int) int32 {
		depth := int32(0)
		for period := 7; period <= 343 && n%period == 0; period *= 7 {
			depth += 40
		}
		return depth
	})
	assert.Equal(t, [][]int32{every(7, 5*343), every(49, 5*343), every(343, 5*343), {0}}, boundaries(sizes))
}

// TestLevelsAreCutAtTheWidestGap: of two periods within the range of shares the one that returns by more decides.
func TestLevelsAreCutAtTheWidestGap(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		fives, tens int32
		want        int
	}{{8, 80, 10}, {80, 88, 5}} {
		sizes := sizesOf(200, func(n int) int32 {
			switch {
			case n%10 == 0:
				return test.tens
			case n%5 == 0:
				return test.fives
			}
			return 0
		})
		assert.Equal(t, every(test.want, 200), boundaries(sizes)[0], "%d eighths of an octave every 5, %d every 10", test.fives, test.tens)
	}
}

// TestGapsAreHalfAnOctave: what returns by less is as good as anything else.
func TestGapsAreHalfAnOctave(t *testing.T) {
	t.Parallel()
	level := func(below int32) []int32 {
		return boundaries(sizesOf(200, func(n int) int32 {
			if n%5 == 0 {
				return below
			}
			return 0
		}))[0]
	}
	assert.Equal(t, every(5, 200), level(4))
	assert.NotEqual(t, every(5, 200), level(3))
}

// TestLevelsOfAnEvenOrbit: where no element is less than others, all parts are of about equal length, of 16 at most.
func TestLevelsOfAnEvenOrbit(t *testing.T) {
	t.Parallel()
	assert.Equal(t, [][]int32{every(16, 4096), every(256, 4096), {0}}, boundaries(sizesOf(4096, func(int) int32 { return 0 })))
}

// TestLevelsCutWhatIsLong: between returns that are far apart, steps are cut into equal parts.
func TestLevelsCutWhatIsLong(t *testing.T) {
	t.Parallel()
	sizes := sizesOf(48, func(n int) int32 {
		if n == 3 || n == 5 || n == 8 {
			return 80
		}
		return 0
	})
	assert.Equal(t, [][]int32{{0, 3, 5, 8, 21, 34}, {0}}, boundaries(sizes))
}

// TestLevelsWithoutGap keep a sixth of the boundaries, those of the least elements.
func TestLevelsWithoutGap(t *testing.T) {
	t.Parallel()
	sizes := sizesOf(60, func(n int) int32 { return int32(n) * 2 }) // a quarter of an octave from one to the next: no gap
	first := boundaries(sizes)[0]
	assert.Equal(t, []int32{50, 51, 52, 53, 54, 55, 56, 57, 58, 59}, first[len(first)-10:])
	assert.Equal(t, []int32{0, 12, 24, 37}, first[:4], "the others in parts of at most 16")
}

func TestLevelsOfAStep(t *testing.T) {
	t.Parallel()
	assert.Equal(t, [][]int32{{0}}, boundaries([]int32{math.MinInt32}))
	assert.Equal(t, [][]int32{{0}}, boundaries([]int32{math.MinInt32, 3}))
}

// TestLevelsOfAnyOrbit: levels begin at 0, each is part of the one below and smaller, the last is one entry, and no entry of
// the lowest is longer than 16 steps.
func TestLevelsOfAnyOrbit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		sizes := rapid.SliceOfN(rapid.Int32Range(-400, 16), 1, 900).Draw(t, "sizes")
		sizes[0] = math.MinInt32
		levels := boundaries(slices.Clone(sizes))
		below := every(1, len(sizes))
		for i, level := range levels {
			require.Zero(t, level[0], "level %d", i)
			require.IsIncreasing(t, append([]int32{-1}, level...))
			for _, n := range level {
				_, found := slices.BinarySearch(below, n)
				require.True(t, found, "%d of level %d is none of the level below", n, i)
			}
			require.True(t, len(level) < len(below) || len(sizes) == 1, "level %d has %d of %d entries", i, len(level), len(below))
			if i == 0 && len(below) > longest {
				for k, n := range append(level[1:len(level):len(level)], int32(len(sizes))) {
					require.LessOrEqual(t, n-level[k], int32(longest), "an entry of the lowest level")
				}
			}
			below = level
		}
		require.Len(t, below, 1)
	})
}
