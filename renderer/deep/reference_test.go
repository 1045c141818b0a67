package deep

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/renderer/wide"
)

// referenceAt is the reference of a view around a point, whose points are within 2^bound of it.
func referenceAt(t *testing.T, re, im string, bound, limit int) *Reference {
	t.Helper()
	v := View{Re: re, Im: im, Bound: wide.NewReal(1, bound), MaxIterations: limit}
	r, err := v.Reference(t.Context(), 1, nil)
	require.NoError(t, err)
	return r
}

// TestReferencesOfKnownOrbits are orbits that are known by hand, and why they end.
func TestReferencesOfKnownOrbits(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		re, im       string
		bound, limit int
		wantRe       []float64
		wantIm       []float64
		period       int
	}{
		"-2, whose orbit stays at 2, to the limit":   {"-2", "0", -100, 5, []float64{0, -2, 2, 2, 2, 2}, []float64{0, 0, 0, 0, 0, 0}, 0},
		"i, which wanders into a cycle of two":       {"0", "1", -100, 5, []float64{0, 0, -1, 0, -1, 0}, []float64{0, 1, 1, -1, 1, -1}, 0},
		"0, of period 1":                             {"0", "0", -100, 99, []float64{0, 0}, []float64{0, 0}, 1},
		"-1, of period 2":                            {"-1", "0", -100, 99, []float64{0, -1, 0}, []float64{0, 0, 0}, 2},
		"3, which escapes at 12":                     {"3", "0", -100, 99, []float64{0, 3, 12}, []float64{0, 0, 0}, 0},
		"2, which has not escaped at 6":              {"2", "0", -100, 99, []float64{0, 2, 6, 38}, []float64{0, 0, 0, 0}, 0},
		"beside -1, which is in the view":            {"-1.0009765625", "0", -9, 99, []float64{0, -1.0009765625, 0.0009775161743164062}, []float64{0, 0, 0}, 2},
		"beside -1, which is not in the view":        {"-1.0009765625", "0", -12, 2, []float64{0, -1.0009765625, 0.0009775161743164062}, []float64{0, 0, 0}, 0},
		"a view that holds 0, of period 1, and more": {"0.0625", "0.0625", -3, 99, []float64{0, 0.0625}, []float64{0, 0.0625}, 1},
	} {
		r := referenceAt(t, test.re, test.im, test.bound, test.limit)
		assert.Equal(t, test.wantRe, r.Re, name)
		assert.Equal(t, test.wantIm, r.Im, name)
		assert.Equal(t, test.period, r.Period, name)
		assert.Equal(t, len(test.wantRe)-1, r.Len(), name)
	}
}

// TestReferencesHoldWhatIsTiny: an orbit that comes back to 0 by more than float64 has numbers for keeps what it comes back to.
func TestReferencesHoldWhatIsTiny(t *testing.T) {
	t.Parallel()
	// Beside -1, of period 2, by e = 10^-400: z_2 is e^2 - e and z_4 all but the same.
	r := referenceAt(t, "-0."+strings.Repeat("9", 400), "0", -2000, 4)
	assert.Equal(t, []float64{0, -1, 0, -1, 0}, r.Re)
	require.Len(t, r.Small, 3)
	assert.Equal(t, Small{0, wide.New(0, 0, 0)}, r.Small[0])
	for i, s := range r.Small[1:] {
		assert.Equal(t, 2*i+2, s.Index)
		assert.Equal(t, "-1.00000000000000e-400", wide.NewReal(s.Z.Re, s.Z.Exp).Text(15))
		assert.Zero(t, s.Z.Im)
	}
}

