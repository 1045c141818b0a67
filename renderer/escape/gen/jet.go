package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// term gathers a coefficient of the group's skips: of the part at base that holds it.
func (f *follower) term(i int, base reg.Register, offset int) complexGroup {
	z := complexGroup{f.c.ZMM(), f.c.ZMM()}
	f.gather(z.re, base, f.groups[i].skip, offset, nil)
	f.gather(z.im, base, f.groups[i].skip, offset+elementSize, nil)
	return z
}

// halves gathers a coefficient whose parts are halves of one word.
func (f *follower) halves(i int, base reg.Register, offset int) complexGroup {
	z := complexGroup{f.c.ZMM(), f.c.ZMM()}
	f.gather(z.im, base, f.groups[i].skip, offset, nil)
	f.upper(z.im, z.re)
	f.c.VPSLLQ(operand.U8(32), z.im, z.im)
	return z
}

// mix returns d after jets, and completes slopes: point.mix of package deep, see there. Coefficients are gathered one after the other and used up at once;
// the processor goes on to later ones while it waits.
func (f *follower) mix(i int) (dRe, dIm reg.VecVirtual) {
	var slopeC, slopeW, wc complexGroup // dd'/dc, dd'/dw, and a part of the former

	ccc, cc := f.halves(i, f.jets, atCCC), f.term(i, f.jets, atCC)
	f.addTimesC(i, ccc, cc)
	q := f.term(i, f.skips, atC)
	f.addTimesC(i, cc, q)
	if f.traced {
		slopeC = complexGroup{f.copyOf(q.re), f.copyOf(q.im)}
		f.addTimesC(i, ccc, cc)
		f.addTimesC(i, cc, slopeC)
	}
	d := complexGroup{}
	pRe, pIm := f.load(laneCRe.at(f.lanes, i)), f.load(laneCIm.at(f.lanes, i))
	d.re, d.im = f.product(q.re, q.im, pRe, pIm)

	wcc := f.halves(i, f.jets, atWCC)
	wc = f.term(i, f.jets, atWC)
	f.addTimesC(i, wcc, wc)
	h := f.term(i, f.skips, atA)
	f.addTimesC(i, wc, h)
	if f.traced {
		f.addTimesC(i, wcc, wc)
	}
	wwc, y := f.halves(i, f.jets, atWWC), f.term(i, f.skips, atB)
	f.addTimesC(i, wwc, y)
	if f.traced {
		f.addTimesW(i, wwc, wc)
		f.addTimesW(i, wc, slopeC)
	}
	www := f.halves(i, f.skips, atWWW)
	f.addTimesW(i, www, y)
	f.addTimesW(i, y, h)
	f.addTimesW(i, h, d)
	if f.traced {
		slopeW = h
		f.addTimesW(i, www, y)
		f.addTimesW(i, y, slopeW)
		f.slopes(i, slopeW, slopeC)
	}
	return d.re, d.im
}
