package deep

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"mandelfarm/renderer/wide"
)

// referenceOf is a reference made by hand of the elements of an orbit.
func referenceOf(elements []wide.Complex) *Reference {
	r := &Reference{}
	for n, z := range elements {
		re, im := z.Float64()
		r.Re, r.Im = append(r.Re, re), append(r.Im, im)
		if z.Exp < smallExponent {
			r.Small = append(r.Small, Small{n, z})
		}
	}
	return r
}

// tableOrbits are those of skips, and one made by hand in which small elements come in pairs, so that entries of a single step
// begin where longer ones do.
func tableOrbits() map[string][]wide.Complex {
	orbits := skipOrbits()
	pairs := make([]wide.Complex, 201)
	for n := range pairs {
		exponent := 0
		switch n % 10 {
		case 0:
			exponent = -14
		case 1:
			exponent = -9
		}
		pairs[n] = wide.New(1.25, -1, exponent)
	}
	pairs[0] = wide.New(0, 0, 0)
	orbits["pairs"] = pairs
	return orbits
}

// TestTableHoldsTheSkips: at each element lie the skips that begin there, the shortest first, each with the bound of the next,
// in both kinds of numbers; and they are the skips of the steps that they stand for.
func TestTableHoldsTheSkips(t *testing.T) {
	t.Parallel()
	for name, orbit := range tableOrbits() {
		bound := wide.NewReal(1, -300)
		table := newTable(referenceOf(orbit), bound, true)
		seen := 0
		for m := range orbit {
			length, bounded := 1, math.Inf(1)
			limit := table.elements[m].first.bound()
			for at := table.elements[m].first.number(); at > 0; at++ {
				seen++
				packed, s := table.packed[at], table.skips[at]
				require.GreaterOrEqual(t, s.length, length, "%s: skip %d, at %d, is shorter than the one before", name, at, m)
				require.Equal(t, s.length, packed.next.number(), "%s: skip %d", name, at)
				require.LessOrEqual(t, m+s.length, len(orbit)-1, "%s: skip %d leads beyond the end", name, at)
				require.LessOrEqual(t, limit, bounded, "%s: skip %d", name, at)
				require.Equal(t, pack(s.double(bound), 0), pack(limit, 0), "%s: bound of skip %d", name, at)
				want := joined(orbit[m:m+s.length], bound)
				require.Less(t, off(exactly(s.a), exactly(want.a), want.a.Norm()), 1e-12, "%s: skip %d is not that from %d on", name, at, m)
				if limit > 0 {
					re, im := s.a.Float64()
					require.Equal(t, [2]float64{re, im}, [2]float64{packed.aRe, packed.aIm})
				}
				length, bounded, limit = s.length, limit, packed.next.bound()
				if !s.more {
					require.Zero(t, packed.next.bound(), "%s: after the longest skip there is none", name)
					break
				}
			}
		}
		assert.Equal(t, len(table.skips)-1, seen, "%s: every skip begins somewhere", name)
		assert.Equal(t, len(orbit)-1, table.core.length, "%s: the longest leads from the beginning to the end", name)
	}
}

// TestTableOfJets: in views where there is room for them skips are jets, laid out in the same way, each with what it has besides at the same number.
func TestTableOfJets(t *testing.T) {
	t.Parallel()
	for name, orbit := range tableOrbits() {
		r := referenceOf(orbit)
		table := newTable(r, wide.NewReal(1, leastMixed), true)
		require.Len(t, table.packed, len(table.mixed)+spareSkips)
		plain := newTable(r, wide.NewReal(1, leastMixed-1), false)
		require.Nil(t, plain.mixed, "%s: one octave deeper there are none", name)
		require.Len(t, plain.packed, len(table.packed))
		for m := range orbit {
			limit, number := table.elements[m].first.bound(), table.elements[m].first.number()
			require.Equal(t, plain.elements[m].first.number(), number, name)
			for at := number; limit > 0; at++ {
				packed, mixed := table.packed[at], table.mixed[at]
				want := jetOf(orbit[m:m+packed.next.number()], math.Ldexp(1, leastMixed))
				require.Less(t, size(complex(packed.aRe, packed.aIm)-want.terms[termW]), 1e-9*size(want.terms[termW])+0x1p-490, "%s: skip %d is not that from %d on", name, at, m)
				require.Less(t, size(complex(mixed.wcRe, mixed.wcIm)-want.terms[termWC]), 1e-6*size(want.terms[termWC])+0x1p-490, "%s: skip %d", name, at)
				require.LessOrEqual(t, packed.next.bound(), limit, "%s: skip %d", name, at)
				limit = packed.next.bound()
			}
		}
		assert.Equal(t, len(orbit)-1, table.core.length, "%s: the longest leads from the beginning to the end", name)
	}
}

