package main

import (
	"fmt"
	"math/bits"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// formula names the map, as functions are called: advanceShipAVX2. What a map is, package escape says.
type formula string

const (
	quadratic formula = "Quadratic"
	ship      formula = "Ship"
	tricorn   formula = "Tricorn"
)

// powers are the formulas z^p + c for p from 3 to maxPower, which is escape.MaxPower.
func powers() []formula {
	const maxPower = 8
	var list []formula
	for p := 3; p <= maxPower; p++ {
		list = append(list, formula(fmt.Sprintf("Power%d", p)))
	}
	return list
}

// power is the p of a formula z^p + c, and 0 of any other.
func (f formula) power() int {
	switch f {
	case ship, tricorn:
		return 0
	case quadratic:
		return 2
	default:
		return int(f[len(f)-1] - '0')
	}
}

// pointState is where a vector of points is: z in registers, c in memory. Steps change the registers in place, so that a loop over
// steps needs no copies.
type pointState struct {
	x, y   reg.VecVirtual
	cx, cy operand.Mem
}

// step moves a vector of points on by one iteration, z' = f(z) + c:
//
//	x' = x*x + (cx - y*y)
//	y' = 2x*y + cy         for the ship |2x*y| + cy, for the tricorn -(2x*y) + cy
//
// each of the two right-hand sides by fused operations, the doubling exact. For higher powers see stepPower.
//
// The order is that in which nothing is overwritten that is still needed: cx - y*y and 2x go to registers of their own, then y
// is replaced, and x last. Two registers for a moment are what a vector takes besides its z; avo lets all vectors of a group
// share them where their lives do not meet.
func (m *machine) step(f formula, o pointState) {
	if f.power() > 2 {
		m.stepPower(f.power(), o)
		return
	}
	c := m.c
	rest, double := m.vector(), m.vector()
	c.VMOVUPD(o.cx, rest)
	c.VFNMADD231PD(o.y, o.y, rest) // cx - y*y
	c.VADDPD(o.x, o.x, double)     // 2x
	switch f {
	case ship:
		m.matchSign(double, o.y)
		c.VFMADD213PD(o.cy, double, o.y) // |2x|*|y| + cy
	case tricorn:
		c.VFNMADD213PD(o.cy, double, o.y) // cy - 2x*y
	case quadratic:
		c.VFMADD213PD(o.cy, double, o.y) // 2x*y + cy
	}
	c.VFMADD213PD(rest, o.x, o.x) // x*x + (cx - y*y)
}

// stepPower is escape.stepPower. Even powers end with a square, whose parts are fused with c; odd ones with a product by z, of
// which re and im are computed apart, since both need the old x and y.
func (m *machine) stepPower(p int, o pointState) {
	c := m.c
	a, b := m.power(p/2, o.x, o.y)
	if p%2 == 0 {
		c.VMOVUPD(o.cx, o.x)
		c.VFNMADD231PD(b, b, o.x) // cx - b*b
		c.VFMADD231PD(a, a, o.x)  // a*a + (cx - b*b)
		c.VMOVUPD(o.cy, o.y)
		c.VADDPD(a, a, a)        // 2a
		c.VFMADD231PD(a, b, o.y) // 2a*b + cy
		return
	}
	a, b = m.square(a, b)
	re, im := m.load(o.cx), m.load(o.cy)
	c.VFNMADD231PD(b, o.y, re) // cx - b*y
	c.VFMADD231PD(a, o.x, re)  // a*x + (cx - b*y)
	c.VFMADD231PD(b, o.x, im)  // b*x + cy
	c.VFMADD231PD(a, o.y, im)  // a*y + (b*x + cy)
	c.VMOVAPD(re, o.x)
	c.VMOVAPD(im, o.y)
}

// power returns z^p in registers of its own, or those of z for p = 1. It is escape.power, unrolled: p is known here.
func (m *machine) power(p int, x, y reg.VecVirtual) (a, b reg.VecVirtual) {
	a, b = x, y
	for digit := bits.Len(uint(p)) - 2; digit >= 0; digit-- {
		a, b = m.square(a, b)
		if p>>digit&1 == 1 {
			a, b = m.multiply(a, b, x, y)
		}
	}
	return a, b
}

// square returns (a + bi)^2: fma(a, a, -(b*b)) and 2a*b, with b*b rounded before it is taken off.
func (m *machine) square(a, b reg.VecVirtual) (re, im reg.VecVirtual) {
	re, im = m.vector(), m.vector()
	m.c.VMULPD(b, b, re)      // b*b
	m.c.VFMSUB231PD(a, a, re) // a*a - b*b
	m.c.VADDPD(a, a, im)      // 2a
	m.c.VMULPD(b, im, im)     // 2a*b
	return re, im
}

// multiply returns (a + bi)(x + yi): fma(a, x, -(b*y)) and fma(a, y, b*x).
func (m *machine) multiply(a, b, x, y reg.VecVirtual) (re, im reg.VecVirtual) {
	re, im = m.vector(), m.vector()
	m.c.VMULPD(b, y, re)      // b*y
	m.c.VFMSUB231PD(a, x, re) // a*x - b*y
	m.c.VMULPD(b, x, im)      // b*x
	m.c.VFMADD231PD(a, y, im) // a*y + b*x
	return re, im
}

// norm2 returns |z|^2 = x*x + y*y, whose first product is fused.
func (m *machine) norm2(o pointState) reg.VecVirtual {
	norm := m.vector()
	m.c.VMULPD(o.y, o.y, norm)      // y*y
	m.c.VFMADD231PD(o.x, o.x, norm) // x*x + y*y
	return norm
}
