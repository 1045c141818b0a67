package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// moveOn moves a group on: by a skip where there is one, by a step otherwise. Both are made for all lanes, and the set k
// decides which is kept. Skips are gathered, which takes most of a move: where few lanes want one they wait, and the others make steps, until there are
// more. What a point does is the same, and when is of no consequence.
func (f *follower) moveOn(i int) {
	c, g := f.c, &f.groups[i]
	label := func(name string) string { return fmt.Sprintf("%s%d", name, i) }
	g.moved = c.K()
	active, count := f.active(i), c.GP64()
	c.KANDNB(active, g.k, g.moved)
	c.KTESTB(g.moved, g.moved)
	c.JZ(operand.LabelRef(label("skips"))) // none makes a step
	c.KANDB(g.k, active, active)
	c.KMOVB(active, count.As32())
	c.POPCNTQ(count, count)
	c.CMPQ(count, laneLeastSkips.of(f.lanes))
	c.JGE(operand.LabelRef(label("skips")))
	f.stepOn(i)
	c.JMP(operand.LabelRef(label("moved")))
	c.Label(label("skips"))
	f.skipOn(i, label)
	c.Label(label("moved"))
}

// stepOn makes steps, d' = w + dc, of those lanes that want no skip.
func (f *follower) stepOn(i int) {
	c, g := f.c, &f.groups[i]
	if f.traced {
		f.turn(i)
		f.slopeStep(i)
	}
	if f.apart {
		f.replace(g.moved, g.wRe, g.dRe)
		f.replace(g.moved, g.wIm, g.dIm)
	} else {
		c.VADDPD(laneCRe.at(f.lanes, i), g.wRe, g.moved, g.dRe)
		c.VADDPD(laneCIm.at(f.lanes, i), g.wIm, g.moved, g.dIm)
	}
	steps := c.ZMM()
	f.broadcastWord(steps, 1)
	c.VPADDQ(steps, g.n, g.moved, g.n)
	f.broadcastWord(steps, elementWords)
	c.VPADDQ(steps, g.m, g.moved, g.m)
}

// skipOn makes a move of all lanes.
func (f *follower) skipOn(i int, label func(string) string) {
	c, g := f.c, &f.groups[i]
	c.KMOVB(f.all, g.moved)
	g.next = c.ZMM()
	if !f.mixed {
		for _, v := range []*reg.VecVirtual{&g.aRe, &g.aIm, &g.bRe, &g.bIm, &g.cRe, &g.cIm} {
			*v = c.ZMM()
		}
	}
	f.loadSkip(g)
	if f.traced {
		f.turn(i)
	}
	first := f.copyOf(g.skip)
	f.lengthen(i, label)
	length := f.shorten(i, first, label)
	// d after the skip is ready before d after the step overwrites what it was made of.
	d := f.skip
	if f.mixed {
		d = f.mix
	}
	dRe, dIm := d(i)
	// Those that make one step: d' = w + dc.
	if f.apart {
		c.VMOVAPD(g.wRe, g.dRe)
		c.VMOVAPD(g.wIm, g.dIm)
	} else {
		c.VADDPD(laneCRe.at(f.lanes, i), g.wRe, g.dRe) // w + dc
		c.VADDPD(laneCIm.at(f.lanes, i), g.wIm, g.dIm)
	}
	f.replace(g.k, dRe, g.dRe)
	f.replace(g.k, dIm, g.dIm)
	steps := c.ZMM()
	f.broadcastWord(steps, 1)
	c.VMOVDQA64(length, g.k, steps) // 1, or the length of the skip
	c.VPADDQ(steps, g.n, g.n)
	c.VPADDQ(steps, g.m, g.m) // elementWords, 3 times: once, and then twice
	c.VPADDQ(steps, steps, steps)
	c.VPADDQ(steps, g.m, g.m)
}

