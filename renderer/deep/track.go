package deep

import (
	"math"

	"mandelfarm/renderer/wide"
)

// track is the reference as points are followed beside it: an element for each of its steps, and the skips that begin
// there. The assembly knows its layout.
type track struct {
	elements []element
	links    []link
	skips    []skip // the same in wide numbers, if there are points that need them
	small    []Small
	core     skip // from z_0 to the end
}

// element is z_n of the reference.
type element struct {
	re, im float64
	first  packed // of the links that begin here, the shortest; a bound of 0 if there is none
}

// link is a skip in double precision.
type link struct {
	aRe, aIm float64
	bRe, bIm float64
	cRe, cIm float64
	next     packed // the bound of the next link if that begins at the same element, otherwise 0, and this one's length
	_        uint64
}

// packed is a bound on the larger of |Re w| and |Im w|, cut off behind 20 bits, and an integer: a link's number or length.
type packed uint64

const halfWord = 32

func pack(bound float64, n int) packed {
	return packed(math.Float64bits(bound)>>halfWord<<halfWord | uint64(n)) //nolint:gosec // not negative and below 2^32
}

func (p packed) bound() float64 { return math.Float64frombits(uint64(p) >> halfWord << halfWord) }

func (p packed) number() int { return int(p & (1<<halfWord - 1)) }

// newTrack computes the skips beside a reference for points whose |dc| is at most the bound.
func newTrack(r *Reference, bound wide.Real, deep bool) *track {
	t := &track{elements: make([]element, r.Len()+1), small: r.Small}
	sizes := make([]int32, r.Len())
	r.walk(0, r.Len(), func(n int, z wide.Complex) {
		t.elements[n] = element{re: r.Re[n], im: r.Im[n]}
		if n < r.Len() {
			sizes[n] = magnitude(z)
		}
	})
	starts := boundaries(sizes)
	levels := make([][]skip, len(starts))
	for level := range starts {
		if level == 0 {
			levels[0] = lowest(r, starts[0], bound)
		} else {
			levels[level] = merge(levels[level-1], starts[level-1], starts[level], bound)
		}
	}
	t.core = levels[len(levels)-1][0]
	t.lay(levels, starts, bound, deep)
	return t
}

// lowest computes the skips of the lowest level.
func lowest(r *Reference, starts []int32, bound wide.Real) []skip {
	list := make([]skip, 0, len(starts))
	r.walk(0, r.Len()-1, func(n int, z wide.Complex) {
		if len(list) < len(starts) && int(starts[len(list)]) == n {
			list = append(list, one(z))
			return
		}
		list[len(list)-1].join(one(z), bound)
	})
	return list
}

// merge computes the skips of a level from those of the level below.
func merge(below []skip, from, starts []int32, bound wide.Real) []skip {
	list := make([]skip, 0, len(starts))
	for i, s := range below {
		if len(list) < len(starts) && starts[len(list)] == from[i] {
			list = append(list, s)
			continue
		}
		list[len(list)-1].join(s, bound)
	}
	return list
}

// lay puts the links of all levels side by side, in the order of the elements where they begin, and the shortest first.
func (t *track) lay(levels [][]skip, starts [][]int32, bound wide.Real, deep bool) {
	t.links, t.skips = make([]link, 1), make([]skip, 1) // number 0 is that of no link
	next := make([]int, len(levels))
	for _, start := range starts[0] {
		first := true
		for level, skips := range levels {
			i := next[level]
			if i >= len(skips) || starts[level][i] != start {
				break
			}
			next[level]++
			t.add(skips[i], int(start), first, bound, deep)
			first = first && skips[i].length == 1
		}
	}
	t.links = append(t.links, make([]link, spareLinks)...)
}

// spareLinks follow the last, because the assembly looks at some at a time.
const spareLinks = 4

// add appends a skip that begins at an element. Single steps need none.
func (t *track) add(s skip, start int, first bool, bound wide.Real, deep bool) {
	if s.length == 1 {
		return
	}
	within := s.double(bound)
	if first {
		t.elements[start].first = pack(within, len(t.links))
	} else {
		last := &t.links[len(t.links)-1]
		last.next = pack(within, last.next.number())
		if deep {
			t.skips[len(t.skips)-1].more = true
		}
	}
	t.links = append(t.links, s.link(within))
	if deep {
		t.skips = append(t.skips, s)
	}
}

// Differences in double precision are above 2^leastDifference, so that w is above the square of that and no square of a
// difference underflows.
const leastDifference = -400

// The exponents of coefficients, and of dc, in double precision are in this range.
const (
	greatestCoefficient = 900
	leastOffset         = -900
)

// link returns the skip in double precision, with the bound that double gave.
func (s *skip) link(within float64) link {
	l := link{next: pack(0, s.length)}
	if within == 0 {
		return l
	}
	l.aRe, l.aIm = s.a.Float64()
	l.bRe, l.bIm = s.b.Float64()
	l.cRe, l.cIm = s.c.Float64()
	return l
}

// double returns the bound on the larger of |Re w| and |Im w|, or 0 if the skip cannot be made in double precision. Where
// dc itself is out of range it has to be negligible.
func (s *skip) double(bound wide.Real) float64 {
	const negligible = -60
	switch {
	case max(s.a.Exp, s.b.Exp, s.c.Exp) > greatestCoefficient, s.within.Exp < 2*leastDifference:
		return 0
	case bound.Exp < leastOffset && s.c.Exp+bound.Exp > s.a.Exp+2*leastDifference+negligible:
		return 0
	}
	return min(s.within.Float64(), math.MaxFloat64) * (1 / math.Sqrt2)
}
