package shade

import (
	"encoding/binary"
	"math"

	"mandelfarm/renderer/bandpng"
	"mandelfarm/renderer/escape"
	"mandelfarm/renderer/spec"
)

// Scratch is the memory that one goroutine needs to shade a run of pixels.
type Scratch struct {
	colors []uint64 // of one sample of each pixel
	sums   []uint64 // of squared channels, over the samples of each pixel
}

// NewScratch makes room for runs of so many pixels.
func NewScratch(pixels int) *Scratch {
	return &Scratch{colors: make([]uint64, pixels), sums: make([]uint64, 3*pixels)}
}

// Begin makes the scratch ready for a run of pixels.
func (n *Shader) Begin(s *Scratch) {
	if n.samples > 1 {
		clear(s.sums)
	}
}

// Add colours one sample of each pixel of a run, given what became of the points: into dst, which is zero, if a pixel has
// one sample, else into the scratch's sums.
func (n *Shader) Add(s *Scratch, batch escape.Batch, dst []byte) {
	switch {
	case n.format == bandpng.Gray1:
		setBits(dst, batch.Count)
	case n.method == spec.MethodSet && n.samples == 1:
		for i, count := range batch.Count {
			dst[i] = outside(count) * 255
		}
	case n.method == spec.MethodSet:
		addSet(s.sums, batch.Count)
	case n.samples == 1:
		n.store(dst, n.color(s.colors[:len(batch.Count)], batch))
	default:
		n.addSquares(s.sums, n.color(s.colors[:len(batch.Count)], batch))
	}
}

// Finish writes the means of the samples into dst, if there are several.
func (n *Shader) Finish(s *Scratch, dst []byte) {
	switch {
	case n.samples == 1:
	case n.format == bandpng.RGB16, n.format == bandpng.Gray16:
		mean16(dst, s.sums, n.samples)
	default:
		mean8(dst, s.sums, n.samples)
	}
}

// setBits sets the bit of every pixel that escapes: white outside, black inside.
func setBits(dst []byte, counts []int32) {
	for ; len(counts) >= 8; counts, dst = counts[8:], dst[1:] {
		c := (*[8]int32)(counts)
		dst[0] = outside(c[0])<<7 | outside(c[1])<<6 | outside(c[2])<<5 | outside(c[3])<<4 |
			outside(c[4])<<3 | outside(c[5])<<2 | outside(c[6])<<1 | outside(c[7])
	}
	for i, count := range counts {
		dst[0] |= outside(count) << (7 - i)
	}
}

// outside is 1 for a count of 1 and more, and 0 for 0.
func outside(count int32) byte { return byte(uint32(-count) >> 31) } //nolint:gosec // one bit

// white is the square of the brightest channel of 8 bits.
const white = 255 * 255

func addSet(sums []uint64, counts []int32) {
	for i, count := range counts {
		sums[i] += uint64(outside(count)) * white
	}
}

// mean8 writes the roots of the mean squares, rounded to the nearest, of channels of 8 bits.
func mean8(dst []byte, sums []uint64, samples int) {
	for i := range dst {
		dst[i] = byte(rootMean(sums[i], samples))
	}
}

// mean16 is mean8 for channels of 16 bits.
func mean16(dst []byte, sums []uint64, samples int) {
	for i := range len(dst) / 2 {
		binary.BigEndian.PutUint16(dst[2*i:], uint16(rootMean(sums[i], samples)))
	}
}

// rootMean is exact but for the root, which IEEE 754 defines. The quotient is that of integers, computed in float64, which
// is quicker: the sum of 2^16 squares, more than a pixel may have samples, is below 2^48, so where the quotient is no integer it is by 2^-48 of its size
// away from one, and rounding does not reach that.
func rootMean(sum uint64, samples int) float64 {
	square := int64(float64(sum+uint64(samples)/2) / float64(samples)) //nolint:gosec // samples is positive
	return math.Sqrt(float64(square)) + 0.5
}

// addSquares adds the squares of the colours' channels.
func (n *Shader) addSquares(sums, colors []uint64) {
	if n.format == bandpng.Gray8 || n.format == bandpng.Gray16 {
		for i, color := range colors {
			sums[i] += color * color
		}
		return
	}
	bits, mask := 8, uint64(1<<8-1)
	if n.format == bandpng.RGB16 {
		bits, mask = 16, 1<<16-1
	}
	for i, color := range colors {
		red, green, blue := color&mask, color>>(bits&63)&mask, color>>(2*bits&63)&mask
		sum := sums[3*i : 3*i+3 : 3*i+3]
		sum[0] += red * red
		sum[1] += green * green
		sum[2] += blue * blue
	}
}
