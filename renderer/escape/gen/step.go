package main

import (
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

// orbit is where a vector of points is: z in registers, c in memory.
type orbit struct {
	x, y   reg.VecVirtual
	cx, cy operand.Mem
}

// step moves a vector of points on by one iteration, z' = f(z) + c:
//
//	x' = x*x + (cx - y*y)
//	y' = 2x*y + cy         for the ship |2x*y| + cy, for the tricorn -(2x*y) + cy
//
// each of the two right-hand sides by fused operations, the doubling exact.
func (m *machine) step(f formula, o orbit) {
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

// norm2 returns |z|^2 = x*x + y*y, whose first product is fused.
func (m *machine) norm2(o orbit) reg.VecVirtual {
	norm := m.vector()
	m.c.VMULPD(o.y, o.y, norm)
	m.c.VFMADD231PD(o.x, o.x, norm)
	return norm
}
