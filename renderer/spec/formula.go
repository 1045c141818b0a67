package spec

import (
	"fmt"
	"strconv"
)

// MaxPower is the greatest power of z.
const MaxPower = 8

// normalizePower fills in the power of a Multibrot, and drops that of a square, whose Multibrot is the Mandelbrot set.
func (s *Draft) normalizePower() *FieldError {
	switch {
	case s.Power == 0 && s.Formula == Multibrot:
		s.Power = 3
	case s.Power == 0:
		return nil
	case s.Formula != Multibrot && s.Formula != Julia:
		return NewFieldError("power", strconv.Itoa(s.Power), "is for the formulas multibrot and julia only")
	case s.Power < 2 || s.Power > MaxPower:
		return NewFieldError("power", strconv.Itoa(s.Power), fmt.Sprintf("must be from 2 to %d", MaxPower))
	}
	if s.Power != 2 {
		return nil
	}
	s.Power = 0
	if s.Formula == Multibrot {
		s.Formula = Mandelbrot
	}
	return nil
}

// coordinates returns the power of ten that coordinates stay below.
func (s *Draft) coordinates() int {
	if s.Formula == Julia && s.Power > 2 {
		return maxJuliaPower
	}
	return maxCoordinate
}

// home returns the default view of a formula: one that shows all of it.
func (s *Draft) home() (re, im, radius string) {
	switch s.Formula {
	case Julia:
		return "0", "0", "1.25"
	case BurningShip:
		return "-0.5", "-0.5", "1.5"
	case Tricorn:
		return "-0.25", "0", "2"
	case Multibrot: // its tips are the roots of c^(p-1) = -2
		if s.Power == 3 {
			return "0", "0", "1.5"
		}
		return "0", "0", "1.3"
	case Mandelbrot:
	}
	return "-0.75", "0", "1.25"
}
