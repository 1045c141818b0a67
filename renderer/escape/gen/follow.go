package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The layout of the lanes of package deep: arrays of laneCount elements of 8 bytes, in the order of the Go declaration, and
// the words behind them.
const laneCount = 16

type laneArray int

const (
	laneDRe laneArray = iota
	laneDIm
	laneCRe
	laneCIm
	laneM
	laneN
	laneSavedRe
	laneSavedIm
	laneSavedM
	laneMoves
	laneSave
	laneZRe
	laneZIm
	laneSlopeRe
	laneSlopeIm
	laneOutcome
	laneArrays
)

type laneWord int

const (
	laneElements laneWord = iota
	laneLinks
	laneEnd
	laneLimit
	laneRadius2
	laneLeast2
	laneStepSize
	laneActive
)

func (a laneArray) at(lanes reg.Register, group int) operand.Mem {
	return operand.Mem{Base: lanes, Disp: (int(a)*laneCount + group*8) * elementSize}
}

func (w laneWord) of(lanes reg.Register) operand.Mem {
	return operand.Mem{Base: lanes, Disp: (int(laneArrays)*laneCount + int(w)) * elementSize}
}

// The layout of an element and of a link. Indices are in units of 8 bytes: one of an element is four times its number, one
// of a link eight times.
const (
	elementWords = 4
	linkWords    = 8
	atRe         = 0
	atIm         = 8
	atWithin     = 16
	atLink       = 24
	atA          = 0
	atB          = 16
	atC          = 32
	atLonger     = 48
	atLength     = 56
)

// walkGroup is a vector of points on their way.
type walkGroup struct {
	dRe, dIm, m, n               reg.VecVirtual
	zRe, zIm, within, link       reg.VecVirtual // of element m
	wRe, wIm, sRe, sIm           reg.VecVirtual
	k                            reg.OpmaskVirtual
	info, longer                 reg.VecVirtual // of the link
	aRe, aIm, bRe, bIm, cRe, cIm reg.VecVirtual
}

// follower makes the functions of package deep.
type follower struct {
	*machine
	traced          bool
	lanes           reg.Register
	elements, links reg.Register
	all             reg.OpmaskVirtual
	zeros           reg.VecVirtual
	groups          [laneCount / 8]walkGroup
}

