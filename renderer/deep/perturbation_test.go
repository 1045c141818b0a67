package deep

import (
	"context"
	"errors"
	"math"
	"math/big"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/renderer/escape"
	"mandelfarm/renderer/wide"
)

// direct iterates z^2 + c in exact numbers, with its derivative per pixel: the count, |z|^2 and the gradient of |z|.
func direct(c, pixel exact, limit int, radius2 float64) (count int32, norm2, gradX, gradY float64) {
	z, slope := exactly(wide.New(0, 0, 0)), exactly(wide.New(0, 0, 0))
	for n := 1; n <= limit; n++ {
		slope = z.plus(z).times(slope).plus(pixel)
		z = z.times(z).plus(c)
		x, _ := z.re.Float64()
		y, _ := z.im.Float64()
		if norm2 = x*x + y*y; norm2 > radius2 {
			u, v := slope.wide().Float64()
			size := math.Sqrt(norm2)
			return int32(n), norm2, (x*u + y*v) / size, (y*u - x*v) / size
		}
	}
	return 0, 0, 0, 0
}

// decimal reads one.
func decimal(t *testing.T, text string) *big.Float {
	t.Helper()
	x, _, err := big.ParseFloat(text, 10, exactBits, big.ToNearestEven)
	require.NoError(t, err)
	return x
}

// TestPointsAreThoseOfDirectIteration compares points of views of every kind with the iteration of their c in so many bits that
// nothing is lost: the only claim that knows nothing of references.
func TestPointsAreThoseOfDirectIteration(t *testing.T) {
	t.Parallel()
	all := views()
	delete(all, "wide") // which takes more bits
	all["minibrot next to the tip"] = minibrotView(t, 20)
	for name, v := range all {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if v.MaxIterations > 4000 && testing.Short() {
				t.Skip("it takes long")
			}
			p := perturbationOf(t, v)
			b := scattered(unlessShort(20, 3), 60)
			b.Re[0], b.Im[0] = 0.25, -0.125
			require.NoError(t, p.Run(t.Context(), b))
			want := escape.NewBatch(len(b.Re)).Traced()
			middle, pixel := exact{decimal(t, v.Re), decimal(t, v.Im)}, exactly(onAxis(v.Step))
			for i := range b.Re {
				c := middle.plus(pixel.times(exactly(wide.New(b.Re[i], b.Im[i], 0))))
				want.Count[i], want.Norm2[i], want.GradX[i], want.GradY[i] = direct(c, pixel, v.MaxIterations, v.Radius2)
			}
			requireSame(t, b, want)
		})
	}
}

// TestOtherViewsOfAReference: points of a view that is so many pixels from the reference are those of the reference's own
// view at the sum, to the bit. The perturbation that it is made of stays as it is.
func TestOtherViewsOfAReference(t *testing.T) {
	t.Parallel()
	for name, v := range views() {
		p := perturbationOf(t, v)
		const right, up = 96, -40.5
		moved, own := scattered(60, 50), scattered(60, 50)
		for i := range own.Re {
			own.Re[i] += right
			own.Im[i] += up
		}
		require.NoError(t, p.At(right, up).Run(t.Context(), moved), name)
		require.NoError(t, p.Run(t.Context(), own), name)
		assert.Equal(t, own.Count, moved.Count, name)
		for i, count := range own.Count {
			if count != 0 {
				assert.Equal(t, own.Norm2[i], moved.Norm2[i], "%s, point %d", name, i) //nolint:testifylint // exactly
			}
		}
	}
}

// TestRunsOfManyPoints: more points than are followed at a time are the same as in parts.
func TestRunsOfManyPoints(t *testing.T) {
	t.Parallel()
	p := perturbationOf(t, minibrotView(t, 20))
	whole := scattered(workSize+100, 60)
	parts := clone(whole)
	require.NoError(t, p.Run(t.Context(), whole))
	for start := 0; start < len(parts.Re); start += 999 {
		require.NoError(t, p.Run(t.Context(), parts.Part(start, min(start+999, len(parts.Re)))))
	}
	assert.Equal(t, whole.Count, parts.Count)
	assert.Positive(t, slices.Max(whole.Count))
}

// TestRunsWithoutSlopes find the same counts as those with.
func TestRunsWithoutSlopes(t *testing.T) {
	t.Parallel()
	for name, v := range views() {
		p := perturbationOf(t, v)
		traced := scattered(200, 200)
		plain := escape.NewBatch(200)
		copy(plain.Re, traced.Re)
		copy(plain.Im, traced.Im)
		require.NoError(t, p.Run(t.Context(), traced))
		require.NoError(t, p.Run(t.Context(), *plain))
		assert.Equal(t, traced.Count, plain.Count, name)
	}
}

// TestRunsEndWithTheContext and return its cause, whether points are in a core, in packets or in double precision.
func TestRunsEndWithTheContext(t *testing.T) {
	t.Parallel()
	enough := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(enough)
	all := views()
	all["with a core"] = minibrotView(t, 60)
	for name, v := range all {
		require.ErrorIs(t, perturbationOf(t, v).Run(ctx, scattered(100, 40)), enough, name)
	}
	p := perturbationOf(t, all["seahorse"]).without(true)
	points := deepPoints(p, 10, 40) // which make a step at a time, and so look at the context
	require.ErrorIs(t, p.follower.followEach(ctx, points), enough)
	if hasLanes() {
		require.ErrorIs(t, p.follower.followAll(ctx, points), enough)
	}
}
