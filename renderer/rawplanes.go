package renderer

import (
	"math"

	"mandelfarm/renderer/bandpng"
	"mandelfarm/renderer/elementary"
	"mandelfarm/renderer/escape"
	"mandelfarm/renderer/exr"
	"mandelfarm/renderer/planes"
	"mandelfarm/renderer/shade"
	"mandelfarm/renderer/spec"
)

// planeEncoders are shared by all files because their tables cost more to make than a tile to pack.
var planeEncoders planes.Pool //nolint:gochecknoglobals // a cache that no result depends on

// packed is the layout of PackedCounts and PackedGradients.
type packed struct {
	header planes.Header
	kernel escape.Kernel
	shift  float64 // of the kernel
}

func newPacked(s spec.Spec) packed {
	k := newKernel(s)
	shift, content := k.Shift(), planes.Counts
	if s.Format == spec.PackedGradients {
		content = planes.Gradients
	}
	if s.Coloring.Periods {
		content |= planes.Periods
	}
	return packed{
		header: planes.Header{Width: s.Width, Height: s.Height, Content: content, Nu: -shift - exr.Bias},
		kernel: k, shift: shift,
	}
}

func (l packed) head() []byte { return planes.Head(l.header) }

func (l packed) tail(all bandpng.Sum) []byte { return planes.Tail(l.header, all) }

func (l packed) segmentRows() int { return spec.SegmentRows }

func (l packed) stride() int { return l.header.RowSize() }

func (l packed) traced() bool { return l.header.Content&planes.Gradients == planes.Gradients }

func (l packed) doubtful() bool { return false }

func (l packed) pack(dst, rows []byte, limit int) ([]byte, bandpng.Sum) {
	e := planeEncoders.Get()
	defer planeEncoders.Put(e)
	return e.AppendSegment(dst, l.header, limit, rows)
}

func (l packed) color([]byte, int, int, Format, []byte, int) {} // has none

func (l packed) measure(data []byte, _, column int, centres escape.Batch) {
	for i, count := range centres.Count {
		if count == 0 {
			l.header.PutInside(data, column+i, periodOf(centres, i))
			continue
		}
		var p planes.Pixel
		norm2 := centres.Norm2[i]
		p.N, p.NF = split(l.kernel, l.shift, count, norm2)
		if l.traced() {
			right, up := centres.GradX[i], centres.GradY[i]
			p.Distance = elementary.Log2(1 + float64(8*shade.Distance(norm2, right, up)))
			p.Direction = directionOf(right, up)
		}
		l.header.Put(data, column+i, p)
	}
}

// periodOf is the period of a point of a batch, 0 if the batch has none.
func periodOf(b escape.Batch, i int) uint32 {
	if b.Period == nil {
		return 0
	}
	return uint32(b.Period[i]) //nolint:gosec // never negative
}

// directionOf is that of a gradient in turns, negative where it has none.
func directionOf(right, up float64) float64 {
	slope := math.Sqrt(float64(right*right) + float64(up*up))
	if !(slope > 0 && slope <= math.MaxFloat64) {
		return -1
	}
	return elementary.Turns(right, up)
}
