package main

import (
	"fmt"
	"math/bits"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// formula names the map.
type formula string

const (
	quadratic formula = "Quadratic"
	ship      formula = "Ship"
	tricorn   formula = "Tricorn"
)

// powers are the formulas z^p + c for p from 3 to maxPower.
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

// pointState is where a vector of points is: z in registers, c in memory.
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
func (m *machine) step(f formula, o pointState) {
	if f.power() > 2 {
		m.stepPower(f.power(), o)
		return
	}
	c := m.c
	rest, double := m.vector(), m.vector()
	c.VMOVUPD(o.cx, rest)
	c.VFNMADD231PD(o.y, o.y, rest)
	c.VADDPD(o.x, o.x, double)
	switch f {
	case ship:
		m.matchSign(double, o.y)
		c.VFMADD213PD(o.cy, double, o.y)
	case tricorn:
		c.VFNMADD213PD(o.cy, double, o.y)
	case quadratic:
		c.VFMADD213PD(o.cy, double, o.y)
	}
	c.VFMADD213PD(rest, o.x, o.x)
}

// stepPower is escape.stepPower.
func (m *machine) stepPower(p int, o pointState) {
	c := m.c
	a, b := m.power(p/2, o.x, o.y)
	if p%2 == 0 {
		c.VMOVUPD(o.cx, o.x)
		c.VFNMADD231PD(b, b, o.x)
		c.VFMADD231PD(a, a, o.x)
		c.VMOVUPD(o.cy, o.y)
		c.VADDPD(a, a, a)
		c.VFMADD231PD(a, b, o.y)
		return
	}
	a, b = m.square(a, b)
	re, im := m.load(o.cx), m.load(o.cy)
	c.VFNMADD231PD(b, o.y, re)
	c.VFMADD231PD(a, o.x, re)
	c.VFMADD231PD(b, o.x, im)
	c.VFMADD231PD(a, o.y, im)
	c.VMOVAPD(re, o.x)
	c.VMOVAPD(im, o.y)
}

// power returns z^p in registers of its own, or those of z for p = 1.
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

// square returns (a + bi)^2.
func (m *machine) square(a, b reg.VecVirtual) (re, im reg.VecVirtual) {
	re, im = m.vector(), m.vector()
	m.c.VMULPD(b, b, re)
	m.c.VFMSUB231PD(a, a, re)
	m.c.VADDPD(a, a, im)
	m.c.VMULPD(b, im, im)
	return re, im
}

// multiply returns (a + bi)(x + yi).
func (m *machine) multiply(a, b, x, y reg.VecVirtual) (re, im reg.VecVirtual) {
	re, im = m.vector(), m.vector()
	m.c.VMULPD(b, y, re)
	m.c.VFMSUB231PD(a, x, re)
	m.c.VMULPD(b, x, im)
	m.c.VFMADD231PD(a, y, im)
	return re, im
}

// norm2 returns |z|^2 = x*x + y*y, whose first product is fused.
func (m *machine) norm2(o pointState) reg.VecVirtual {
	norm := m.vector()
	m.c.VMULPD(o.y, o.y, norm)
	m.c.VFMADD231PD(o.x, o.x, norm)
	return norm
}
