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
	// measure puts what became of points, the centres of the pixels of a row from a column on, where it belongs in the
	// row's data.
	measure(data []byte, row, column int, centres escape.Batch)
}

// newRecord returns the layout that a normalised Spec asks for, and nil for a PNG.
func newRecord(s Spec) record {
	switch s.Format {
	case NPY:
		return counts{width: s.Width, height: s.Height}
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

// shown is what the pixels show that are drawn along with the data, for previews.
func (s Spec) shown() Spec { return s.As(PNG) }

// measure hands the record the first sample of each pixel of a run.
func (p *painter) measure(b *brush, batch escape.Batch, rows Rows, column int) {
	width, stride := len(batch.Re)/rows.Count(), p.record.stride()
	for i := range rows.Count() {
		row := rows.Start + i
		p.record.measure(b.data[(row-b.first)*stride:][:stride], row, column, batch.Part(i*width, (i+1)*width))
	}
}

// counts is the record of NPY.
type counts struct{ width, height int }

func (c counts) head() []byte { return npy.Head(c.width, c.height) }

func (c counts) stride() int { return npy.Size * c.width }

func (c counts) measure(data []byte, _, column int, centres escape.Batch) {
	data = data[npy.Size*column:]
	for i, count := range centres.Count {
		nu := math.NaN()
		if count != 0 {
			nu = escape.Smooth(count, centres.Norm2[i])
		}
		npy.Put(data[npy.Size*i:], nu)
	}
}
