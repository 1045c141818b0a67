package main

import (
	"math"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// pointGroup is a vector of points on their way. d, m and n stay in registers between moves, with what test has loaded of element m;
// the rest is of a move.
type pointGroup struct {
	dRe, dIm, m, n               reg.VecVirtual
	zRe, zIm, within, skip       reg.VecVirtual // of element m
	wRe, wIm, sRe, sIm           reg.VecVirtual
	k, moved                     reg.OpmaskVirtual
	next                         reg.VecVirtual // of the skip: its last word
	aRe, aIm, bRe, bIm, cRe, cIm reg.VecVirtual
}

// complexGroup is a vector of complex numbers.
type complexGroup struct{ re, im reg.VecVirtual }

// follower makes the functions of package deep.
type follower struct {
	*machine
	traced          bool // slopes are followed too
	apart           bool // c is so near to the reference's that the difference counts for nothing
	mixed           bool // skips are jets
	lanes           reg.Register
	elements, skips reg.Register
	jets            reg.Register // what jets have besides
	all             reg.OpmaskVirtual
	zeros           reg.VecVirtual
	groups          [laneCount / 8]pointGroup
}

// follow moves points on until enough of them have an outcome or they have made so many moves. It is follow of package
// deep, see there.
//
// The two groups of a move are independent, so that the processor works on one while the other's gathers are on their way.
// Lanes without a point move too, beside whatever element they are at, and nothing of them is kept: masks of those that are
// active guard every store. They stay within the table, since skips and steps end at its end and rebasing begins anew.
func (m *machine) follow(traced, apart, mixed bool) {
	c := m.c
	name := "follow"
	if traced {
		name = "trace"
	}
	if apart {
		name += "Apart"
	}
	if mixed {
		name += "Jets"
	}
	name += "AVX512"
	m.functionOf("deep", []string{"lanes"}, name, "func(l *lanes, moves int)", name+" moves the points of all lanes on, see lanes.")
	f := &follower{machine: m, traced: traced, apart: apart, mixed: mixed, lanes: c.Load(c.Param("l"), c.GP64())}
	moves := c.Load(c.Param("moves"), c.GP64())
	f.elements, f.skips = c.GP64(), c.GP64()
	c.MOVQ(laneElements.of(f.lanes), f.elements)
	c.MOVQ(laneSkips.of(f.lanes), f.skips)
	if f.mixed {
		f.jets = c.GP64()
		c.MOVQ(laneMixed.of(f.lanes), f.jets)
	}
	// Masks of all lanes and zeros for gathers, made once.
	f.all = c.K()
	c.KXNORB(f.all, f.all, f.all)
	f.zeros = f.zero()
	for i := range f.groups {
		g := &f.groups[i]
		g.dRe, g.dIm = m.load(laneDRe.at(f.lanes, i)), m.load(laneDIm.at(f.lanes, i))
		g.m, g.n = m.load(laneM.at(f.lanes, i)), m.load(laneN.at(f.lanes, i))
		g.zRe, g.zIm, g.within, g.skip = c.ZMM(), c.ZMM(), c.ZMM(), c.ZMM()
		f.loadElement(g)
	}
	c.Label("move")
	for i := range f.groups {
		f.firstStep(i)
		f.moveOn(i)
		f.test(i)
	}
	c.DECQ(moves)
	c.JZ(operand.LabelRef("done"))
	// Lanes that are done make moves for nothing: with enough of them the caller puts others in (lanes.go of package deep).
	left := c.GP64()
	c.POPCNTQ(laneActive.of(f.lanes), left)
	c.CMPQ(left, laneLeast.of(f.lanes))
	c.JG(operand.LabelRef("move"))
	// Points that have an outcome were stored when they had it; the others go on from here at the next call.
	c.Label("done")
	for i, g := range f.groups {
		active := f.active(i)
		c.VMOVUPD(g.dRe, active, laneDRe.at(f.lanes, i))
		c.VMOVUPD(g.dIm, active, laneDIm.at(f.lanes, i))
		c.VMOVUPD(g.n, active, laneN.at(f.lanes, i))
		c.VMOVUPD(g.m, active, laneM.at(f.lanes, i))
	}
	m.finish()
}

// active returns the lanes of a group that have a point without an outcome. The set is in memory: mask registers are few, and Go
// reads it between calls.
func (f *follower) active(i int) reg.OpmaskVirtual {
	k := f.c.K()
	f.c.KMOVB(f.activeBits(i), k)
	return k
}

func (f *follower) activeBits(i int) operand.Mem {
	mem := laneActive.of(f.lanes)
	mem.Disp += i
	return mem
}

// gather loads the words at base + 8*index + offset, of some lanes or of all. It clears the register, so that the processor
// need not wait for what was in it. A gather uses its mask up, hence the copy.
func (f *follower) gather(to reg.VecVirtual, base, index reg.Register, offset int, some reg.OpmaskVirtual) {
	k := f.c.K()
	f.c.VMOVAPD(f.zeros, to)
	if some == nil {
		some = f.all
	}
	f.c.KMOVB(some, k)
	f.c.VGATHERQPD(operand.Mem{Base: base, Index: index, Scale: elementSize, Disp: offset}, k, to)
}

// copyOf returns a copy of a vector that is about to be overwritten.
func (f *follower) copyOf(v reg.VecVirtual) reg.VecVirtual {
	to := f.c.ZMM()
	f.c.VMOVAPD(v, to)
	return to
}

// product returns a*b of complex numbers, as fma(aRe, bRe, -(aIm*bIm)) and fma(aRe, bIm, aIm*bRe): that of packetmove.go in package
// deep, and of every product of a point there.
func (f *follower) product(aRe, aIm, bRe, bIm reg.VecVirtual) (re, im reg.VecVirtual) {
	c := f.c
	re, im = c.ZMM(), c.ZMM()
	c.VMULPD(aIm, bIm, re)
	c.VFMSUB231PD(aRe, bRe, re)
	c.VMULPD(aIm, bRe, im)
	c.VFMADD231PD(aRe, bIm, im)
	return re, im
}

// addTimes adds a*b to sums, as multiplyAdd of package deep does it. The parts of b are registers or memory.
func (f *follower) addTimes(bRe, bIm operand.Op, a, sum complexGroup) {
	c := f.c
	c.VFNMADD231PD(bIm, a.im, sum.re)
	c.VFMADD231PD(bRe, a.re, sum.re)
	c.VFMADD231PD(bRe, a.im, sum.im)
	c.VFMADD231PD(bIm, a.re, sum.im)
}

// addTimesC adds a*dc to sums.
func (f *follower) addTimesC(i int, a, sum complexGroup) {
	f.addTimes(laneCRe.at(f.lanes, i), laneCIm.at(f.lanes, i), a, sum)
}

// addTimesW adds a*w to sums.
func (f *follower) addTimesW(i int, a, sum complexGroup) {
	f.addTimes(f.groups[i].wRe, f.groups[i].wIm, a, sum)
}

// loadElement loads element m, before the first move. After a move test does.
func (f *follower) loadElement(g *pointGroup) {
	f.gather(g.skip, f.elements, g.m, atFirst, nil)
	f.gather(g.zRe, f.elements, g.m, atRe, nil)
	f.gather(g.zIm, f.elements, g.m, atIm, nil)
	f.open(g)
}

// open takes the word that was loaded into skip apart: the bound, and the skip's number, which becomes an index in words.
func (f *follower) open(g *pointGroup) {
	f.upper(g.skip, g.within)
	f.lower(g.skip, g.skip)
	f.c.VPSLLQ(operand.U8(3), g.skip, g.skip) // skipWords
}

// upper takes the upper half of words for a number, lower the lower half for an integer. Two shifts need no constant in a register.
func (f *follower) upper(words, to reg.VecVirtual) {
	f.c.VPSRLQ(operand.U8(32), words, to) // a float64 without its lower half
	f.c.VPSLLQ(operand.U8(32), to, to)
}

func (f *follower) lower(words, to reg.VecVirtual) {
	f.c.VPSLLQ(operand.U8(32), words, to) // the upper half falls out
	f.c.VPSRLQ(operand.U8(32), to, to)
}

// loadSkip loads skips, all in one line of the cache each. Where dc counts for nothing c is that of slopes alone. Of jets, which are more than
// registers have room for, the terms are loaded when they are needed.
func (f *follower) loadSkip(g *pointGroup) {
	f.gather(g.next, f.skips, g.skip, atNext, nil)
	if f.mixed {
		return
	}
	for i, to := range []reg.VecVirtual{g.aRe, g.aIm, g.bRe, g.bIm} {
		f.gather(to, f.skips, g.skip, atA+i*elementSize, nil)
	}
	if f.apart && !f.traced {
		return
	}
	f.gather(g.cRe, f.skips, g.skip, atC, nil)
	f.gather(g.cIm, f.skips, g.skip, atC+elementSize, nil)
}

// firstStep computes w = d*(2*z + d), and which points can make more than one step: those whose w is within the bound of the
// shortest skip of their element.
func (f *follower) firstStep(i int) {
	c, g := f.c, &f.groups[i]
	g.sRe, g.sIm = c.ZMM(), c.ZMM()
	c.VADDPD(g.zRe, g.zRe, g.sRe) // 2*z + d
	c.VADDPD(g.dRe, g.sRe, g.sRe)
	c.VADDPD(g.zIm, g.zIm, g.sIm) // 2*z + d
	c.VADDPD(g.dIm, g.sIm, g.sIm)
	g.wRe, g.wIm = f.product(g.dRe, g.dIm, g.sRe, g.sIm)
	size := f.size(g)
	g.k = c.K()
	c.VCMPPD(operand.U8(less), g.within, size, g.k)
}

// size returns the larger of |Re w| and |Im w|. It is computed again where it is needed again: that is cheaper than a register.
func (f *follower) size(g *pointGroup) reg.VecVirtual {
	c := f.c
	size, other, bits := c.ZMM(), c.ZMM(), c.GP64()
	c.MOVQ(operand.U64(math.MaxInt64), bits)
	c.VPBROADCASTQ(bits, size)
	c.VPANDQ(g.wIm, size, other)
	c.VPANDQ(g.wRe, size, size)
	c.VMAXPD(other, size, size)
	return size
}
