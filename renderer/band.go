package renderer

import (
	"context"
	"fmt"
	"io"

	"mandelfarm/renderer/bandpng"
)

// SegmentRows is the height of a segment, the smallest piece of a picture that is compressed on its own. Bands begin
// at multiples of it.
const SegmentRows = bandpng.SegmentRows

// Sum is the checksum of a band, which the end of a PNG needs. That of raw data is zero.
type Sum = bandpng.Sum

// Head is what comes before the first band in the file of s.
func Head(s Spec) ([]byte, error) {
	p, err := newPainter(s)
	if err != nil {
		return nil, err
	}
	return p.head(), nil
}

// WriteBand writes the part of the file of s that holds the given rows, which begin at a multiple of [SegmentRows]
// and end at one or at the last row. Head, the bands of all rows in order, and [Tail] of their sums are the file that
// [Write] writes, byte for byte, however the rows are divided.
func WriteBand(ctx context.Context, w io.Writer, s Spec, rows Rows, opt Options) (Sum, error) {
	p, err := newPainter(s)
	if err != nil {
		return Sum{}, err
	}
	height := p.spec.Height
	if rows.Start < 0 || rows.Start >= rows.End || rows.End > height ||
		rows.Start%SegmentRows != 0 || (rows.End%SegmentRows != 0 && rows.End != height) {
		return Sum{}, fmt.Errorf("rows %d to %d are no band of a picture %d high", rows.Start, rows.End, height)
	}
	return p.writeSegments(ctx, w, rows, opt)
}

// Tail is what comes after the last band of the file of s, given the sum of all.
func Tail(s Spec, sum Sum) ([]byte, error) {
	p, err := newPainter(s)
	if err != nil {
		return nil, err
	}
	return p.tail(sum), nil
}

// Reduced is the same view in a smaller PNG: at most the given width and height, one sample per pixel.
func (s Spec) Reduced(width, height int) Spec {
	w, h := s.Width, s.Height
	if w > width {
		w, h = width, max(1, int(int64(s.Height)*int64(width)/int64(s.Width)))
	}
	if h > height {
		w, h = max(1, int(int64(s.Width)*int64(height)/int64(s.Height))), height
	}
	s.Width, s.Height, s.Samples = w, h, 1
	return s.As(PNG)
}
