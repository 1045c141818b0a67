package shade

import (
	"math"

	"mandelfarm/renderer/elementary"
	"mandelfarm/renderer/escape"
	"mandelfarm/renderer/spec"
)

// How far the palette goes around at density 1.
const (
	turnsPerRoot   = 1.0 / 8  // for one unit of the depth's root
	turnsPerOctave = 1.0 / 15 // for twice the distance from the boundary
	// finest is the reciprocal of the distance, in pixels, from which on doublings count in full. It leaves some of the
	// palette for what lies within a pixel, so that filaments stand out and several samples have something to average.
	finest = 8
)

// color returns the colours of the points of the batch.
func (n *Shader) color(colors []uint64, batch escape.Batch) []uint64 {
	switch n.method {
	case spec.MethodDistance:
		n.colorDistance(colors, batch)
	case spec.MethodHistogram:
		n.colorHistogram(colors, batch)
	case spec.MethodSmooth, spec.MethodSlope, spec.MethodSet:
		if n.spread != nil {
			n.colorSpread(colors, batch)
		} else {
			n.colorSmooth(colors, batch)
		}
	}
	if batch.Period != nil {
		n.colorInside(colors, batch)
	}
	if n.relief != nil {
		n.relief.light(colors, batch, n.format)
	}
	return colors
}

// at returns the colour at so many turns of the palette before density and offset, from 0 up. Density, the places of a turn
// and the turns are below 2^34, 2^16 and 2^13, so that the place is below 2^63.
func (n *Shader) at(turns float64) uint64 {
	return n.entry(int64(n.offset + float64(n.scale*turns)))
}

// entry returns the colour at a place.
func (n *Shader) entry(place int64) uint64 {
	last := int64(n.places - 1)
	if n.cyclic {
		return n.table[place&last]
	}
	return n.table[max(0, min(place, last))]
}

// colorSmooth goes by the depth, see Depth.
func (n *Shader) colorSmooth(colors []uint64, batch escape.Batch) {
	curve := elementary.NewLogLogCurve()
	interior := n.table[n.places]
	norms := batch.Norm2[:len(colors)]
	for i, count := range batch.Count[:len(colors)] {
		if count == 0 {
			colors[i] = interior
			continue
		}
		depth := float64(float64(count)*n.bits) - curve.At(norms[i])
		if depth < 0 {
			depth = 0
		}
		colors[i] = n.at(float64(turnsPerRoot * math.Sqrt(depth)))
	}
}

// colorHistogram goes by the part of the picture whose depth is less.
func (n *Shader) colorHistogram(colors []uint64, batch escape.Batch) {
	depthOf := n.depths()
	interior := n.table[n.places]
	for i, count := range batch.Count[:len(colors)] {
		if count == 0 {
			colors[i] = interior
			continue
		}
		colors[i] = n.at(n.histogram.rank(depthOf(count, batch.Norm2[i])))
	}
}

// goldenTurn is how far the palette turns from one period to the next: of all parts the one whose multiples lie most evenly.
const goldenTurn = 0.6180339887498949

// colorInside goes by the periods of the points that do not escape, where they are known. Density and offset are of the others.
func (n *Shader) colorInside(colors []uint64, batch escape.Batch) {
	for i, period := range batch.Period[:len(colors)] {
		if period > 0 {
			turns := float64(float64(period) * goldenTurn)
			colors[i] = n.table[int(float64((turns-math.Floor(turns))*float64(n.places)))]
		}
	}
}

// Depth returns nu * log2(p), where p is the power of z: the fractional iteration count of a square, and one of the same
// potential for every other map. Of colours that are not smooth nu is that of the whole count.
func (n *Shader) Depth(count int32, norm2 float64) float64 { return n.depths()(count, norm2) }

// depths returns Depth, for loops.
func (n *Shader) depths() func(count int32, norm2 float64) float64 {
	if n.whole != nil {
		return n.whole.depth
	}
	curve := elementary.NewLogLogCurve()
	return func(count int32, norm2 float64) float64 { return float64(float64(count)*n.bits) - curve.At(norm2) }
}

// colorDistance goes by the distance to the boundary.
func (n *Shader) colorDistance(colors []uint64, batch escape.Batch) {
	log2 := elementary.NewLogCurve()
	interior := n.table[n.places]
	for i, count := range batch.Count[:len(colors)] {
		if count == 0 {
			colors[i] = interior
			continue
		}
		d := distance(log2, batch.Norm2[i], batch.GradX[i], batch.GradY[i])
		colors[i] = n.at(float64(turnsPerOctave * log2.At(1+float64(finest*d))))
	}
}

// farthest bounds estimates of distances, in pixels.
const farthest = 0x1p80

// Distance returns the estimate 2|z| ln|z| / |grad| of the distance to the boundary, in the unit that the gradient of |z| is
// per. Next to the boundary of a connected set the true distance is from a quarter of it to all of it (Koebe's theorem).
func Distance(norm2, gradX, gradY float64) float64 {
	return distance(elementary.NewLogCurve(), norm2, gradX, gradY)
}

// distance is Distance, for loops that have the curve at hand.
func distance(log2 *elementary.LogCurve, norm2, gradX, gradY float64) float64 {
	size := math.Sqrt(norm2 / (float64(gradX*gradX) + float64(gradY*gradY)))
	d := float64(size * float64(log2.At(norm2)*math.Ln2))
	if d >= 0 { // false where the gradient is no number
		return min(d, farthest)
	}
	return 0
}
