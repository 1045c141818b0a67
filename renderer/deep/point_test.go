package deep

import (
	"math"
	"math/cmplx"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/renderer/wide"
)

// stepper follows points beside elements made by hand by single steps alone.
func stepper(elements ...complex128) *follower {
	t := &table{packed: make([]packedSkip, 1+spareSkips)}
	for _, z := range elements {
		t.elements = append(t.elements, element{re: real(z), im: imag(z)})
	}
	return &follower{table: t, limit: 1000, radius2: 1 << 16, stepSize: 1}
}

// pointAt is a point beside element m of a reference.
func pointAt(m int64, d complex128) point {
	return point{dRe: real(d), dIm: imag(d), m: m, n: m, save: 1, savedM: -1}
}

// TestRebasing is of points that have moved, beside an orbit made by hand.
func TestRebasing(t *testing.T) {
	t.Parallel()
	f := stepper(0, -2, 2, 0.5+1i, 2)
	for name, test := range map[string]struct {
		m     int64
		d     complex128
		wantM int64
		wantD complex128
	}{
		"nearer to 0 than to the reference":  {2, -1.5, 0, 0.5},
		"nearer to the reference":            {2, -0.75, 2, -0.75},
		"as near to the one as to the other": {2, -1, 2, -1},
		"in the plane, nearer to 0":          {3, -0.5 - 0.75i, 0, 0.25i},
		"in the plane, nearer to it":         {3, 0.25i, 3, 0.25i},
		"at the end, however near":           {4, 0.125, 0, 2.125},
		"at the beginning":                   {0, 3, 0, 3},
	} {
		p := pointAt(test.m, test.d)
		assert.Equal(t, moving, f.test(&p, 4), name)
		assert.Equal(t, test.wantM, p.m, name)
		assert.Equal(t, test.wantD, complex(p.dRe, p.dIm), name)
		assert.Equal(t, test.m, p.n, "%s: no step is made", name)
		assert.Equal(t, test.wantM, p.savedM, "%s: it is remembered where it goes on from", name)
	}
}

// TestRebasingLeavesTheOrbitAsItIs: beside a reference that ends anywhere, z_m + d is the orbit of the point itself.
func TestRebasingLeavesTheOrbitAsItIs(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		elements []complex128 // of an orbit: 0, c ...
		dc       complex128
		rebased  int // of so many steps
	}{
		"of period 1":           {[]complex128{0, 0}, -0.75, 5},
		"of period 2":           {[]complex128{0, -1, 0}, 0.25, 2},
		"of period 2, away":     {[]complex128{0, -1, 0}, 0.25i, 2},
		"of one step":           {[]complex128{0, -2}, 0.5, 5},
		"that stays at 2":       {[]complex128{0, -2, 2, 2, 2, 2, 2, 2, 2}, 0.5, 3},
		"whose end is not seen": {[]complex128{0, -2, 2, 2, 2, 2, 2, 2, 2}, 0x1p-20, 0},
	} {
		f := stepper(test.elements...)
		p := pointAt(0, 0)
		p.cRe, p.cIm = real(test.dc), imag(test.dc)
		c, z, rebased := test.elements[1]+test.dc, complex128(0), 0
		for n := range 5 {
			z = z*z + c
			require.Equal(t, moving, f.follow(&p, 1), "%s, step %d", name, n)
			require.Less(t, cmplx.Abs(z-test.elements[p.m]-complex(p.dRe, p.dIm)), 1e-14, "%s, step %d", name, n)
			if p.m == 0 {
				rebased++
			}
		}
		assert.Equal(t, test.rebased, rebased, name)
	}
}

