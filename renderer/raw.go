package renderer

import (
	"encoding/binary"
	"math"
	"sync"

	"mandelfarm/renderer/bandpng"
	"mandelfarm/renderer/elementary"
	"mandelfarm/renderer/escape"
	"mandelfarm/renderer/exr"
	"mandelfarm/renderer/npy"
	"mandelfarm/renderer/shade"
	"mandelfarm/renderer/spec"
)

// What the texts in a file are called, and what the second begins with.
const (
	specKeyword     = "mandelfarm"
	softwareKeyword = "Software"
	software        = "mandelfarm renderer "
)

// rawLayout is that of a file of raw data. Its segments follow one another without gaps, and any of them can be made alone. It
// is shared by goroutines.
type rawLayout interface {
	fileLayout
	rowLayout
}

// fileLayout is how a file is made of segments.
type fileLayout interface {
	// head is what comes before the segments.
	head() []byte
	// segmentRows is the height of a segment.
	segmentRows() int
	// pack makes of the rows of a segment what is written, in the memory of dst if it is not the rows themselves.
	pack(dst, rows []byte, limit int) ([]byte, bandpng.Sum)
	// tail is what comes after the segments, given the sum of all.
	tail(all bandpng.Sum) []byte
}

// rowLayout is how a row is made of points and colours, before it is packed.
type rowLayout interface {
	// stride is the number of bytes of a row.
	stride() int
	// traced reports whether measure needs to know how points escape: the further slices of a batch.
	traced() bool
	// doubtful reports whether measure needs to know which points are undecided, and so Doubt too.
	doubtful() bool
	// measure puts what became of points, the centres of the pixels of a row from a column on, where it belongs in the
	// row's data.
	measure(data []byte, row, column int, centres escape.Batch)
	// color puts the colours of as many pixels beside that.
	color(data []byte, row, column int, format Format, pixels []byte, width int)
}

// partRows is the height of a part, the unit of work: of a tile of 256 pixels it is a run.
const partRows = 8

// unpacked is of layouts whose rows have one size in the file and stand there as they are. Since each is large, a segment is
// a part's.
type unpacked struct{}

func (unpacked) segmentRows() int { return partRows }

func (unpacked) pack(_, rows []byte, _ int) ([]byte, bandpng.Sum) { return rows, bandpng.Sum{} }

func (unpacked) tail(bandpng.Sum) []byte { return nil }

// counts is the layout of NPY.
type counts struct {
	unpacked

	width, height int
	kernel        escape.Kernel
	undecided     bool // are told of
}

// pair is what an array of counts is called that tells of undecided pixels.
var pair = npy.Pair{Number: "nu", Truth: "undecided"} //nolint:gochecknoglobals // a constant

func (c counts) head() []byte {
	if c.undecided {
		return pair.Head(c.width, c.height)
	}
	return npy.Head(c.width, c.height)
}

func (c counts) size() int {
	if c.undecided {
		return npy.PairSize
	}
	return npy.Size
}

func (c counts) stride() int { return c.size() * c.width }

func (c counts) traced() bool { return c.undecided }

func (c counts) doubtful() bool { return c.undecided }

func (c counts) color([]byte, int, int, Format, []byte, int) {} // has none

func (c counts) measure(data []byte, _, column int, centres escape.Batch) {
	data = data[c.size()*column:]
	for i, count := range centres.Count {
		nu := math.NaN()
		if count != 0 {
			nu = c.kernel.Nu(count, centres.Norm2[i])
		}
		if c.undecided {
			npy.PutPair(data[npy.PairSize*i:], nu, isUndecided(centres, i))
		} else {
			npy.Put(data[npy.Size*i:], nu)
		}
	}
}

// channels is the layout of EXR.
type channels struct {
	unpacked

	spec   spec.Spec
	kernel escape.Kernel
	shift  float64 // of the kernel
}

func newChannels(s spec.Spec) channels {
	k := newKernel(s)
	return channels{spec: s, kernel: k, shift: k.Shift()}
}

func (c channels) head() []byte {
	return exr.Head(exr.Header{
		Width: c.spec.Width, Height: c.spec.Height, Iterations: c.kernel.MaxIterations, Channels: c.channels(),
		Text: []exr.Text{
			{Name: specKeyword, Value: string(c.spec.Canonical())},
			{Name: softwareKeyword, Value: software + spec.Version},
		},
	})
}

