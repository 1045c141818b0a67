package deep

import "math"

// longestCycle is the greatest period of a cycle that attracted looks for, at once and after so many steps in which the orbit may come near it. Where
// it goes in them by rounding is of no consequence for what is found there.
const (
	longestCycle = 1 << 9
	settling     = 1 << 11
	widestDisc   = 0x1p-4 // larger ones never come back

	attractedMoves = 1 << 10 // that take about as long
)

// attracted reports whether it is certain that a point is inside: that an attracting cycle is next to where its orbit has come, or comes. Points that have climbed
// for long are mostly there already, and settling takes longer than the look.
func attracted(zRe, zIm, cRe, cIm, blurOfStep float64) bool {
	if cycles(zRe, zIm, cRe, cIm, blurOfStep) {
		return true
	}
	for range settling {
		zRe, zIm = math.FMA(zRe, zRe, math.FMA(-zIm, zIm, cRe)), math.FMA(zRe+zRe, zIm, cIm)
	}
	return cycles(zRe, zIm, cRe, cIm, blurOfStep)
}

// cycles looks for the cycle. The
// disc around z, of radius r, is followed through the steps of a period as a disc that holds it. If it comes to lie in itself, z -> z^2 + c
// has an attracting cycle there (H. A. Schwarz), and c is in the interior of the set (P. Fatou). A step is off by less than the blur.
func cycles(zRe, zIm, cRe, cIm, blurOfStep float64) bool {
	x, y := zRe, zIm
	slope, blur, nearest := 1.0, 0.0, float64(widestDisc) // the derivative's size, what a point may be off by, and the best return
	for period := 1; period <= longestCycle; period++ {
		twice := 2 * size(complex(x, y))
		slope, blur = float64(slope*twice), float64((twice+blur)*blur)+blurOfStep
		x, y = math.FMA(x, x, math.FMA(-y, y, cRe)), math.FMA(x+x, y, cIm)
		if !(slope < math.MaxFloat64 && size(complex(x, y)) <= 2) {
			return false
		}
		if slope >= 0.9 {
			continue
		}
		radius := 2 * (size(complex(x-zRe, y-zIm)) + blur) / (1 - slope)
		if radius > nearest/2 {
			continue
		}
		if nearest = radius; comesBack(zRe, zIm, cRe, cIm, radius, blurOfStep, period) {
			return true
		}
	}
	return false
}

// stepBlur is more than what a step is off by where |z| is at most 2: by its own rounding, of 2^-52 twice, and that of c.
const stepBlur = 0x1p-49

// comesBack reports whether a disc around z is in itself after so many steps.
func comesBack(zRe, zIm, cRe, cIm, radius, blurOfStep float64, steps int) bool {
	x, y, r := zRe, zIm, radius
	for range steps {
		r = float64((2*size(complex(x, y))+r)*r) + blurOfStep
		x, y = math.FMA(x, x, math.FMA(-y, y, cRe)), math.FMA(x+x, y, cIm)
	}
	return size(complex(x-zRe, y-zIm))+r < float64(radius*(1-0x1p-20))
}