// TestOutcomes is of points that have moved: what becomes of them, and which outcome goes before which.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	f := stepper(0, -2, 2)
	f.least2 = 0x1p-800
	for name, test := range map[string]struct {
		point point
		want  outcome
	}{
		"on its way":                          {point{dRe: 0.5, m: 1, n: 1}, moving},
		"on the circle":                       {point{dRe: 258, m: 1, n: 1}, moving},
		"outside":                             {point{dRe: 258.5, m: 1, n: 1}, escaped},
		"outside at the limit":                {point{dRe: 258.5, m: 1, n: 1000}, escaped},
		"at the limit":                        {point{dRe: 0.5, m: 1, n: 1000}, inside},
		"before the limit":                    {point{dRe: 0.5, m: 1, n: 999}, moving},
		"where it was":                        {point{dRe: 0.5, m: 1, n: 9, savedRe: 0.5, savedM: 1}, inside},
		"where it was, at another element":    {point{dRe: 0.5, m: 1, n: 9, savedRe: 0.5, savedM: 0}, moving},
		"where it was but for the last bit":   {point{dRe: 0.5, m: 1, n: 9, savedRe: math.Nextafter(0.5, 1), savedM: 1}, moving},
		"where it was but for the other part": {point{dRe: 0.5, dIm: 0.25, m: 1, n: 9, savedRe: 0.5, savedM: 1}, moving},
		"nearer than float64 has numbers for": {point{dRe: 0x1p-401, m: 1, n: 9}, tooNear},
		"not so near":                         {point{dRe: 0x1p-400, m: 1, n: 9}, moving},
		"nearer at the limit":                 {point{dRe: 0x1p-401, m: 1, n: 1000}, inside},
		"nearer to the end, and rebased":      {point{dRe: 0x1p-401, m: 2, n: 9}, moving},
		"nearer to 0 than that":               {point{dRe: 0x1p-401, m: 0, n: 9}, tooNear},
	} {
		p := test.point
		assert.Equal(t, test.want, f.test(&p, 2), name)
		if test.want == escaped {
			assert.Equal(t, 256.5, p.zRe, name) //nolint:testifylint // exactly
		}
	}
}

// TestMemory: a point is remembered after 1, 2, 4, 8 ... moves, and found to repeat when it comes back to where it was.
func TestMemory(t *testing.T) {
	t.Parallel()
	f := stepper(0, -2, 2, 2)
	p := pointAt(1, 0.5)
	for move := 1; move <= 40; move++ {
		p.dRe = 0.5 + float64(move)/64
		require.Equal(t, moving, f.test(&p, 3))
		power := 1
		for 2*power <= move {
			power *= 2
		}
		require.Equal(t, 0.5+float64(power)/64, p.savedRe, "after %d moves", move) //nolint:testifylint // exactly
		require.Equal(t, int64(2*power), p.save)
	}
	// The points of two periodic references go round with them.
	for _, g := range []*follower{stepper(0, -1, 0), stepper(0, 0)} {
		q := pointAt(0, 0)
		require.Equal(t, inside, g.follow(&q, 1000))
		assert.Less(t, q.n, int64(10), "it is found long before the limit")
	}
}

// TestTheLongestSkip is taken that a w is within the bound of, and that is not too long.
func TestTheLongestSkip(t *testing.T) {
	t.Parallel()
	f := stepper(0, 1)
	f.table.packed = []packedSkip{{}, {next: pack(0x1p-6, 2)}, {next: pack(0x1p-9, 5)}, {next: pack(0, 9)}, {}, {}}
	e := element{first: pack(0x1p-3, 1)}
	for _, test := range []struct {
		size  float64
		steps int64
		want  int // its length, 0 for none
	}{
		{0x1p-2, 100, 0},
		{0x1p-3, 100, 0},
		{0x1.ffp-4, 100, 2},
		{0x1p-6, 100, 2},
		{0x1.ffp-7, 100, 5},
		{0x1p-10, 100, 9},
		{0, 100, 9},
		{0, 9, 9},
		{0, 8, 5},
		{0, 5, 5},
		{0, 4, 2},
		{0, 2, 2},
		{0, 1, 0},
		{0x1.ffp-7, 4, 2},
		{math.NaN(), 100, 0},
	} {
		got := 0
		if at := f.longest(&e, test.size, test.steps); at != 0 {
			got = f.table.packed[at].next.number()
		}
		assert.Equal(t, test.want, got, "w of size %g, %d steps left", test.size, test.steps)
	}
	assert.Zero(t, f.longest(&element{}, 0, 100), "an element where none begins")
}

