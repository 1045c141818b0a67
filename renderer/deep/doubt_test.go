package deep

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/renderer/escape"
	"mandelfarm/renderer/wide"
)

// TestIsInside: points of components are, those outside and those on the boundary are not certain to be.
func TestIsInside(t *testing.T) {
	t.Parallel()
	for c, want := range map[complex128]bool{
		-0.1 + 0.1i: true, 0.2499: true, -0.7499: true, -1.2499: true, -1.7549: true, 0.2501 + 1e-5i: true, // in the cardioid, beside its cusp
		0.25: false, -0.75: false, -1.25: false, 0.2501: false, -2: false, 1i: false, 3: false,
	} {
		assert.Equal(t, want, IsInside(real(c), imag(c), nil), "%v", c)
	}
}

// TestPointsOfCoresAreProven: in a minibrot points that stay are certain to be inside, and none that escapes is said to be.
func TestPointsOfCoresAreProven(t *testing.T) {
	t.Parallel()
	for name, m := range minibrots(t) {
		p := perturbationOf(t, m.View)
		require.NotNil(t, p.core)
		b := escape.NewBatch(300).Doubtful()
		copy(b.Re, scattered(300, 30).Re)
		copy(b.Im, scattered(300, 30).Im)
		require.NoError(t, p.Run(t.Context(), b))
		proven, inside := 0, 0
		for i, count := range b.Count {
			if count != 0 {
				require.False(t, p.isInside(b.Re[i], b.Im[i], nil), "%s: point %d", name, i)
				continue
			}
			inside++
			if b.Doubt[i] == 0 {
				proven++
			}
		}
		assert.Greater(t, proven, inside*4/5, "%s, of %d", name, inside)
	}
}

// TestDoubtGrowsWithMoves: a point that winds around is in doubt by all its moves, another by less, and a move by a jet counts as four.
func TestDoubtGrowsWithMoves(t *testing.T) {
	t.Parallel()
	p := &Perturbation{span: 600, follower: follower{table: &table{}}}
	few, many, most := p.doubt(&point{moves: 99}), p.doubt(&point{earlier: 99_900, moves: 99}), p.doubt(&point{blur: 1})
	assert.InEpsilon(t, 600*100*tolerance*100/windingMoves, few, 1e-12)
	assert.InEpsilon(t, 2*600*100_000*tolerance, many, 1e-12)
	assert.InDelta(t, 1, most, 1e-6)
	of := p.doubt(&point{moves: 4*100 - 1})
	p.follower.table.mixed = make([]packedMixed, 1)
	assert.InEpsilon(t, of, p.doubt(&point{moves: 99}), 1e-12)
}

// TestBlursBoundErrors of direct steps, and are not a hundred times too large.
func TestBlursBoundErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []complex128{-1.4007701448 - 0.000170877095i, -0.7436 + 0.1319i, 0.3602 - 0.6413i} {
		const steps = 150
		made := 0
		z, x, y := exactly(wide.New(0, 0, 0)), 0.0, 0.0
		for n := 0; n < steps && math.Hypot(x, y) < 2; n++ {
			z = z.times(z).plus(exactly(wide.New(real(c), imag(c), 0)))
			x, y = math.FMA(x, x, math.FMA(-y, y, real(c))), math.FMA(x+x, y, imag(c))
			made = n + 1
		}
		blur, err := escape.Blur(t.Context(), 0, 0, real(c), imag(c), made, 0, nil)
		require.NoError(t, err)
		wrong := off(exactly(wide.New(x, y, 0)), z, wide.NewReal(1, 0))
		assert.Less(t, wrong, blur, "%v", c)
		assert.Greater(t, wrong, blur/100, "%v", c)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := escape.Blur(ended, 0, 0, 0, 0, 10, 0, nil)
	require.ErrorIs(t, err, context.Canceled)
}