// follow moves points on until one of them has an outcome or they have made so many moves. It is follow of package deep,
// see there.
func (m *machine) follow(traced bool) {
	c := m.c
	name := "followAVX512"
	if traced {
		name = "traceAVX512"
	}
	m.functionOf("deep", []string{"lanes"}, name, "func(l *lanes, moves int)", name+" moves the points of all lanes on, see lanes.")
	f := &follower{machine: m, traced: traced, lanes: c.Load(c.Param("l"), c.GP64())}
	moves := c.Load(c.Param("moves"), c.GP64())
	f.elements, f.links = c.GP64(), c.GP64()
	c.MOVQ(laneElements.of(f.lanes), f.elements)
	c.MOVQ(laneLinks.of(f.lanes), f.links)
	f.all = c.K()
	c.KXNORB(f.all, f.all, f.all)
	f.zeros = f.zero()
	for i := range f.groups {
		g := &f.groups[i]
		g.dRe, g.dIm = m.load(laneDRe.at(f.lanes, i)), m.load(laneDIm.at(f.lanes, i))
		g.n = m.load(laneN.at(f.lanes, i))
		g.m = m.load(laneM.at(f.lanes, i))
		c.VPSLLQ(operand.U8(2), g.m, g.m)
		g.zRe, g.zIm, g.within, g.link = c.ZMM(), c.ZMM(), c.ZMM(), c.ZMM()
		f.loadElement(g)
	}
	c.Label("move")
	ended := c.GP64()
	c.XORQ(ended, ended)
	for i := range f.groups {
		f.aim(i)
		f.leap(i)
		f.judge(i, ended)
	}
	c.TESTQ(ended, ended)
	c.JNZ(operand.LabelRef("done"))
	c.DECQ(moves)
	c.JNZ(operand.LabelRef("move"))
	c.Label("done")
	for i, g := range f.groups {
		c.VMOVUPD(g.dRe, laneDRe.at(f.lanes, i))
		c.VMOVUPD(g.dIm, laneDIm.at(f.lanes, i))
		c.VMOVUPD(g.n, laneN.at(f.lanes, i))
		c.VPSRLQ(operand.U8(2), g.m, g.m)
		c.VMOVUPD(g.m, laneM.at(f.lanes, i))
	}
	m.finish()
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
func (f *follower) loadElement(g *walkGroup) {
	f.gather(g.zRe, f.elements, g.m, atRe, nil)
	f.gather(g.zIm, f.elements, g.m, atIm, nil)
	f.gather(g.link, f.elements, g.m, atLink, nil)
	f.c.VPSLLQ(operand.U8(3), g.link, g.link)
	f.gather(g.within, f.elements, g.m, atWithin, nil)
}

// loadLink loads the link of each element, wanted or not: waiting for whether it is would take longer.
func (f *follower) loadLink(g *walkGroup, link reg.VecVirtual) {
	at := func(offset int) reg.VecVirtual {
		v := f.c.ZMM()
		f.gather(v, f.links, link, offset, nil)
		return v
	}
	g.aRe, g.aIm = at(atA), at(atA+8)
	g.bRe, g.bIm = at(atB), at(atB+8)
	g.cRe, g.cIm = at(atC), at(atC+8)
}

// aim computes w = d*(2*z + d), and which points can make more than one step.
func (f *follower) aim(i int) {
	c, g := f.c, &f.groups[i]
	g.info, g.longer = c.ZMM(), c.ZMM()
	f.gather(g.info, f.links, g.link, atLength, nil)
	f.gather(g.longer, f.links, g.link, atLonger, nil)
	f.loadLink(g, g.link)
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
func (f *follower) size(g *walkGroup) reg.VecVirtual {
	c := f.c
	size, other, bits := c.ZMM(), c.ZMM(), c.GP64()
	c.MOVQ(operand.U64(math.MaxInt64), bits)
	c.VPBROADCASTQ(bits, size)
	c.VPANDQ(g.wIm, size, other)
	c.VPANDQ(g.wRe, size, size)
	c.VMAXPD(other, size, size)
	return size
}

// leap moves a group on: by a link where there is one, by a step otherwise.
func (f *follower) leap(i int) {
	c, g := f.c, &f.groups[i]
	label := func(name string) string { return fmt.Sprintf("%s%d", name, i) }
	if f.traced {
		f.turn(i)
	}
	first := f.copyOf(g.link)
	f.climb(i, label)
	reached := f.restrain(i, first, label)
	dRe, dIm := f.skip(i)
	// Those that make one step.
	c.VADDPD(laneCRe.at(f.lanes, i), g.wRe, g.dRe)
	c.VADDPD(laneCIm.at(f.lanes, i), g.wIm, g.dIm)
	f.replace(g.k, dRe, g.dRe)
	f.replace(g.k, dIm, g.dIm)
	word := c.ZMM()
	f.broadcastWord(word, elementWords)
	c.VPADDQ(word, g.m, g.m)
	const endShift = 32 - 2 // 2 for the words of an element
	c.VPSRLQ(operand.U8(endShift), g.info, g.k, g.m)
	f.broadcastWord(word, ^uint64(elementWords-1))
	c.VPANDQ(word, g.m, g.m)
	f.broadcastWord(word, 1)
	c.VPADDQ(word, g.n, g.n)
	c.VMOVDQA64(reached, g.k, g.n)
}

func (f *follower) broadcastWord(to reg.VecVirtual, value uint64) {
	bits := f.c.GP64()
	f.c.MOVQ(operand.U64(value), bits)
	f.c.VPBROADCASTQ(bits, to)
}

// climb goes on to longer links of the same elements as far as they are valid, some at a time: whether one is valid is to
// be seen in the one before, and the last says that there is no longer one.
func (f *follower) climb(i int, label func(string) string) {
	c, g := f.c, &f.groups[i]
	const rungs = 4
	set, size := c.K(), f.size(g)
	c.VCMPPD(operand.U8(less), g.longer, size, g.k, set)
	c.KTESTB(set, set)
	c.JZ(operand.LabelRef(label("level")))
	next, longer := c.ZMM(), make([]reg.VecVirtual, rungs)
	f.broadcastWord(next, linkWords)
	c.Label(label("climb"))
	for rung := range longer {
		longer[rung] = c.ZMM()
		f.gather(longer[rung], f.links, g.link, atLonger+(rung+1)*linkWords*elementSize, set)
	}
	c.VPADDQ(next, g.link, set, g.link)
	for rung := range longer {
		c.VCMPPD(operand.U8(less), longer[rung], size, set, set)
		if rung < rungs-1 {
			c.VPADDQ(next, g.link, set, g.link)
		}
	}
	c.KTESTB(set, set)
	c.JNZ(operand.LabelRef(label("climb")))
	f.gather(g.info, f.links, g.link, atLength, nil)
	for offset, v := range []reg.VecVirtual{g.aRe, g.aIm, g.bRe, g.bIm, g.cRe, g.cIm} {
		f.gather(v, f.links, g.link, offset*elementSize, nil)
	}
	c.Label(label("level"))
}

// restrain goes back to shorter links where a link leads beyond the limit, and takes those points out of the set for which
// all do. It returns n after the links.
func (f *follower) restrain(i int, first reg.VecVirtual, label func(string) string) reg.VecVirtual {
	c, g := f.c, &f.groups[i]
	const greaterInt, equalInt = 6, 0
	reached, over, last, next := c.ZMM(), c.K(), c.K(), c.ZMM()
	c.Label(label("restrain"))
	c.VPSLLQ(operand.U8(32), g.info, reached)
	c.VPSRLQ(operand.U8(32), reached, reached)
	c.VPADDQ(g.n, reached, reached)
	c.VPCMPQ_BCST(operand.U8(greaterInt), laneLimit.of(f.lanes), reached, g.k, over)
	c.KTESTB(over, over)
	c.JZ(operand.LabelRef(label("restrained")))
	c.VPCMPQ(operand.U8(equalInt), first, g.link, over, last)
	c.KANDNB(g.k, last, g.k)
	f.broadcastWord(next, ^uint64(linkWords-1))
	c.VPADDQ(next, g.link, over, g.link)
	c.VMOVDQA64(first, last, g.link)
	f.gather(g.info, f.links, g.link, atLength, nil)
	for offset, v := range []reg.VecVirtual{g.aRe, g.aIm, g.bRe, g.bIm, g.cRe, g.cIm} {
		f.gather(v, f.links, g.link, offset*elementSize, nil)
	}
	c.JMP(operand.LabelRef(label("restrain")))
	c.Label(label("restrained"))
	return reached
}

// skip returns d after the links: (a + b*w)*w + c*dc.
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
	c.VMOVUPD(re, laneSlopeRe.at(f.lanes, i))
	c.VMOVUPD(im, laneSlopeIm.at(f.lanes, i))
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
	c.VMOVUPD(slopeRe, laneSlopeRe.at(f.lanes, i))
	c.VMOVUPD(im, g.k, laneSlopeIm.at(f.lanes, i))
}

// judge finds whether points of a group have an outcome, and rebases.
func (f *follower) judge(i int, ended reg.Register) {
	c, g := f.c, &f.groups[i]
	label := func(name string) string { return fmt.Sprintf("%s%d", name, i) }
	f.loadElement(g)
	zRe, zIm := c.ZMM(), c.ZMM()
	c.VADDPD(g.dRe, g.zRe, zRe)
	c.VADDPD(g.dIm, g.zIm, zIm)
	z2 := f.norm2(orbit{x: zRe, y: zIm})
	d2 := f.norm2(orbit{x: g.dRe, y: g.dIm})
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
	c.VBROADCASTSD(operand.Mem{Base: f.elements, Disp: atWithin}, nearer, g.within)
	c.VBROADCASTSD(operand.Mem{Base: f.elements, Disp: atLink}, nearer, g.link)
	c.VPSLLQ(operand.U8(3), g.link, nearer, g.link)

	stays, repeats, near := c.K(), c.K(), c.K()
	const notLess = 5
	c.VPCMPQ_BCST(operand.U8(notLess), laneLimit.of(f.lanes), g.n, stays)
	c.VCMPPD(operand.U8(equal), laneSavedRe.at(f.lanes, i), g.dRe, repeats)
	c.VCMPPD(operand.U8(equal), laneSavedIm.at(f.lanes, i), g.dIm, repeats, repeats)
	c.VPCMPEQQ(laneSavedM.at(f.lanes, i), g.m, repeats, repeats)
	c.KORB(repeats, stays, stays)
	c.VCMPPD_BCST(operand.U8(less), laneLeast2.of(f.lanes), d2, near)
	f.save(i, label)

	any, active := c.K(), c.K()
	c.KMOVB(operand.Mem{Base: f.lanes, Disp: (int(laneArrays)*laneCount+int(laneActive))*elementSize + i}, active)
	c.KORB(escapes, stays, any)
	c.KORB(any, near, any)
	c.KTESTB(any, active)
	c.JZ(operand.LabelRef(label("judged")))
	c.KANDB(active, any, any)
	c.ADDQ(operand.Imm(1), ended)
	outcome, value := c.ZMM(), c.ZMM()
	c.VMOVAPD(f.zeros, outcome)
	f.broadcastWord(value, 3)
	c.VMOVDQA64(value, near, outcome)
	f.broadcastWord(value, 2)
	c.VMOVDQA64(value, stays, outcome)
	f.broadcastWord(value, 1)
	c.VMOVDQA64(value, escapes, outcome)
	c.VMOVDQA64_Z(outcome, any, outcome)
	c.VMOVUPD(outcome, laneOutcome.at(f.lanes, i))
	c.VMOVUPD(zRe, laneZRe.at(f.lanes, i))
	c.VMOVUPD(zIm, laneZIm.at(f.lanes, i))
	c.Label(label("judged"))
}

// save counts moves and remembers the points for which it is time.
func (f *follower) save(i int, label func(string) string) {
	c, g := f.c, &f.groups[i]
	one, due := c.ZMM(), c.K()
	f.broadcastWord(one, 1)
	c.VPADDQ(laneMoves.at(f.lanes, i), one, one)
	c.VMOVUPD(one, laneMoves.at(f.lanes, i))
	c.VPCMPEQQ(laneSave.at(f.lanes, i), one, due)
	c.KTESTB(due, due)
	c.JZ(operand.LabelRef(label("saved")))
	c.VMOVUPD(g.dRe, due, laneSavedRe.at(f.lanes, i))
	c.VMOVUPD(g.dIm, due, laneSavedIm.at(f.lanes, i))
	c.VMOVUPD(g.m, due, laneSavedM.at(f.lanes, i))
	c.VPADDQ(one, one, one)
	c.VMOVUPD(one, due, laneSave.at(f.lanes, i))
	c.Label(label("saved"))
}
