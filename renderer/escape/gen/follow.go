package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// pointGroup is a vector of points on their way.
type pointGroup struct {
	dRe, dIm, m, n               reg.VecVirtual
	zRe, zIm, within, skip       reg.VecVirtual // of element m
	wRe, wIm, sRe, sIm           reg.VecVirtual
	k                            reg.OpmaskVirtual
	next                         reg.VecVirtual // of the link: its last word
	aRe, aIm, bRe, bIm, cRe, cIm reg.VecVirtual
}

// follower makes the functions of package deep.
type follower struct {
	*machine
	traced          bool // slopes are followed too
	apart           bool // c is so near to the reference's that the difference counts for nothing
	lanes           reg.Register
	elements, skips reg.Register
	all             reg.OpmaskVirtual
	zeros           reg.VecVirtual
	groups          [laneCount / 8]pointGroup
}

// follow moves points on until enough of them have an outcome or they have made so many moves. It is follow of package
// deep, see there.
func (m *machine) follow(traced, apart bool) {
	c := m.c
	name := "follow"
	if traced {
		name = "trace"
	}
	if apart {
		name += "Apart"
	}
	name += "AVX512"
	m.functionOf("deep", []string{"lanes"}, name, "func(l *lanes, moves int)", name+" moves the points of all lanes on, see lanes.")
	f := &follower{machine: m, traced: traced, apart: apart, lanes: c.Load(c.Param("l"), c.GP64())}
	moves := c.Load(c.Param("moves"), c.GP64())
	f.elements, f.skips = c.GP64(), c.GP64()
	c.MOVQ(laneElements.of(f.lanes), f.elements)
	c.MOVQ(laneSkips.of(f.lanes), f.skips)
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
	left := c.GP64()
	c.POPCNTQ(laneActive.of(f.lanes), left)
	c.CMPQ(left, laneLeast.of(f.lanes))
	c.JG(operand.LabelRef("move"))
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

// active returns the lanes of a group that have a point without an outcome.
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
// need not wait for what was in it.
func (f *follower) gather(to reg.VecVirtual, base, index reg.Register, offset int, some reg.OpmaskVirtual) {
	k := f.c.K()
	f.c.VMOVAPD(f.zeros, to)
	if some == nil {
		some = f.all
	}
	f.c.KMOVB(some, k)
	f.c.VGATHERQPD(operand.Mem{Base: base, Index: index, Scale: elementSize, Disp: offset}, k, to)
}

// copyOf returns a copy of a vector.
func (f *follower) copyOf(v reg.VecVirtual) reg.VecVirtual {
	to := f.c.ZMM()
	f.c.VMOVAPD(v, to)
	return to
}

// product returns a*b of complex numbers, as fma(aRe, bRe, -(aIm*bIm)) and fma(aRe, bIm, aIm*bRe).
func (f *follower) product(aRe, aIm, bRe, bIm reg.VecVirtual) (re, im reg.VecVirtual) {
	c := f.c
	re, im = c.ZMM(), c.ZMM()
	c.VMULPD(aIm, bIm, re)
	c.VFMSUB231PD(aRe, bRe, re)
	c.VMULPD(aIm, bRe, im)
	c.VFMADD231PD(aRe, bIm, im)
	return re, im
}

// loadElement loads element m.
func (f *follower) loadElement(g *pointGroup) {
	f.gather(g.skip, f.elements, g.m, atFirst, nil)
	f.gather(g.zRe, f.elements, g.m, atRe, nil)
	f.gather(g.zIm, f.elements, g.m, atIm, nil)
	f.open(g)
}

// open takes the word that was loaded into link apart.
func (f *follower) open(g *pointGroup) {
	f.upper(g.skip, g.within)
	f.lower(g.skip, g.skip)
	f.c.VPSLLQ(operand.U8(3), g.skip, g.skip) // skipWords
}

// upper takes the upper half of words for a number, lower the lower half for an integer.
func (f *follower) upper(words, to reg.VecVirtual) {
	f.c.VPSRLQ(operand.U8(32), words, to)
	f.c.VPSLLQ(operand.U8(32), to, to)
}

func (f *follower) lower(words, to reg.VecVirtual) {
	f.c.VPSLLQ(operand.U8(32), words, to)
	f.c.VPSRLQ(operand.U8(32), to, to)
}

// loadSkip loads links.
func (f *follower) loadSkip(g *pointGroup) {
	f.gather(g.next, f.skips, g.skip, atNext, nil)
	for i, to := range []reg.VecVirtual{g.aRe, g.aIm, g.bRe, g.bIm} {
		f.gather(to, f.skips, g.skip, atA+i*elementSize, nil)
	}
	if f.apart && !f.traced {
		return
	}
	f.gather(g.cRe, f.skips, g.skip, atC, nil)
	f.gather(g.cIm, f.skips, g.skip, atC+elementSize, nil)
}

// firstStep computes w = d*(2*z + d), and which points can make more than one step. Links are loaded wanted or not: waiting for
// whether they are would take longer.
func (f *follower) firstStep(i int) {
	c, g := f.c, &f.groups[i]
	for _, v := range []*reg.VecVirtual{&g.next, &g.aRe, &g.aIm, &g.bRe, &g.bIm, &g.cRe, &g.cIm} {
		*v = c.ZMM()
	}
	f.loadSkip(g)
	g.sRe, g.sIm = c.ZMM(), c.ZMM()
	c.VADDPD(g.zRe, g.zRe, g.sRe)
	c.VADDPD(g.dRe, g.sRe, g.sRe)
	c.VADDPD(g.zIm, g.zIm, g.sIm)
	c.VADDPD(g.dIm, g.sIm, g.sIm)
	g.wRe, g.wIm = f.product(g.dRe, g.dIm, g.sRe, g.sIm)
	size := f.size(g)
	g.k = c.K()
	c.VCMPPD(operand.U8(less), g.within, size, g.k)
}

// size returns the larger of |Re w| and |Im w|.
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

// moveOn moves a group on: by a link where there is one, by a step otherwise.
func (f *follower) moveOn(i int) {
	c, g := f.c, &f.groups[i]
	label := func(name string) string { return fmt.Sprintf("%s%d", name, i) }
	if f.traced {
		f.turn(i)
	}
	first := f.copyOf(g.skip)
	f.lengthen(i, label)
	length := f.shorten(i, first, label)
	dRe, dIm := f.skip(i)
	// Those that make one step.
	if f.apart {
		c.VMOVAPD(g.wRe, g.dRe)
		c.VMOVAPD(g.wIm, g.dIm)
	} else {
		c.VADDPD(laneCRe.at(f.lanes, i), g.wRe, g.dRe)
		c.VADDPD(laneCIm.at(f.lanes, i), g.wIm, g.dIm)
	}
	f.replace(g.k, dRe, g.dRe)
	f.replace(g.k, dIm, g.dIm)
	steps := c.ZMM()
	f.broadcastWord(steps, 1)
	c.VMOVDQA64(length, g.k, steps)
	c.VPADDQ(steps, g.n, g.n)
	c.VPADDQ(steps, g.m, g.m) // elementWords times
	c.VPADDQ(steps, steps, steps)
	c.VPADDQ(steps, g.m, g.m)
}

func (f *follower) broadcastWord(to reg.VecVirtual, value uint64) {
	bits := f.c.GP64()
	f.c.MOVQ(operand.U64(value), bits)
	f.c.VPBROADCASTQ(bits, to)
}

// lengthen goes on to longer links of the same elements as far as they are valid, some at a time: whether one is valid is to
// be seen in the one before, and the last says that there is no longer one.
func (f *follower) lengthen(i int, label func(string) string) {
	c, g := f.c, &f.groups[i]
	const rungs = 4
	set, size := c.K(), f.size(g)
	bound := c.ZMM()
	f.upper(g.next, bound)
	c.VCMPPD(operand.U8(less), bound, size, g.k, set)
	c.KTESTB(set, set)
	c.JZ(operand.LabelRef(label("level")))
	words, ladder := c.ZMM(), make([]reg.VecVirtual, rungs)
	f.broadcastWord(words, skipWords)
	c.Label(label("lengthen"))
	for rung := range ladder {
		ladder[rung] = c.ZMM()
		f.gather(ladder[rung], f.skips, g.skip, atNext+(rung+1)*skipWords*elementSize, set)
	}
	for _, next := range ladder {
		c.VPADDQ(words, g.skip, set, g.skip)
		f.upper(next, next)
		c.VCMPPD(operand.U8(less), next, size, set, set)
	}
	c.KTESTB(set, set)
	c.JNZ(operand.LabelRef(label("lengthen")))
	f.loadSkip(g)
	c.Label(label("level"))
}

// shorten goes back to shorter links where a link leads beyond the limit, and takes those points out of the set for which
// all do. It returns the lengths of the links.
func (f *follower) shorten(i int, first reg.VecVirtual, label func(string) string) reg.VecVirtual {
	c, g := f.c, &f.groups[i]
	const greaterInt, equalInt = 6, 0
	length, reached, words := c.ZMM(), c.ZMM(), c.ZMM()
	over, last := c.K(), c.K()
	c.Label(label("shorten"))
	f.lower(g.next, length)
	c.VPADDQ(g.n, length, reached)
	c.VPCMPQ_BCST(operand.U8(greaterInt), laneLimit.of(f.lanes), reached, g.k, over)
	c.KTESTB(over, over)
	c.JZ(operand.LabelRef(label("shortened")))
	c.VPCMPQ(operand.U8(equalInt), first, g.skip, over, last)
	c.KANDNB(g.k, last, g.k)
	f.broadcastWord(words, ^uint64(skipWords-1))
	c.VPADDQ(words, g.skip, over, g.skip)
	c.VMOVDQA64(first, last, g.skip)
	f.loadSkip(g)
	c.JMP(operand.LabelRef(label("shorten")))
	c.Label(label("shortened"))
	return length
}

// skip returns d after the links: (a + b*w)*w + c*dc. It overwrites a.
func (f *follower) skip(i int) (dRe, dIm reg.VecVirtual) {
	c, g := f.c, &f.groups[i]
	hRe, hIm := g.aRe, g.aIm
	var aRe, aIm reg.VecVirtual
	if f.traced {
		aRe, aIm = f.copyOf(hRe), f.copyOf(hIm)
	}
	c.VFNMADD231PD(g.bIm, g.wIm, hRe)
	c.VFMADD231PD(g.bRe, g.wRe, hRe)
	c.VFMADD231PD(g.bIm, g.wRe, hIm)
	c.VFMADD231PD(g.bRe, g.wIm, hIm)
	if f.traced {
		f.slopeSkip(i, hRe, hIm, aRe, aIm, g.cRe, g.cIm)
	}
	if f.apart {
		return f.product(hRe, hIm, g.wRe, g.wIm)
	}
	pRe, pIm := f.load(laneCRe.at(f.lanes, i)), f.load(laneCIm.at(f.lanes, i))
	dRe, dIm = f.product(g.cRe, g.cIm, pRe, pIm)
	c.VFNMADD231PD(hIm, g.wIm, dRe)
	c.VFMADD231PD(hRe, g.wRe, dRe)
	c.VFMADD231PD(hIm, g.wRe, dIm)
	c.VFMADD231PD(hRe, g.wIm, dIm)
	return dRe, dIm
}

// turn multiplies the slope by 2*(z + d).
func (f *follower) turn(i int) {
	c, g := f.c, &f.groups[i]
	re, im := c.ZMM(), c.ZMM()
	c.VADDPD(g.dRe, g.sRe, re)
	c.VADDPD(g.dIm, g.sIm, im)
	slopeRe, slopeIm := f.load(laneSlopeRe.at(f.lanes, i)), f.load(laneSlopeIm.at(f.lanes, i))
	re, im = f.product(re, im, slopeRe, slopeIm)
	active := f.active(i)
	c.VMOVUPD(re, active, laneSlopeRe.at(f.lanes, i))
	c.VMOVUPD(im, active, laneSlopeIm.at(f.lanes, i))
}

// slopeSkip completes the slope of points that make links, and of the others of the group: it is multiplied by a + 2*b*w,
// and c steps are added.
func (f *follower) slopeSkip(i int, hRe, hIm, aRe, aIm, cRe, cIm reg.VecVirtual) {
	c, g := f.c, &f.groups[i]
	gRe, gIm := c.ZMM(), c.ZMM()
	c.VADDPD(hRe, hRe, gRe)
	c.VSUBPD(aRe, gRe, gRe)
	c.VADDPD(hIm, hIm, gIm)
	c.VSUBPD(aIm, gIm, gIm)
	slopeRe, slopeIm := f.load(laneSlopeRe.at(f.lanes, i)), f.load(laneSlopeIm.at(f.lanes, i))
	re, im := f.product(gRe, gIm, slopeRe, slopeIm)
	step := c.ZMM()
	c.VBROADCASTSD(laneStepSize.of(f.lanes), step)
	c.VFMADD231PD(cRe, step, re)
	c.VFMADD231PD(cIm, step, im)
	c.VADDPD(step, slopeRe, slopeRe)
	f.replace(g.k, re, slopeRe)
	f.replace(g.k, im, slopeIm)
	active := f.active(i)
	c.VMOVUPD(slopeRe, active, laneSlopeRe.at(f.lanes, i))
	c.VMOVUPD(slopeIm, active, laneSlopeIm.at(f.lanes, i))
}

// test finds whether points of a group have an outcome, and rebases.
func (f *follower) test(i int) {
	c, g := f.c, &f.groups[i]
	label := func(name string) string { return fmt.Sprintf("%s%d", name, i) }
	f.gather(g.skip, f.elements, g.m, atFirst, nil)
	f.gather(g.zRe, f.elements, g.m, atRe, nil)
	f.gather(g.zIm, f.elements, g.m, atIm, nil)
	zRe, zIm := c.ZMM(), c.ZMM()
	c.VADDPD(g.dRe, g.zRe, zRe)
	c.VADDPD(g.dIm, g.zIm, zIm)
	z2 := f.norm2(pointState{x: zRe, y: zIm})
	d2 := f.norm2(pointState{x: g.dRe, y: g.dIm})
	escapes, nearer, atEnd := c.K(), c.K(), c.K()
	c.VCMPPD_BCST(operand.U8(greater), laneRadius2.of(f.lanes), z2, escapes)
	c.VCMPPD(operand.U8(less), d2, z2, nearer)
	c.VPCMPEQQ_BCST(laneEnd.of(f.lanes), g.m, atEnd)
	c.KORB(nearer, atEnd, nearer)
	f.replace(nearer, zRe, g.dRe)
	f.replace(nearer, zIm, g.dIm)
	f.replace(nearer, z2, d2)
	f.replace(nearer, f.zeros, g.m)
	f.replace(nearer, f.zeros, g.zRe)
	f.replace(nearer, f.zeros, g.zIm)
	c.VPBROADCASTQ(operand.Mem{Base: f.elements, Disp: atFirst}, nearer, g.skip)
	f.open(g)

	stays, repeats, near := c.K(), c.K(), c.K()
	const notLess = 5
	c.VPCMPQ_BCST(operand.U8(notLess), laneLimit.of(f.lanes), g.n, stays)
	c.VCMPPD(operand.U8(equal), laneSavedRe.at(f.lanes, i), g.dRe, repeats)
	c.VCMPPD(operand.U8(equal), laneSavedIm.at(f.lanes, i), g.dIm, repeats, repeats)
	c.VPCMPEQQ(laneSavedM.at(f.lanes, i), g.m, repeats, repeats)
	c.KORB(repeats, stays, stays)
	c.VCMPPD_BCST(operand.U8(less), laneLeast2.of(f.lanes), d2, near)
	f.save(i, label)

	any, active := c.K(), f.active(i)
	c.KORB(escapes, stays, any)
	c.KORB(any, near, any)
	c.KTESTB(any, active)
	c.JZ(operand.LabelRef(label("tested")))
	f.end(i, []ending{{near, 3}, {stays, 2}, {escapes, 1}}, any, active)
	c.VMOVUPD(zRe, any, laneZRe.at(f.lanes, i))
	c.VMOVUPD(zIm, any, laneZIm.at(f.lanes, i))
	c.Label(label("tested"))
}

// ending is an outcome and the points that have it.
type ending struct {
	set     reg.OpmaskVirtual
	outcome uint64
}

// end writes what becomes of the points of a set, of which it leaves those that are active, and retires them. Later endings
// go before earlier ones.
func (f *follower) end(i int, endings []ending, set, active reg.OpmaskVirtual) {
	c, g := f.c, &f.groups[i]
	c.KANDB(active, set, set)
	outcome, value := c.ZMM(), c.ZMM()
	c.VMOVAPD(f.zeros, outcome)
	for _, e := range endings {
		f.broadcastWord(value, e.outcome)
		c.VMOVDQA64(value, e.set, outcome)
	}
	c.VMOVUPD(outcome, set, laneOutcome.at(f.lanes, i))
	c.VMOVUPD(g.dRe, set, laneDRe.at(f.lanes, i))
	c.VMOVUPD(g.dIm, set, laneDIm.at(f.lanes, i))
	c.VMOVUPD(g.n, set, laneN.at(f.lanes, i))
	c.VMOVUPD(g.m, set, laneM.at(f.lanes, i))
	c.KANDNB(active, set, active)
	c.KMOVB(active, f.activeBits(i))
}

// save counts moves and remembers the points for which it is time.
func (f *follower) save(i int, label func(string) string) {
	c, g := f.c, &f.groups[i]
	one, due := c.ZMM(), c.K()
	f.broadcastWord(one, 1)
	c.VPADDQ(laneMoves.at(f.lanes, i), one, one)
	active := f.active(i)
	c.VMOVUPD(one, active, laneMoves.at(f.lanes, i))
	c.VPCMPEQQ(laneSave.at(f.lanes, i), one, active, due)
	c.KTESTB(due, due)
	c.JZ(operand.LabelRef(label("saved")))
	c.VMOVUPD(g.dRe, due, laneSavedRe.at(f.lanes, i))
	c.VMOVUPD(g.dIm, due, laneSavedIm.at(f.lanes, i))
	c.VMOVUPD(g.m, due, laneSavedM.at(f.lanes, i))
	c.VPADDQ(one, one, one)
	c.VMOVUPD(one, due, laneSave.at(f.lanes, i))
	c.Label(label("saved"))
}
