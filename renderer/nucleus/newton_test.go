package nucleus

import (
	"math/big"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/renderer/spec"
	"mandelfarm/renderer/wide"
)

// TestMultiplesOfThePeriod begins Newton's method at twice the period, where z is 0 as well.
func TestMultiplesOfThePeriod(t *testing.T) {
	t.Parallel()
	s, err := newSearch(View{Re: "-1.7548", Im: "0", Radius: wide.NewReal(1, -8)}, Options{Limit: 10})
	require.NoError(t, err)
	require.NoError(t, s.next(t.Context()))
	require.Equal(t, 3, s.n)
	found, err := s.newton(t.Context())
	require.NoError(t, err)
	require.Equal(t, 3, found.Period)
	for s.n < 6 {
		require.NoError(t, s.next(t.Context()))
	}
	require.Equal(t, 6, s.n)
	again, err := s.newton(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{found.Re, found.Im}, []string{again.Re, again.Im})
	assert.InEpsilon(t, found.Size.Norm().Float64(), again.Size.Norm().Float64(), 1e-6)
}

// TestNewtonLeavesTheView begins it from the wrong period: no nucleus of period 4 is near.
func TestNewtonLeavesTheView(t *testing.T) {
	t.Parallel()
	s, err := newSearch(View{Re: "-1.7548", Im: "0", Radius: wide.NewReal(1, -8)}, Options{Limit: 10})
	require.NoError(t, err)
	require.NoError(t, s.next(t.Context()))
	g := &guess{period: 4, c: s.centre, bits: s.bits, gain: modest(4), error: -8}
	_, err = s.refine(t.Context(), g)
	require.ErrorIs(t, err, spec.ErrNoMinibrot)
	require.ErrorContains(t, err, "period 4")
	require.ErrorContains(t, err, "outside the view")
	// Nor does it follow orbits that leave: after 60 steps this one has a trillion digits.
	far := &guess{period: 60, c: s.centre, bits: s.bits, gain: modest(60), error: -8}
	far.c.Im.Lsh(big.NewInt(1), uint(s.bits))
	_, err = s.refine(t.Context(), far)
	require.ErrorIs(t, err, spec.ErrNoMinibrot)
}
