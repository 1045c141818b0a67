package shade_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/renderer/shade"
)

func TestHistogramsAreStored(t *testing.T) {
	t.Parallel()
	for _, counts := range [][]float64{nil, {math.NaN()}, {7}, {1, 2, 2, 2, 1e6, math.NaN()}} {
		h := shade.NewHistogram(counts)
		data, err := h.MarshalBinary()
		require.NoError(t, err)
		assert.LessOrEqual(t, len(data), 2100)
		var again shade.Histogram
		require.NoError(t, again.UnmarshalBinary(data))
		assert.Equal(t, *h, again)
		if len(data) == 0 {
			continue
		}
		require.Error(t, again.UnmarshalBinary(data[1:]))
		for _, bad := range []float64{math.NaN(), math.Inf(1)} {
			broken, err := (&shade.Histogram{}).MarshalBinary()
			require.NoError(t, err)
			for range len(data) / 8 {
				broken = appendFloat(broken, bad)
			}
			require.Error(t, again.UnmarshalBinary(broken), "%g", bad)
		}
	}
}

func appendFloat(data []byte, x float64) []byte {
	for shift := 0; shift < 64; shift += 8 {
		data = append(data, byte(math.Float64bits(x)>>shift&255))
	}
	return data
}
