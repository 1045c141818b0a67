package renderer

import (
	"fmt"
	"math"
	"math/bits"

	"mandelfarm/renderer/escape"
	"mandelfarm/renderer/npy"
)

// record is the layout of a file of raw data. Its rows follow one another without gaps and have one size, so that any of
// them can be made alone. It is shared by goroutines.
type record interface {
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

// newRecord returns the layout that a normalised Spec asks for, and nil for a PNG.
func newRecord(s Spec) record {
	switch s.Format {
	case NPY:
		return counts{width: s.Width, height: s.Height, kernel: newKernel(s)}
	case EXR:
		return newChannels(s)
	case PNG:
	}
	return nil
}

// RawBytes is the size of all rows in the file of a normalised Spec if that is one of raw data: the file's but for its head,
// which is small beside them. It is 0 for a PNG, whose size nobody knows before it is drawn.
func (s Spec) RawBytes() int64 {
	r := newRecord(s)
	if r == nil {
		return 0
	}
	high, low := bits.Mul64(uint64(r.stride()), uint64(s.Height)) //nolint:gosec // both are positive
	if high > 0 || low > math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(low)
}

func (s Spec) checkRaw(l Limits) *FieldError {
	size := s.RawBytes()
	if l.RawBytes <= 0 || size <= l.RawBytes {
		return nil
	}
	return newFieldError("format", string(s.Format), fmt.Sprintf(
		"makes %d bytes at %dx%d, and raw data may have at most %d", size, s.Width, s.Height, l.RawBytes))
}

// shown is the picture that is drawn along with the data: for previews, and for an EXR, which has room for all 16 bits of
// its colours.
func (s Spec) shown() Spec {
	switch s.Format {
	case EXR:
		s.Depth = 16
	case NPY:
	case PNG:
		return s
	}
	return s.As(PNG)
}

// recordCentres hands the record the first sample of each pixel of a run.
func (p *painter) recordCentres(b *brush, batch escape.Batch, rows Rows, column int) {
	width := len(batch.Re) / rows.Count()
	for i := range rows.Count() {
		row := rows.Start + i
		p.record.measure(p.dataOf(b, row), row, column, batch.Part(i*width, (i+1)*width))
	}
}

// recordColors hands the record the pixels of a run.
func (p *painter) recordColors(b *brush, pixels []byte, rows Rows, column int) {
	size := len(pixels) / rows.Count()
	width := min(run, p.spec.Width-column)
	for i := range rows.Count() {
		row := rows.Start + i
		p.record.color(p.dataOf(b, row), row, column, p.format, pixels[i*size:(i+1)*size], width)
	}
}

// dataOf returns the brush's data of a row.
func (p *painter) dataOf(b *brush, row int) []byte {
	stride := p.record.stride()
	return b.data[(row-b.first)*stride:][:stride]
}

// counts is the record of NPY.
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