func (f *follower) broadcastWord(to reg.VecVirtual, value uint64) {
	bits := f.c.GP64()
	f.c.MOVQ(operand.U64(value), bits)
	f.c.VPBROADCASTQ(bits, to)
}

// lengthen goes on to longer skips of the same elements as far as they are valid, some at a time: whether one is valid is to
// be seen in the one before, and the last says that there is no longer one. The bounds of the next four are gathered at once,
// wanted or not, because gathers that wait for each other take four times as long; what lies behind the last skip of the table
// is spare (spareSkips). A lane that has come to its longest leaves the set, and its index stays.
func (f *follower) lengthen(i int, label func(string) string) {
	c, g := f.c, &f.groups[i]
	const ahead = 4 // spareSkips of package deep
	set, size := c.K(), f.size(g)
	bound := c.ZMM()
	f.upper(g.next, bound)
	c.VCMPPD(operand.U8(less), bound, size, g.k, set)
	c.KTESTB(set, set)
	c.JZ(operand.LabelRef(label("level")))
	words, following := c.ZMM(), make([]reg.VecVirtual, ahead)
	f.broadcastWord(words, skipWords)
	c.Label(label("lengthen"))
	for k := range following {
		following[k] = c.ZMM()
		f.gather(following[k], f.skips, g.skip, atNext+(k+1)*skipWords*elementSize, set)
	}
	for _, next := range following {
		c.VPADDQ(words, g.skip, set, g.skip) // the next skip of the element
		f.upper(next, next)
		c.VCMPPD(operand.U8(less), next, size, set, set)
	}
	c.KTESTB(set, set)
	c.JNZ(operand.LabelRef(label("lengthen")))
	f.loadSkip(g)
	c.Label(label("level"))
}

// shorten goes back to shorter skips where a skip leads beyond the limit, and takes those points out of the set for which
// all do. It returns the lengths of the skips. Only the last moves of points that stay come here, so it goes one by one. A
// lane that is at its first skip already goes no further back: that would be another element's.
func (f *follower) shorten(i int, first reg.VecVirtual, label func(string) string) reg.VecVirtual {
	c, g := f.c, &f.groups[i]
	const greaterInt, equalInt = 6, 0
	length, reached, words := c.ZMM(), c.ZMM(), c.ZMM()
	over, last := c.K(), c.K()
	c.Label(label("shorten"))
	f.lower(g.next, length)
	c.VPADDQ(g.n, length, reached) // steps after the skip
	c.VPCMPQ_BCST(operand.U8(greaterInt), laneLimit.of(f.lanes), reached, g.k, over)
	c.KTESTB(over, over)
	c.JZ(operand.LabelRef(label("shortened")))
	c.VPCMPQ(operand.U8(equalInt), first, g.skip, over, last) // already at the first
	c.KANDNB(g.k, last, g.k)                                  // they make a step
	f.broadcastWord(words, ^uint64(skipWords-1))              // -skipWords
	c.VPADDQ(words, g.skip, over, g.skip)
	c.VMOVDQA64(first, last, g.skip) // none before the first
	f.loadSkip(g)
	c.JMP(operand.LabelRef(label("shorten")))
	c.Label(label("shortened"))
	return length
}

// skip returns d after the skips: (a + b*w)*w + c*dc. It overwrites a. Fused operations are nested from the right, as point.skip has
// them: h = fma(b, w, fma(-b, w, a)) for the real part, of which the inner one comes first here.
func (f *follower) skip(i int) (dRe, dIm reg.VecVirtual) {
	g := &f.groups[i]
	// The slope takes 2*h - a, so that a is kept where slopes are.
	hRe, hIm := g.aRe, g.aIm
	var aRe, aIm reg.VecVirtual
	if f.traced {
		aRe, aIm = f.copyOf(hRe), f.copyOf(hIm)
	}
	f.addTimesW(i, complexGroup{g.bRe, g.bIm}, complexGroup{hRe, hIm}) // h = a + b*w
	if f.traced {
		f.slopeSkip(i, hRe, hIm, aRe, aIm, g.cRe, g.cIm)
	}
	if f.apart {
		return f.product(hRe, hIm, g.wRe, g.wIm)
	}
	pRe, pIm := f.load(laneCRe.at(f.lanes, i)), f.load(laneCIm.at(f.lanes, i))
	dRe, dIm = f.product(g.cRe, g.cIm, pRe, pIm)
	f.addTimesW(i, complexGroup{hRe, hIm}, complexGroup{dRe, dIm}) // h*w + c*dc
	return dRe, dIm
}

