package deep

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/renderer/wide"
)

// deepPoints are the points of a batch's places at the beginning of a view, with slopes.
func deepPoints(p *Perturbation, count int, pixels float64) []point {
	random := rand.New(rand.NewPCG(31, 32))
	points := make([]point, count)
	zero := wide.New(0, 0, 0)
	for i := range points {
		q := &points[i]
		spread := pixels * math.Ldexp(1, -random.IntN(20))
		q.index, q.traced = i, true
		q.offsetRe, q.offsetIm = spread*(2*random.Float64()-1), spread*(2*random.Float64()-1)
		q.begin(p.start(q, zero, zero), 0, p.follower.apart)
	}
	return points
}

// trajectory is a point in exact numbers, on its way beside a reference by single steps.
type trajectory struct {
	d, dc, slope, pixel exact
	m                   int
	n                   int64
}

// trajectoryOf is that of a point from where it is.
func trajectoryOf(p *Perturbation, q widePoint) *trajectory {
	return &trajectory{d: exactly(q.d), dc: exactly(q.c), slope: exactly(q.slope), pixel: exactly(onAxis(p.view.Step)), m: q.m, n: q.n}
}

// move makes a step, and rebases.
func (x *trajectory) move(t *table) {
	z := exactly(t.at(x.m))
	x.slope = x.d.stepSlope(x.slope, z, x.pixel)
	x.d = x.d.step(z, x.dc)
	x.m++
	x.n++
	sum := exactly(t.at(x.m)).plus(x.d)
	if x.m == len(t.elements)-1 || sum.wide().Norm().Less(x.d.wide().Norm()) {
		x.d, x.m = sum, 0
	}
}

// backInRange is the exponent from which on a packet lets its points go: four times what they are called tooNear below.
const backInRange = leastDifference + 2

// packetViews are views whose points begin far below the range of float64: two that leave the reference straight away, and
// minibrots: points of the upright ones come back to a tiny element before they are in range.
func packetViews(t *testing.T) map[string]View {
	t.Helper()
	tip := View{Re: "-2", Im: "0", Step: wide.NewReal(1.5, -1200), Bound: wide.NewReal(1, -1190), MaxIterations: 2000, Radius2: 1 << 16}
	dendrite := tip
	dendrite.Re, dendrite.Im = "0", "1"
	all := map[string]View{
		"tip": tip, "minibrot": minibrotView(t, 220), "turned minibrot": minibrotIn(t, "0", "1", wide.NewReal(1, -350)).View,
	}
	if !testing.Short() {
		all["dendrite"], all["deeper minibrot"] = dendrite, minibrotView(t, 400)
	}
	return all
}

// TestPacketsOfSingleSteps moves points in wide numbers without skips, and compares them with the same steps in exact
// numbers: when they come into range, beside which element, where, and how their slope has grown.
func TestPacketsOfSingleSteps(t *testing.T) {
	t.Parallel()
	for name, v := range packetViews(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := perturbationOf(t, v).without(true)
			begun := deepPoints(p, unlessShort(60, 8), 40)
			exacts := make([]*trajectory, len(begun))
			for i := range begun {
				exacts[i] = trajectoryOf(p, begun[i].wide)
			}
			moved, err := p.followWide(t.Context(), begun, nil)
			require.NoError(t, err)
			require.NotEmpty(t, moved)
			for i := range moved {
				got := &moved[i]
				x := exacts[got.index]
				for x.n == 0 || x.d.wide().Exp < backInRange {
					x.move(p.follower.table)
				}
				require.Equal(t, [2]int64{x.n, int64(x.m)}, [2]int64{got.n, got.m}, "point %d: steps and element", got.index)
				requireAt(t, got, x, 1e-10)
			}
		})
	}
}

// requireAt fails unless a point in range is where it is in exact numbers, but for so much in proportion.
func requireAt(t *testing.T, got *point, x *trajectory, within float64) {
	t.Helper()
	d, slope := wide.New(got.dRe, got.dIm, 0), wide.New(got.slopeRe, got.slopeIm, 0)
	require.Less(t, off(exactly(d), x.d, d.Norm()), within, "point %d after %d steps", got.index, got.n)
	require.Less(t, off(exactly(slope), x.slope, slope.Norm()), within, "slope of point %d after %d steps", got.index, got.n)
}

// TestPacketsThatSkip moves the same points by skips as well: with fewer moves, to where single steps lead.
func TestPacketsThatSkip(t *testing.T) {
	t.Parallel()
	for name, v := range packetViews(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := perturbationOf(t, v)
			begun := deepPoints(p, unlessShort(60, 8), 40)
			exacts := make([]*trajectory, len(begun))
			for i := range begun {
				exacts[i] = trajectoryOf(p, begun[i].wide)
			}
			moved, err := p.followWide(t.Context(), begun, nil)
			require.NoError(t, err)
			require.NotEmpty(t, moved)
			for i := range moved {
				got := &moved[i]
				x := exacts[got.index]
				for x.n < got.n {
					x.move(p.follower.table)
				}
				require.Equal(t, int64(x.m), got.m, "point %d: element", got.index)
				requireAt(t, got, x, 100*tolerance)
			}
		})
	}
}

