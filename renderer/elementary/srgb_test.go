package elementary_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"

	"mandelfarm/renderer/elementary"
)

func TestLinearIsTheTransferFunction(t *testing.T) {
	t.Parallel()
	last := -1.0
	for i := range 1 << 16 {
		c := float64(i) / 0xffff
		want := c / 12.92
		if c > 0.04045 {
			want = math.Pow((c+0.055)/1.055, 2.4)
		}
		got := elementary.Linear(c)
		assert.InDelta(t, want, got, 1e-15, "%d", i)
		assert.Greater(t, got, last, "%d: it grows", i)
		last = got
	}
	assert.InDelta(t, 1, elementary.Linear(1), 0)
}