func (c channels) stride() int { return c.channels().LineSize(c.spec.Width) }

func (c channels) traced() bool { return true }

func (c channels) doubtful() bool { return c.spec.Undecided }

// channels are those of the file.
func (c channels) channels() exr.Channels {
	list := exr.Channels{Counts: exr.UintCounts, Undecided: c.spec.Undecided}
	if c.spec.Counts == spec.FloatCounts {
		list.Counts = exr.FloatCounts
	}
	return list
}

func (c channels) measure(data []byte, row, column int, centres escape.Batch) {
	line := exr.NewLine(data, row, c.channels())
	for i, count := range centres.Count {
		if c.spec.Undecided {
			line.SetUndecided(column+i, isUndecided(centres, i))
		}
		if count == 0 {
			line.SetEscape(column+i, exr.Escape{N: exr.Inside})
			continue
		}
		norm2 := centres.Norm2[i]
		n, fraction := split(c.kernel, c.shift, count, norm2)
		dx, dy := away(norm2, centres.GradX[i], -centres.GradY[i])
		line.SetEscape(column+i, exr.Escape{
			N: n, NF: fraction, T: float32Below1(elementary.Turns(centres.ZX[i], centres.ZY[i])),
			DEX: dx, DEY: dy,
		})
	}
}

func (c channels) color(data []byte, row, column int, format Format, pixels []byte, width int) {
	colorLine(exr.NewLine(data, row, c.channels()), column, format, pixels, width)
}

// split returns the continuous count of a point that escapes, as EXR has it: the whole part with the bias, and the rest.
func split(k escape.Kernel, shift float64, count int32, norm2 float64) (n uint32, rest float32) {
	whole, fraction := k.Split(shift, count, norm2)
	return uint32(whole + exr.Bias), float32Below1(fraction) //nolint:gosec // positive: |z| is below 1e200, the whole part above -1024
}

// float32Below1 rounds a number from 0 up to 1, which it does not reach.
func float32Below1(x float64) float32 {
	const most = 1 - 0x1p-24
	return float32(min(x, most))
}

// away is half the distance to the boundary as a vector along the gradient of |z|, which is per pixel; zero where that has no
// direction.
func away(norm2, right, down float64) (dx, dy float32) {
	slope := math.Sqrt(float64(right*right) + float64(down*down))
	if !(slope > 0 && slope <= math.MaxFloat64) {
		return 0, 0
	}
	half := shade.Distance(norm2, right, down) / 2
	return float32(float64(half * (right / slope))), float32(float64(half * (down / slope)))
}

// light maps the 16 bits of a channel in sRGB to linear light as a half.
var light = sync.OnceValue(newLight) //nolint:gochecknoglobals // a constant that takes a moment to compute

func newLight() *[1 << 16]uint16 {
	var table [1 << 16]uint16
	for i := range table {
		table[i] = exr.Half(elementary.Linear(float64(i) / (1<<16 - 1)))
	}
	return &table
}

// gray8 is how often a channel of 8 bits is in one of 16.
const gray8 = 0x101

// colorLine puts the colours of pixels into a line from a column on.
func colorLine(line exr.Line, column int, format Format, pixels []byte, width int) {
	table := light()
	for i := range width {
		var c exr.Color
		switch format {
		case Gray1:
			gray := table[uint16(pixels[i/8]>>(7-i%8)&1)*0xffff]
			c = exr.Color{R: gray, G: gray, B: gray}
		case Gray8:
			gray := table[uint16(pixels[i])*gray8]
			c = exr.Color{R: gray, G: gray, B: gray}
		case Gray16:
			gray := table[binary.BigEndian.Uint16(pixels[2*i:])]
			c = exr.Color{R: gray, G: gray, B: gray}
		case RGB16:
			p := pixels[6*i:]
			c.R = table[binary.BigEndian.Uint16(p)]
			c.G = table[binary.BigEndian.Uint16(p[2:])]
			c.B = table[binary.BigEndian.Uint16(p[4:])]
		case RGB8, Indexed8: // not drawn for an EXR
		}
		line.SetColor(column+i, c)
	}
}