// TestPacketsEndAtTheLimit: points that have not come into range by then are inside, after not a step more.
func TestPacketsEndAtTheLimit(t *testing.T) {
	t.Parallel()
	v := packetViews(t)["tip"]
	for _, limit := range []int{2, 3, 50, 399} {
		v.MaxIterations = limit
		for _, bare := range []bool{false, true} {
			p := perturbationOf(t, v)
			if bare {
				p = p.without(true)
			}
			points := deepPoints(p, 30, 40)
			moved, err := p.followWide(t.Context(), points, nil)
			require.NoError(t, err)
			assert.Empty(t, moved, "limit %d", limit)
			for i := range points {
				assert.Equal(t, inside, points[i].outcome, "limit %d, point %d", limit, i)
			}
		}
	}
}

// TestWidePointsAreGathered by where they are: those that may share a packet do, and no others.
func TestWidePointsAreGathered(t *testing.T) {
	t.Parallel()
	at := func(m int, n int64, exponent int, re float64) point {
		return point{wide: widePoint{d: wide.New(1, 0, exponent), c: wide.New(re, 0, -900), m: m, n: n}}
	}
	first := at(3, 7, -1000, 1)
	for name, test := range map[string]struct {
		other point
		want  []int // members of packets
	}{
		"with another dc":           {at(3, 7, -1000, 2), []int{2}},
		"a little nearer":           {at(3, 7, -1001, 1), []int{2}},
		"much nearer":               {at(3, 7, -1200, 1), []int{1, 1}},
		"after as many steps more":  {at(3, 8, -1000, 1), []int{1, 1}},
		"beside another element":    {at(4, 7, -1000, 1), []int{1, 1}},
		"the reference's own point": {at(3, 7, -1000, 0), []int{1, 1}},
		"in range":                  {at(3, 7, -399, 1), []int{1}},
	} {
		points := []point{first, test.other, first}
		ps := packets{step: wide.NewReal(1, -900)}
		ps.gather(points)
		var got []int
		for _, pk := range ps.waiting {
			got = append(got, len(pk.members))
			for _, m := range pk.members {
				assert.Equal(t, [2]int64{int64(pk.m), pk.n}, [2]int64{int64(m.point.wide.m), m.point.wide.n}, name)
				assert.Equal(t, m.point.wide.d, wide.New(m.dRe, m.dIm, pk.unit), name)
			}
		}
		slices.Sort(got)
		test.want[len(test.want)-1]++ // the first's own kind
		assert.Equal(t, test.want, got, name)
		assert.Equal(t, name == "in range", points[1].outcome == moving, name)
	}
}

// TestPacketsAreSplit: members of the first one's class stay, the others wait with what the packet knows, and none is lost.
func TestPacketsAreSplit(t *testing.T) {
	t.Parallel()
	var ps packets
	pk := packet{m: 3, n: 7, unit: -1000, slopeUnit: 12}
	for i, class := range []int{1, 0, 2, 1, 0, 0, 2, 1} {
		pk.members = append(pk.members, member{dRe: float64(i), class: class})
	}
	ps.split(&pk)
	require.Len(t, ps.waiting, 2)
	seen := map[float64]int{}
	for _, part := range append(ps.waiting, pk) {
		assert.Equal(t, [4]int{3, 7, -1000, 12}, [4]int{part.m, int(part.n), part.unit, part.slopeUnit})
		for _, m := range part.members {
			assert.Equal(t, part.members[0].class, m.class)
			seen[m.dRe]++
		}
	}
	assert.Len(t, pk.members, 3)
	assert.Equal(t, 1, pk.members[0].class)
	assert.Len(t, seen, 8)
}

// TestPacketsAreRescaled: numbers stay what they are, near 1 in the packet's unit; what is far below the others leaves it, and
// what is in range leaves all packets.
func TestPacketsAreRescaled(t *testing.T) {
	t.Parallel()
	values := func(pk *packet) (list []wide.Complex) {
		for i := range pk.members {
			list = append(list, wide.New(pk.members[i].dRe, pk.members[i].dIm, pk.unit), wide.New(pk.members[i].slopeRe, 0, pk.slopeUnit))
		}
		return list
	}
	ps := packets{follower: &follower{}}
	pk := packet{unit: -2000, slopeUnit: 300, members: []member{
		{dRe: 0x1p120, dIm: 3, slopeRe: 0x1p-80}, {dRe: -0x1p100, slopeRe: 0x1p-90}, {dRe: 0x1p-31, slopeRe: 0x1p-85},
	}}
	before := values(&pk)
	ps.rescale(&pk)
	require.Len(t, ps.waiting, 1)
	assert.Equal(t, before, append(values(&pk), values(&ps.waiting[0])...))
	assert.Equal(t, []int{-1880, 220, 2}, []int{pk.unit, pk.slopeUnit, len(pk.members)})

	var near, far point
	pk = packet{m: 5, n: 9, unit: -410, slopeUnit: 3, members: []member{{dRe: 0x1p12, slopeRe: 1.5, point: &near}, {dRe: 0x1p11, point: &far}}}
	ps.waiting = nil
	far.outcome = inside
	ps.rescale(&pk)
	assert.Empty(t, pk.members)
	assert.Equal(t, point{dRe: 0x1p-398, m: 5, n: 9, slopeRe: 12, wide: widePoint{d: wide.New(1, 0, backInRange), slope: wide.New(1.5, 0, 3), m: 5, n: 9}}, near)
	assert.Equal(t, inside, far.outcome, "2^-399 is not in range")
	require.Len(t, ps.waiting, 1)
}