// turn multiplies the slope by 2*(z + d), which is what w is multiplied by when d is a little more. Slopes are in memory: there are
// no registers left for them, and they are needed once a move.
func (f *follower) turn(i int) {
	c, g := f.c, &f.groups[i]
	re, im := c.ZMM(), c.ZMM()
	c.VADDPD(g.dRe, g.sRe, re) // 2*(z + d)
	c.VADDPD(g.dIm, g.sIm, im)
	slopeRe, slopeIm := f.load(laneSlopeRe.at(f.lanes, i)), f.load(laneSlopeIm.at(f.lanes, i))
	re, im = f.product(re, im, slopeRe, slopeIm)
	active := f.active(i)
	c.KANDB(g.moved, active, active)
	c.VMOVUPD(re, active, laneSlopeRe.at(f.lanes, i))
	c.VMOVUPD(im, active, laneSlopeIm.at(f.lanes, i))
}

// slopeSkip completes the slope of points that make skips, and of the others of the group: it is multiplied by a + 2*b*w,
// and c steps are added. A single step adds one. a + 2*b*w is 2*h - a, of numbers that are there.
func (f *follower) slopeSkip(i int, hRe, hIm, aRe, aIm, cRe, cIm reg.VecVirtual) {
	c := f.c
	gRe, gIm := c.ZMM(), c.ZMM()
	c.VADDPD(hRe, hRe, gRe) // 2*h - a
	c.VSUBPD(aRe, gRe, gRe)
	c.VADDPD(hIm, hIm, gIm)
	c.VSUBPD(aIm, gIm, gIm)
	f.slopes(i, complexGroup{gRe, gIm}, complexGroup{cRe, cIm})
}

// slopes multiplies the slopes of points that make skips by the derivative in w, and adds a pixel times that in c.
func (f *follower) slopes(i int, byW, byC complexGroup) {
	c, g := f.c, &f.groups[i]
	slopeRe, slopeIm := f.load(laneSlopeRe.at(f.lanes, i)), f.load(laneSlopeIm.at(f.lanes, i))
	re, im := f.product(byW.re, byW.im, slopeRe, slopeIm)
	step := c.ZMM()
	c.VBROADCASTSD(laneStepSize.of(f.lanes), step)
	c.VFMADD231PD(byC.re, step, re)
	c.VFMADD231PD(byC.im, step, im)
	c.VADDPD(step, slopeRe, slopeRe) // one step: a pixel
	f.replace(g.k, re, slopeRe)
	f.replace(g.k, im, slopeIm)
	active := f.active(i)
	c.VMOVUPD(slopeRe, active, laneSlopeRe.at(f.lanes, i))
	c.VMOVUPD(slopeIm, active, laneSlopeIm.at(f.lanes, i))
}

// slopeStep completes the slope of points that make steps: it gains a pixel.
func (f *follower) slopeStep(i int) {
	c, g := f.c, &f.groups[i]
	slope, step := f.load(laneSlopeRe.at(f.lanes, i)), c.ZMM()
	c.VBROADCASTSD(laneStepSize.of(f.lanes), step)
	c.VADDPD(step, slope, slope)
	active := f.active(i)
	c.KANDB(g.moved, active, active)
	c.VMOVUPD(slope, active, laneSlopeRe.at(f.lanes, i))
}
