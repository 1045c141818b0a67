package renderer

import (
	"math"
	"math/bits"

	"mandelfarm/renderer/escape"
	"mandelfarm/renderer/npy"
	"mandelfarm/renderer/spec"
)

// rawLayout is that of a file of raw data. Its rows follow one another without gaps and have one size, so that any of
// them can be made alone. It is shared by goroutines.
type rawLayout interface {
	// head is what comes before the rows.
	head() []byte
	// stride is the number of bytes of a row.
	stride() int
	// traced reports whether measure needs to know how points escape: the further slices of a batch.
	traced() bool
	// measure puts what became of points, the centres of the pixels of a row from a column on, where it belongs in the
	// row's data.
	measure(data []byte, row, column int, centres escape.Batch)
	// color puts the colours of as many pixels beside that.
	color(data []byte, row, column int, format Format, pixels []byte, width int)
}

// newRawLayout returns the layout that a Spec asks for, and nil for a PNG.
func newRawLayout(s spec.Spec) rawLayout {
	switch s.Format {
	case spec.NPY:
		return counts{width: s.Width, height: s.Height, kernel: newKernel(s)}
	case spec.EXR:
		return newChannels(s)
	case spec.PNG:
	}
	return nil
}

// RawBytes is the size of all rows in the file of a Spec if that is one of raw data: the file's but for its head, which is
// small beside them. It is 0 for a PNG, whose size nobody knows before it is drawn.
func RawBytes(s spec.Spec) int64 {
	r := newRawLayout(s)
	if r == nil {
		return 0
	}
	high, low := bits.Mul64(uint64(r.stride()), uint64(s.Height)) //nolint:gosec // both are positive
	if high > 0 || low > math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(low)
}

// counts is the layout of NPY.
type counts struct {
	width, height int
	kernel        escape.Kernel
}

func (c counts) head() []byte { return npy.Head(c.width, c.height) }

func (c counts) stride() int { return npy.Size * c.width }

func (c counts) traced() bool { return false }

func (c counts) color([]byte, int, int, Format, []byte, int) {} // has none

func (c counts) measure(data []byte, _, column int, centres escape.Batch) {
	data = data[npy.Size*column:]
	for i, count := range centres.Count {
		nu := math.NaN()
		if count != 0 {
			nu = c.kernel.Nu(count, centres.Norm2[i])
		}
		npy.Put(data[npy.Size*i:], nu)
	}
}
