package deep

import (
	"math"

	"mandelfarm/renderer/wide"
)

// table is the BLA table of a reference: an element for each of its steps, and the skips that begin there. The assembly
// knows its layout (escape/gen/lanes.go).
//
// Skips that begin at the same element lie one behind the other, the shortest first, each with the bound of the next. So a
// point finds its own by going on while its w is within the next bound, and every look fetches one word.
type table struct {
	elements []element
	packed   []packedSkip
	mixed    []packedMixed // what jets have besides, in views that have them
	skips    []skip        // the same in wide numbers, if there are points that need them
	small    []Small
	core     skip // from z_0 to the end
}

// element is z_n of the reference.
type element struct {
	re, im float64
	first  bounded // of the skips that begin here, the shortest; a bound of 0 if there is none
}

// packedSkip is a skip in double precision: of 64 bytes, a line of the cache, since a point finds it anywhere in the table.
type packedSkip struct {
	aRe, aIm float64
	bRe, bIm float64
	cRe, cIm float64
	next     bounded // the bound of the next skip if that begins at the same element, otherwise 0, and this one's length
	www      halves  // of jets
}

// bounded is a bound on the larger of |Re w| and |Im w|, cut off behind 20 bits, and an integer: a skip's number or length.
// A float64 without its lower half is less by up to 2^-20 of itself, so that what is within it is within the bound too.
type bounded uint64

const halfWord = 32

func pack(bound float64, n int) bounded {
	return bounded(math.Float64bits(bound)>>halfWord<<halfWord | uint64(n)) //nolint:gosec // not negative and below 2^32
}

func (p bounded) bound() float64 { return math.Float64frombits(uint64(p) >> halfWord << halfWord) }

func (p bounded) number() int { return int(p & (1<<halfWord - 1)) }

// newTable computes the skips beside a reference for points whose |dc| is at most the bound: jets where the bound has room for them. With deep
// they are kept in wide numbers too.
func newTable(r *Reference, bound wide.Real, deep bool) *table {
	t := &table{elements: make([]element, r.Len()+1), small: r.Small}
	sizes := make([]int32, r.Len())
	for n, z := range r.elements() {
		t.elements[n] = element{re: r.Re[n], im: r.Im[n]}
		if n < r.Len() {
			sizes[n] = magnitude(z)
		}
	}
	starts := boundaries(sizes)
	t.packed, t.skips = make([]packedSkip, 1), make([]skip, 1) // number 0 is that of no skip
	if bound.Exp >= leastMixed {
		t.mixed = make([]packedMixed, 1)
		size := bound.Float64()
		levels := levelsOf(r, starts, oneJet, func(l *jet, s jet) { l.join(&s, size) })
		t.core = levels[len(levels)-1][0].skip()
		lay(levels, starts, t.addJet)
	} else {
		levels := levelsOf(r, starts, one, func(l *skip, s skip) { l.join(s, bound) })
		t.core = levels[len(levels)-1][0]
		lay(levels, starts, func(s *skip, start int, first bool) bool { return t.add(s, start, first, bound, deep) })
	}
	t.packed = append(t.packed, make([]packedSkip, spareSkips)...)
	return t
}

// levelsOf computes the skips of all levels, given the skip of a single step, and how another is joined to one.
func levelsOf[S any](r *Reference, starts [][]int32, one func(z wide.Complex) S, join func(l *S, s S)) [][]S {
	levels := make([][]S, len(starts))
	for level := range starts {
		if level == 0 {
			levels[0] = lowest(r, starts[0], one, join)
		} else {
			levels[level] = merge(levels[level-1], starts[level-1], starts[level], join)
		}
	}
	return levels
}

// lowest computes the skips of the lowest level, step by step.
func lowest[S any](r *Reference, starts []int32, one func(z wide.Complex) S, join func(l *S, s S)) []S {
	list := make([]S, 0, len(starts))
	for n, z := range r.elements() {
		switch {
		case n == r.Len(): // where the last skip ends
		case len(list) < len(starts) && int(starts[len(list)]) == n:
			list = append(list, one(z))
		default:
			join(&list[len(list)-1], one(z))
		}
	}
	return list
}

// merge computes the skips of a level from those of the level below. That takes a few joints for each entry instead of one
// for each step: the whole table costs little more than its lowest level.
func merge[S any](below []S, from, starts []int32, join func(l *S, s S)) []S {
	list := make([]S, 0, len(starts))
	for i, s := range below {
		if len(list) < len(starts) && starts[len(list)] == from[i] {
			list = append(list, s)
			continue
		}
		join(&list[len(list)-1], s)
	}
	return list
}

// lay puts the skips of all levels side by side, in the order of the elements where they begin, and the shortest first. An
// entry that a level leaves as it is lies there once for each: that is rare, and a search passes it with the rest. Adding one tells whether it is
// of more than a single step.
func lay[S any](levels [][]S, starts [][]int32, add func(s *S, start int, first bool) bool) {
	next := make([]int, len(levels))
	for _, start := range starts[0] {
		first := true
		for level, skips := range levels {
			i := next[level]
			if i >= len(skips) || starts[level][i] != start {
				break
			}
			next[level]++
			if add(&skips[i], int(start), first) {
				first = false
			}
		}
	}
}

// spareSkips follow the last, because the assembly looks at some at a time.
const spareSkips = 4

// add appends a skip that begins at an element. Single steps need none.
func (t *table) add(s *skip, start int, first bool, bound wide.Real, deep bool) bool {
	if s.length == 1 {
		return false
	}
	within := s.double(bound)
	t.chain(within, start, first)
	if deep && !first {
		t.skips[len(t.skips)-1].more = true
	}
	t.packed = append(t.packed, s.pack(within))
	if deep {
		t.skips = append(t.skips, *s)
	}
	return true
}

// addJet is add for a jet.
func (t *table) addJet(j *jet, start int, first bool) bool {
	if j.length == 1 {
		return false
	}
	t.chain(j.double(), start, first)
	s, m := j.pack()
	t.packed, t.mixed = append(t.packed, s), append(t.mixed, m)
	return true
}

// chain puts the bound of the skip that is appended next to where it is looked for: at its element, or at the shorter skip that begins there.
func (t *table) chain(within float64, start int, first bool) {
	if first {
		t.elements[start].first = pack(within, len(t.packed))
		return
	}
	last := &t.packed[len(t.packed)-1]
	last.next = pack(within, last.next.number())
}

// Differences in double precision are above 2^leastDifference, so that w is above the square of that and no square of a
// difference underflows.
const leastDifference = -400

// The exponents of coefficients, and of dc, in double precision are in this range: products of coefficients with w, which is
// below the squared escape radius, stay below 2^1023, and a dc of 2^-900 has all its bits above 2^-1022.
const (
	greatestCoefficient = 900
	leastOffset         = -900
)

// pack returns the skip in double precision, with the bound that double gave.
func (s *skip) pack(within float64) packedSkip {
	p := packedSkip{next: pack(0, s.length)}
	if within == 0 {
		return p
	}
	p.aRe, p.aIm = s.a.Float64()
	p.bRe, p.bIm = s.b.Float64()
	p.cRe, p.cIm = s.c.Float64()
	return p
}

// double returns the bound on the larger of |Re w| and |Im w|, or 0 if the skip cannot be made in double precision. Where
// dc itself is out of range it has to be negligible: c*dc beside the least a*w, by 2^-60.
//
// The larger part of w is what is compared because it takes no root and no square; |w| is at most sqrt(2) of it.
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