// TestNoPointGoesBeyondTheLimit: whatever the limit is, points end at it and nowhere else, by skips and by steps.
func TestNoPointGoesBeyondTheLimit(t *testing.T) {
	t.Parallel()
	orbit := skipOrbits()["dendrite"]
	bound := wide.NewReal(1, -250)
	f := &follower{table: newTable(referenceOf(orbit), bound, false), radius2: 1 << 16}
	for limit := int64(1); limit < 200; limit += 3 {
		f.limit = limit
		p := pointAt(0, 0)
		p.cRe = 0x1p-251
		moves := 0
		for p.outcome == moving {
			p.outcome = f.follow(&p, 1)
			moves++
			require.LessOrEqual(t, p.n, limit)
		}
		require.Equal(t, inside, p.outcome, "limit %d", limit)
		require.Equal(t, limit, p.n)
		if limit > 50 {
			require.Less(t, moves, int(limit)/3, "it is skips that lead there")
		}
	}
}

// TestFollowingIsThatOfExactNumbers follows points by skips and by steps until they escape, with their slopes, and compares
// them with the steps of perturbation in exact numbers, which need no rebasing. They are of sizes from a bound down, so that
// some w are next to the rim of a skip.
func TestFollowingIsThatOfExactNumbers(t *testing.T) {
	t.Parallel()
	for name, orbit := range skipOrbits() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			skipped := 0
			for _, scale := range []int{-36, -56} {
				f := &follower{table: newTable(referenceOf(orbit), wide.NewReal(1, scale), false), limit: 190, radius2: 1 << 16, stepSize: 0x1p-70}
				for i := 0; i < 40; i += unlessShort(1, 3) {
					sin, cos := math.Sincos(float64(i))
					p := pointAt(0, 0)
					p.traced = true
					p.cRe, p.cIm = cos*math.Exp2(float64(scale)-0.6*float64(i)), sin*math.Exp2(float64(scale)-0.6*float64(i))
					for p.outcome == moving {
						p.outcome = f.follow(&p, 1)
					}
					requireFollowed(t, f, &p)
					if p.moves < p.n/2 {
						skipped++
					}
				}
			}
			assert.Greater(t, skipped, 6, "points that skip most of their steps")
		})
	}
}

// requireFollowed fails unless a point that began at 0 is where exact numbers lead.
func requireFollowed(t *testing.T, f *follower, p *point) {
	t.Helper()
	pixel, dc := exactly(wide.New(f.stepSize, 0, 0)), exactly(wide.New(p.cRe, p.cIm, 0))
	d, slope := exactly(wide.New(0, 0, 0)), exactly(wide.New(0, 0, 0))
	for n := range p.n {
		z := exactly(f.table.at(int(n)))
		slope = d.stepSlope(slope, z, pixel)
		d = d.step(z, dc)
	}
	got := wide.New(p.dRe, p.dIm, 0).Add(f.table.at(int(p.m)))
	if p.outcome == escaped {
		got = wide.New(p.zRe, p.zIm, 0)
	}
	want := d.plus(exactly(f.table.at(int(p.n))))
	const within = 64 * tolerance
	require.Less(t, off(exactly(got), want, greater(d.wide().Norm(), got.Norm())), within, "z of the point at %g%+gi after %d steps", p.cRe, p.cIm, p.n)
	require.Less(t, off(exactly(wide.New(p.slopeRe, p.slopeIm, 0)), slope, slope.wide().Norm()), within, "its slope")
}
