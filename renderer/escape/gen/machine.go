package main

import (
	"go/token"
	"go/types"
	"math"
	"math/bits"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/gotypes"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// machine is an instruction set: AVX-512, whose masks are registers of their own, or AVX2, whose masks are vectors. Its methods
// are the vocabulary that the functions are written in; where the two differ, they differ in here.
type machine struct {
	c        *build.Context
	wide     bool
	lanes    int
	group    int            // vectors that iterate side by side in a block
	half     int            // the same where less is left
	starters int            // vectors that begin side by side
	refiners int            // vectors that refine side by side
	tracers  int            // vectors that are traced side by side
	watchers int            // vectors that iterate side by side while their slopes are watched
	pack     operand.Mem    // AVX2: for each mask the permutation that moves its lanes to the front
	sign     reg.VecVirtual // the sign bits, for the ship
}

// mask is a set of lanes: a mask register, or a vector of integers that are 0 or -1.
type mask = reg.Register

// Comparison predicates of VCMPPD. All are false for NaN.
const (
	equal        = 0x00 // EQ_OQ
	lessOrEqual  = 0x12 // LE_OQ
	greaterEqual = 0x1d // GE_OQ
	less         = 0x11 // LT_OQ
	greater      = 0x1e // GT_OQ
)

func newMachine(c *build.Context, wide bool) *machine {
	m := &machine{c: c, wide: wide, lanes: 8, watchers: 4}
	if wide {
		return m
	}
	m.lanes, m.watchers = 4, 2
	// AVX2 has no instruction that packs the lanes of a set: a permutation of 4-byte halves for each of the 16 sets does it.
	m.pack = c.StaticGlobal("pack")
	c.DataAttributes(attr.RODATA | attr.NOPTR)
	for set := range 1 << m.lanes {
		offset := set * maxPermutationSize
		for rest := uint(set); rest != 0; rest &= rest - 1 {
			lane := uint32(bits.TrailingZeros(rest)) //nolint:gosec // below 4
			c.AddDatum(offset, operand.U32(2*lane))
			c.AddDatum(offset+4, operand.U32(2*lane+1))
			offset += elementSize
		}
		for ; offset < (set+1)*maxPermutationSize; offset += elementSize {
			c.AddDatum(offset, operand.U64(0))
		}
	}
	return m
}

// fit chooses how many vectors move side by side: as many as there are registers for, or as keep the multipliers busy. z takes two
// registers, a step of z^2 two for a moment, higher powers four to six, and derivatives two more, or four where the map is not
// analytic. Figures were found by measuring; one more does not assemble, or is no faster.
func (m *machine) fit(f formula) {
	switch {
	case m.wide:
		m.group, m.half, m.starters, m.refiners, m.tracers = 8, 4, 4, 4, 2
	case f.power() > 2:
		m.group, m.half, m.starters, m.refiners, m.tracers = 4, 2, 1, 1, 1
	default:
		m.group, m.half, m.starters, m.refiners, m.tracers = 6, 4, 2, 2, 1
	}
	if f == quadratic {
		m.tracers *= 2
	}
}

// name adds the instruction set's name to that of a function, and the map's: every combination is a function of its own, so that no
// step of a loop asks what it is to do.
func (m *machine) name(function string, f formula) string {
	if m.wide {
		return function + string(f) + "AVX512"
	}
	return function + string(f) + "AVX2"
}

// function starts a function on a field.
func (m *machine) function(name, signature, comment string) {
	m.functionOf("escape", []string{"field", "tracer"}, name, signature, comment)
}

// functionOf starts a function of a package that has types of the given names. It needs no stack: arguments are read where the
// caller has put them, and everything else is in registers. The pragma tells the compiler that pointers stay with the caller,
// so that what they point to may lie on its stack.
func (m *machine) functionOf(pkg string, types []string, name, signature, comment string) {
	m.c.Function(name)
	m.c.Attributes(attr.NOSPLIT)
	parsed, err := gotypes.ParseSignatureInPackage(packageOf(pkg, types), signature)
	if err != nil {
		panic("gen: a signature of its own: " + err.Error())
	}
	m.c.Signature(parsed)
	m.c.Doc(comment)
	m.c.Pragma("noescape")
}

// packageOf stands for a package: it knows the names of types, which is all that signatures need. The real one cannot be loaded
// from here: it is another module's, and its stubs are what is being made.
func packageOf(name string, names []string) *types.Package {
	p := types.NewPackage(name, name)
	for _, typ := range names {
		object := types.NewTypeName(token.NoPos, p, typ, nil)
		types.NewNamed(object, types.NewStruct(nil, nil), nil)
		p.Scope().Insert(object)
	}
	return p
}

// finish ends a function. Code without vectors pays for the upper halves of registers until they are cleared, and the caller is such code.
func (m *machine) finish() {
	m.c.VZEROUPPER()
	m.c.RET()
}

func (m *machine) vector() reg.VecVirtual {
	if m.wide {
		return m.c.ZMM()
	}
	return m.c.YMM()
}

// load returns an array's elements in a register. Arrays of Go need not begin at a multiple of a vector, hence the unaligned move,
// which costs nothing where they do.
func (m *machine) load(from operand.Mem) reg.VecVirtual {
	v := m.vector()
	m.c.VMOVUPD(from, v)
	return v
}

// broadcast returns a vector of equal elements.
func (m *machine) broadcast(from operand.Mem) reg.VecVirtual {
	v := m.vector()
	m.c.VBROADCASTSD(from, v)
	return v
}

// constant returns a vector of equal numbers, by way of a register: there is no data beside the code to keep in the cache.
func (m *machine) constant(value float64) reg.VecVirtual {
	return m.constantBits(math.Float64bits(value))
}

func (m *machine) constantBits(value uint64) reg.VecVirtual {
	r, low, v := m.c.GP64(), m.c.XMM(), m.vector()
	m.c.MOVQ(operand.U64(value), r)
	m.c.VMOVQ(r, low)
	m.c.VPBROADCASTQ(low, v)
	return v
}

// splat returns a vector of an integer that is known at run time only.
func (m *machine) splat(value reg.Register) reg.VecVirtual {
	low, v := m.c.XMM(), m.vector()
	m.c.VMOVQ(value, low)
	m.c.VPBROADCASTQ(low, v)
	return v
}

// positive returns the lanes whose integer is above 0. In AVX2 the comparison overwrites the zero with the mask.
func (m *machine) positive(v reg.VecVirtual) mask {
	zero := m.zero()
	if m.wide {
		k := m.c.K()
		m.c.VPCMPGTQ(zero, v, k)
		return k
	}
	m.c.VPCMPGTQ(zero, v, zero)
	return zero
}

// countDown takes 1 off the integers of the lanes of a set: in AVX2 a lane of a mask is -1 already.
func (m *machine) countDown(set mask, v reg.VecVirtual) {
	if m.wide {
		one := m.constantBits(1)
		m.c.VPSUBQ(one, v, set, v)
		return
	}
	m.c.VPADDQ(set, v, v)
}

// zero returns a vector of zeros. Processors know x xor x, and take no time for it.
func (m *machine) zero() reg.VecVirtual {
	v := m.vector()
	if m.wide {
		m.c.VPXORQ(v, v, v)
	} else {
		m.c.VPXOR(v, v, v)
	}
	return v
}

// matchSign gives a product's first factor the sign of the second, so that the product is that of the magnitudes: |2x|*|y|
// by one operation on bits, in AVX2 three, on one factor instead of both. It is math.Copysign.
func (m *machine) matchSign(first, second reg.VecVirtual) {
	if m.wide {
		const secondWhereSign = 0xd8 // of the three inputs: sign ? second : first
		m.c.VPTERNLOGQ(operand.U8(secondWhereSign), m.sign, second, first)
		return
	}
	m.c.VANDNPD(first, m.sign, first) // the magnitude
	bit := m.c.YMM()
	m.c.VANDPD(second, m.sign, bit) // the sign
	m.c.VORPD(bit, first, first)
}

// compare returns the lanes where a, predicate, b. The predicates are quiet and false for NaN: a point that has overflowed is not
// inside.
func (m *machine) compare(predicate uint8, a, b reg.VecVirtual) mask {
	if m.wide {
		k := m.c.K()
		m.c.VCMPPD(operand.U8(predicate), b, a, k)
		return k
	}
	v := m.c.YMM()
	m.c.VCMPPD(operand.U8(predicate), b, a, v)
	return v
}

// among keeps of a set the lanes where a, predicate, b: a comparison and an intersection, in AVX-512 by one instruction.
func (m *machine) among(set mask, predicate uint8, a, b reg.VecVirtual) {
	if m.wide {
		m.c.VCMPPD(operand.U8(predicate), b, a, set, set)
		return
	}
	v := m.c.YMM()
	m.c.VCMPPD(operand.U8(predicate), b, a, v)
	m.c.VANDPD(v, set, set)
}

// without removes lanes from a set. Both instructions complement the operand that is last but one.
func (m *machine) without(set, lanes mask) {
	if m.wide {
		m.c.KANDNB(set, lanes, set)
	} else {
		m.c.VANDNPD(set, lanes, set)
	}
}

// union adds lanes to a set.
func (m *machine) union(set, lanes mask) {
	if m.wide {
		m.c.KORB(lanes, set, set)
	} else {
		m.c.VORPD(lanes, set, set)
	}
}

// intersect keeps the lanes of a set that are in another. Vectors of masks are as good as numbers for the instructions on bits.
func (m *machine) intersect(set, lanes mask) {
	if m.wide {
		m.c.KANDB(lanes, set, set)
	} else {
		m.c.VANDPD(lanes, set, set)
	}
}

// everything returns the set of all lanes, without a constant: a register is equal to itself in every lane.
func (m *machine) everything() mask {
	if m.wide {
		k := m.c.K()
		m.c.KXNORB(k, k, k)
		return k
	}
	v := m.c.YMM()
	m.c.VPCMPEQQ(v, v, v)
	return v
}

// nothing returns the empty set.
func (m *machine) nothing() mask {
	if m.wide {
		k := m.c.K()
		m.c.KXORB(k, k, k)
		return k
	}
	return m.zero()
}

// bits returns the set as an integer, lane 0 lowest. It is the way from masks to branches and to sizes.
func (m *machine) bits(set mask) reg.GPVirtual {
	r := m.c.GP32()
	if m.wide {
		m.c.KMOVB(set, r)
	} else {
		m.c.VMOVMSKPD(set, r)
	}
	return r
}

// replace overwrites the lanes of a set. VBLENDVPD looks at the sign bit alone, which in a mask is as good as any.
func (m *machine) replace(set mask, from, to reg.VecVirtual) {
	if m.wide {
		m.c.VMOVAPD(from, set, to)
	} else {
		m.c.VBLENDVPD(set, from, to, to)
	}
}

// maximum raises the lanes of a set to those of another vector. In AVX2 lanes that are not of the set become 0, which raises nothing:
// the numbers are squares.
func (m *machine) maximum(set mask, from, to reg.VecVirtual) {
	if m.wide {
		m.c.VMAXPD(from, to, set, to)
		return
	}
	v := m.c.YMM()
	m.c.VANDPD(from, set, v)
	m.c.VMAXPD(v, to, to)
}

// count adds an integer to the lanes of a set. In AVX2 a lane of a mask is the integer -1, which serves where the
// addend is 1; others are cut to the lanes first.
func (m *machine) count(set mask, addend, to reg.VecVirtual) {
	if m.wide {
		m.c.VPADDQ(addend, to, set, to)
		return
	}
	v := m.c.YMM()
	m.c.VPAND(set, addend, v)
	m.c.VPADDQ(v, to, to)
}

// selector prepares for moving the lanes of a set to the front: AVX-512 needs the set, AVX2 its permutation.
func (m *machine) selector(set mask, bits reg.GPVirtual) mask {
	if m.wide {
		return set
	}
	at, table := m.c.GP64(), m.c.GP64()
	m.c.MOVL(bits, at.As32())
	m.c.SHLQ(operand.U8(5), at) // maxPermutationSize bytes each
	m.c.LEAQ(m.pack, table)
	permutation := m.c.YMM()
	m.c.VMOVDQU(operand.Mem{Base: table, Index: at, Scale: 1}, permutation)
	return permutation
}

// append stores the selected lanes of v side by side. It overwrites a whole vector's room: what it leaves behind the lanes is
// overwritten by the next, or lies behind the last point (field, idle). A compressing store to memory writes only the lanes, and
// takes many times as long on some processors.
func (m *machine) append(selector mask, v reg.VecVirtual, to operand.Mem) {
	packed := m.vector()
	if m.wide {
		m.c.VCOMPRESSPD_Z(v, selector, packed)
	} else {
		m.c.VPERMPS(v, selector, packed)
	}
	m.c.VMOVUPD(packed, to)
}

// size returns the number of lanes of a set, by how much the next append is further on.
func (m *machine) size(bits reg.GPVirtual) reg.GPVirtual {
	r := m.c.GP32()
	m.c.POPCNTL(bits, r)
	return r.As64().(reg.GPVirtual) //nolint:forcetypeassert // a view of the same register
}
