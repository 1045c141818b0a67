package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// test finds whether points of a group have an outcome, and rebases. It loads element m for that and for the next move. A lane
// that is rebased has the numbers of z_0: all 0, and its first skip, which is one for all and broadcast instead of gathered.
//
// Outcomes are rare. All are looked for by masks, and a single branch leads to where they are written. What comes first in
// follower.test goes before what comes later: escaped before inside before tooNear.
func (f *follower) test(i int) {
	c, g := f.c, &f.groups[i]
	label := func(name string) string { return fmt.Sprintf("%s%d", name, i) }
	f.gather(g.skip, f.elements, g.m, atFirst, nil)
	f.gather(g.zRe, f.elements, g.m, atRe, nil)
	f.gather(g.zIm, f.elements, g.m, atIm, nil)
	zRe, zIm := c.ZMM(), c.ZMM()
	c.VADDPD(g.dRe, g.zRe, zRe) // z_m + d
	c.VADDPD(g.dIm, g.zIm, zIm)
	z2 := f.norm2(pointState{x: zRe, y: zIm})
	d2 := f.norm2(pointState{x: g.dRe, y: g.dIm})
	escapes, nearer, atEnd := c.K(), c.K(), c.K()
	c.VCMPPD_BCST(operand.U8(greater), laneRadius2.of(f.lanes), z2, escapes) // |z|^2 > R^2
	c.VCMPPD(operand.U8(less), d2, z2, nearer)                               // |z|^2 < |d|^2
	c.VPCMPEQQ_BCST(laneEnd.of(f.lanes), g.m, atEnd)
	c.KORB(nearer, atEnd, nearer) // those that rebase
	f.replace(nearer, zRe, g.dRe) // d = z
	f.replace(nearer, zIm, g.dIm)
	f.replace(nearer, z2, d2)
	f.replace(nearer, f.zeros, g.m) // beside z_0
	f.replace(nearer, f.zeros, g.zRe)
	f.replace(nearer, f.zeros, g.zIm)
	c.VPBROADCASTQ(operand.Mem{Base: f.elements, Disp: atFirst}, nearer, g.skip) // the first skip of z_0
	f.open(g)

	// From here on d is that after rebasing, as in Go: what is saved, and what is near, is where the point goes on from.
	stays, repeats, near := c.K(), c.K(), c.K()
	const notLess = 5
	c.VPCMPQ_BCST(operand.U8(notLess), laneLimit.of(f.lanes), g.n, stays) // n >= limit
	c.VCMPPD(operand.U8(equal), laneSavedRe.at(f.lanes, i), g.dRe, repeats)
	c.VCMPPD(operand.U8(equal), laneSavedIm.at(f.lanes, i), g.dIm, repeats, repeats)
	c.VPCMPEQQ(laneSavedM.at(f.lanes, i), g.m, repeats, repeats) // d and m as saved
	c.KORB(repeats, stays, stays)
	f.save(i, label)
	c.VCMPPD_BCST(operand.U8(less), laneLeast2.of(f.lanes), d2, near)

	// Lanes without a point meet all kinds of ends and are no reason to stop: the test is whether any set and the active ones have
	// a lane in common.
	any, active := c.K(), f.active(i)
	c.KORB(escapes, stays, any)
	c.KORB(any, near, any)
	c.KANDB(g.moved, any, any) // a lane that waits is where it was, which is no repetition
	c.KTESTB(any, active)
	c.JZ(operand.LabelRef(label("tested")))
	f.end(i, []ending{{near, 3}, {stays, 2}, {escapes, 1}}, any, active)
	c.VMOVUPD(zRe, any, laneZRe.at(f.lanes, i))
	c.VMOVUPD(zIm, any, laneZIm.at(f.lanes, i))
	c.Label(label("tested"))
}

// ending is an outcome, by its number in package deep, and the points that have it.
type ending struct {
	set     reg.OpmaskVirtual
	outcome uint64
}

// end writes what becomes of the points of a set, of which it leaves those that are active, and retires them. Later endings
// go before earlier ones. A retired lane's d, n and m are written here and never again.
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
	c.KANDNB(active, set, active) // they are done
	c.KMOVB(active, f.activeBits(i))
}

// save counts moves and remembers the points for which it is time: after 1, 2, 4 ... moves of each, Brent's way. Lanes are seldom due
// at once, but most moves have none that is.
func (f *follower) save(i int, label func(string) string) {
	c, g := f.c, &f.groups[i]
	one, due := c.ZMM(), c.K()
	f.broadcastWord(one, 1)
	c.VPADDQ(laneMoves.at(f.lanes, i), one, one)
	active := f.active(i)
	c.KANDB(g.moved, active, active)
	c.VMOVUPD(one, active, laneMoves.at(f.lanes, i))
	c.VPCMPEQQ(laneSave.at(f.lanes, i), one, active, due)
	c.KTESTB(due, due)
	c.JZ(operand.LabelRef(label("saved")))
	c.VMOVUPD(g.dRe, due, laneSavedRe.at(f.lanes, i))
	c.VMOVUPD(g.dIm, due, laneSavedIm.at(f.lanes, i))
	c.VMOVUPD(g.m, due, laneSavedM.at(f.lanes, i))
	c.VPADDQ(one, one, one) // next after twice as many
	c.VMOVUPD(one, due, laneSave.at(f.lanes, i))
	c.Label(label("saved"))
}