// TestElements yields what a table is made of: elements in their order, those that are tiny in full.
func TestElements(t *testing.T) {
	t.Parallel()
	r := &Reference{Re: []float64{0, -2, 0, 0x1p-700, 3}, Im: []float64{0, 1, 0, 0, 4}, Small: []Small{
		{0, wide.New(0, 0, 0)}, {2, wide.New(1, 1.5, -4000)}, {3, wide.New(1, 0.25, -700)},
	}}
	want := []wide.Complex{wide.New(0, 0, 0), wide.New(-2, 1, 0), wide.New(1, 1.5, -4000), wide.New(1, 0.25, -700), wide.New(3, 4, 0)}
	var got []wide.Complex
	for n, z := range r.elements() {
		assert.Len(t, got, n)
		got = append(got, z)
	}
	assert.Equal(t, want, got)
	for n := range r.elements() {
		if n == 2 {
			break // a loop may end early
		}
	}
	table := &table{small: r.Small}
	for n := range r.Re {
		table.elements = append(table.elements, element{re: r.Re[n], im: r.Im[n]})
	}
	for n, z := range want {
		assert.Equal(t, z, table.at(n), "element %d of a table", n)
	}
}

// TestMagnitudes are in the order of sizes, eight for each power of two, whatever the exponent.
func TestMagnitudes(t *testing.T) {
	t.Parallel()
	list := []int32{magnitude(wide.New(0, 0, 0))}
	for _, exponent := range []int{-100_000, -1, 0, 4} {
		for part := range 8 {
			list = append(list, magnitude(wide.New(0.5, -1-float64(part)/8, exponent)))
		}
		assert.Equal(t, list[len(list)-8]+7, list[len(list)-1])
	}
	assert.IsIncreasing(t, list)
	assert.Zero(t, magnitude(wide.New(1, 0, 0)))
}

// TestBitsOfReferences: 18 bits of pixels and 64 more below the bound of the view, in whole words.
func TestBitsOfReferences(t *testing.T) {
	t.Parallel()
	for exponent, want := range map[int]int{0: 128, -46: 128, -47: 192, -3321: 3456, 100: 64} {
		assert.Equal(t, want, Bits(wide.NewReal(1, exponent)), "bound 2^%d", exponent)
	}
}

// TestEstimatesGrow: with the limit in proportion, with the bits by more than that once products are long, and never
// beyond what a Duration holds.
func TestEstimatesGrow(t *testing.T) {
	t.Parallel()
	estimate := func(exponent, limit int) float64 {
		return View{Bound: wide.NewReal(1, exponent), MaxIterations: limit}.Estimate().Seconds()
	}
	assert.InEpsilon(t, 1000*estimate(-1000, 1000), estimate(-1000, 1_000_000), 1e-3)
	assert.Greater(t, estimate(-200_000, 1000), 2.5*estimate(-100_000, 1000))
	assert.Less(t, estimate(-200_000, 1000), 4*estimate(-100_000, 1000))
	assert.Positive(t, View{Bound: wide.NewReal(1, -1<<25), MaxIterations: math.MaxInt32}.Estimate(), "it does not overflow")
	assert.InDelta(t, 600e-9, estimate(-1000, 1), 500e-9, "a step of a thousand bits takes less than a microsecond")
}

// TestReferencesEndWithTheContext within milliseconds, and say why.
func TestReferencesEndWithTheContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	v := View{Re: "-0.1", Im: "0.1", Bound: wide.NewReal(1, -10_000), MaxIterations: math.MaxInt32}
	r, err := v.Reference(ctx, 1, nil)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.Nil(t, r)
}

// TestSizeIsAnUpperEstimate: what is counted of a reference and its tables is no more.
func TestSizeIsAnUpperEstimate(t *testing.T) {
	t.Parallel()
	for name, v := range views() {
		r, err := v.Reference(t.Context(), 1, nil)
		require.NoError(t, err)
		p := NewPerturbation(v, r)
		const float, word = 8, 8
		size := 2*float*len(r.Re) + 48*len(r.Small) + elementWords*word*len(p.follower.table.elements) + 64*(len(p.follower.table.packed)+len(p.follower.table.mixed))
		if r.Len() > 100 {
			assert.LessOrEqual(t, int64(size), r.Size(), name)
			assert.GreaterOrEqual(t, int64(4*size), r.Size(), "%s: not by far", name)
		}
	}
}