// TestTableInDoublePrecision has no wide skips, and otherwise the same.
func TestTableInDoublePrecision(t *testing.T) {
	t.Parallel()
	r, bound := referenceOf(skipOrbits()["seahorse"]), wide.NewReal(1, -300)
	with, without := newTable(r, bound, true), newTable(r, bound, false)
	assert.Equal(t, with.elements, without.elements)
	assert.Equal(t, with.packed, without.packed)
	assert.Len(t, without.skips, 1)
}

// TestPackedBounds: what is packed comes out, the number as it is, the bound never above and by a millionth below at most.
func TestPackedBounds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		bound := rapid.Float64Range(0x1p-1000, math.MaxFloat64).Draw(t, "bound")
		number := rapid.IntRange(0, math.MaxUint32).Draw(t, "number")
		p := pack(bound, number)
		assert.Equal(t, number, p.number())
		assert.LessOrEqual(t, p.bound(), bound)
		assert.GreaterOrEqual(t, p.bound(), bound*(1-0x1p-20))
	})
	assert.Zero(t, pack(0, 5).bound())
}

// TestBoundsInDoublePrecision: a w whose parts are within the bound is within that of the skip, and a skip that double
// precision has no numbers for has a bound of 0.
func TestBoundsInDoublePrecision(t *testing.T) {
	t.Parallel()
	base := func() skip {
		unit := wide.New(1, 0, 0)
		return skip{a: unit, b: unit, c: unit, within: wide.NewReal(1, -20), length: 2}
	}
	assert.InEpsilon(t, 0x1p-20, math.Sqrt2*(&skip{within: wide.NewReal(1, -20)}).double(wide.NewReal(1, -100)), 1e-15)
	for name, test := range map[string]struct {
		change func(s *skip)
		bound  int // exponent of dc
		want   bool
	}{
		"in range":                       {func(*skip) {}, -100, true},
		"unbounded":                      {func(s *skip) { s.within = unbounded }, -100, true},
		"a too large":                    {func(s *skip) { s.a.Exp = 901 }, -100, false},
		"b too large":                    {func(s *skip) { s.b.Exp = 901 }, -100, false},
		"c too large":                    {func(s *skip) { s.c.Exp = 901 }, -100, false},
		"all as large as may be":         {func(s *skip) { s.a.Exp, s.b.Exp, s.c.Exp = 900, 900, 900 }, -100, true},
		"valid below the least w":        {func(s *skip) { s.within.Exp = -801 }, -100, false},
		"valid for the least w":          {func(s *skip) { s.within.Exp = -800 }, -100, true},
		"dc out of range and negligible": {func(*skip) {}, -901, true},
		"dc out of range, grown by much": {func(s *skip) { s.c.Exp = 50 }, -901, false},
		"the same in range":              {func(s *skip) { s.c.Exp = 50 }, -900, true},
	} {
		s := base()
		test.change(&s)
		got := s.double(wide.NewReal(1, test.bound))
		assert.Equal(t, test.want, got > 0, "%s: %g", name, got)
		assert.False(t, math.IsInf(got, 0), name)
		p := s.pack(got)
		assert.Equal(t, s.length, p.next.number(), name)
		assert.Equal(t, test.want, p.aRe != 0, "%s: numbers that are not there are not looked at", name)
	}
}
