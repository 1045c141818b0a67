// Package preview makes the picture so far of a large image: small, coarse where
// the image is not drawn yet, and real where it is.
//
// A preview has a size of its own, [Of]. Its base is a coarse picture of the
// whole, at most as large, which is enlarged. Over that go strips, one for each
// band that is drawn: those pixels of the band that lie in the middle of a pixel
// of the preview. A [Sampler] picks them while the band is drawn, which costs
// next to nothing; [Compose] puts everything together.
//
// The package knows pixels. It does not know where bases and strips are kept.
package preview

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"io"
	"maps"
	"slices"

	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
)

// The largest preview, in pixels.
const (
	maxWidth  = 512
	maxHeight = 384
)

// MaxBytes is more than the file of a preview, or of a base, can have.
const MaxBytes = 4 << 20

// channels of a pixel of a strip: red, green and blue, a byte each.
const channels = 3

// Layout says which pixels of an image its preview has.
type Layout struct {
	image, preview image.Point // sizes
}

// Of is the layout for the preview of the image of s.
func Of(s spec.Spec) Layout {
	small := s.Reduced(maxWidth, maxHeight)
	return Layout{image: image.Pt(s.Width, s.Height), preview: image.Pt(small.Width, small.Height)}
}

// row is the row of the image in the middle of a row of the preview.
func (l Layout) row(y int) int { return middle(y, l.image.Y, l.preview.Y) }

// column is the column of the image in the middle of a column of the preview.
func (l Layout) column(x int) int { return middle(x, l.image.X, l.preview.X) }

func middle(i, size, small int) int {
	return int((2*int64(i) + 1) * int64(size) / (2 * int64(small)))
}

// rows are the rows of the preview whose rows of the image lie in the given ones.
func (l Layout) rows(of spec.Rows) spec.Rows {
	first := func(row int) int { // of the preview that lies at row or below
		y := min(l.preview.Y, int(int64(row)*int64(l.preview.Y)/int64(l.image.Y)))
		for y > 0 && l.row(y-1) >= row {
			y--
		}
		for y < l.preview.Y && l.row(y) < row {
			y++
		}
		return y
	}
	return spec.Rows{Start: first(of.Start), End: first(of.End)}
}

// Sampler picks the pixels of a strip from the segments of a band.
type Sampler struct {
	layout Layout
	rows   spec.Rows // of the preview
	pix    []byte
}

// NewSampler picks those of the given rows of the image.
func NewSampler(l Layout, band spec.Rows) *Sampler {
	rows := l.rows(band)
	return &Sampler{layout: l, rows: rows, pix: make([]byte, rows.Count()*l.preview.X*channels)}
}

// Add picks from a segment of the band. Segments may be added at the same time,
// and in any order; it is a [renderer.Options].Segment.
func (s *Sampler) Add(p *renderer.Pixels) {
	rows := s.layout.rows(p.Rows)
	stride := s.layout.preview.X * channels
	for y := max(rows.Start, s.rows.Start); y < min(rows.End, s.rows.End); y++ {
		from := p.Pix[(s.layout.row(y)-p.Rows.Start)*p.Stride:][:p.Stride]
		to := s.pix[(y-s.rows.Start)*stride:][:stride]
		for x := range s.layout.preview.X {
			rgb := pixel(from, p, s.layout.column(x))
			copy(to[x*channels:], rgb[:])
		}
	}
}

// pixel is the colour in a column of a row of p.
func pixel(row []byte, p *renderer.Pixels, column int) [channels]byte {
	gray := func(b byte) [channels]byte { return [channels]byte{b, b, b} }
	switch p.Format {
	case renderer.Gray1:
		if row[column/8]&(0x80>>(column%8)) != 0 {
			return gray(255)
		}
		return gray(0)
	case renderer.Gray8:
		return gray(row[column])
	case renderer.Indexed8:
		return p.Palette[row[column]]
	case renderer.RGB16:
		from := row[6*column:]
		return [channels]byte{from[0], from[2], from[4]}
	case renderer.Gray16:
		return gray(row[2*column])
	case renderer.RGB8:
	}
	return [channels]byte(row[channels*column:])
}

// Strip is what was picked, compressed; nil if the band lies between two rows of
// the preview.
func (s *Sampler) Strip() ([]byte, error) {
	if len(s.pix) == 0 {
		return nil, nil
	}
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestSpeed)
	if err == nil {
		_, err = w.Write(s.pix)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("strip: %w", err)
	}
	return out.Bytes(), nil
}

// Picture is everything a preview is made of.
type Picture struct {
	Layout Layout
	Base   []byte            // the coarse picture, a PNG file
	Bands  map[int]spec.Rows // of the image
	Strips map[int][]byte    // of bands that are drawn, by the same index
}

// Tag names the preview's content: it is another when a strip has come.
func (p Picture) Tag() string {
	h := sha256.New()
	_, _ = h.Write(p.Base) // never fails
	for _, band := range slices.Sorted(maps.Keys(p.Strips)) {
		_, _ = h.Write(binary.BigEndian.AppendUint64(nil, uint64(band))) //nolint:gosec // only to tell tags apart
		_, _ = h.Write(p.Strips[band])
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}

// Compose makes the preview, a PNG file. Strips that do not fit are left out:
// they are of another plan.
func (p Picture) Compose() ([]byte, error) {
	base, err := png.Decode(bytes.NewReader(p.Base))
	if err != nil {
		return nil, fmt.Errorf("base of preview: %w", err)
	}
	canvas := p.Layout.enlarge(base)
	for band, strip := range p.Strips {
		rows, ok := p.Bands[band]
		if !ok {
			continue
		}
		p.Layout.paste(canvas, rows, strip)
	}
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&out, canvas); err != nil {
		return nil, fmt.Errorf("preview: %w", err)
	}
	return out.Bytes(), nil
}

// enlarge makes the base as large as the preview, pixels as blocks.
func (l Layout) enlarge(base image.Image) *image.NRGBA {
	from := image.NewNRGBA(image.Rectangle{Max: base.Bounds().Size()})
	draw.Draw(from, from.Rect, base, base.Bounds().Min, draw.Src)
	canvas := image.NewNRGBA(image.Rectangle{Max: l.preview})
	for y := range l.preview.Y {
		row := from.Pix[middle(y, from.Rect.Dy(), l.preview.Y)*from.Stride:]
		for x := range l.preview.X {
			copy(canvas.Pix[canvas.PixOffset(x, y):][:4], row[4*middle(x, from.Rect.Dx(), l.preview.X):])
		}
	}
	return canvas
}

// paste puts a strip over the canvas, if it fits.
func (l Layout) paste(canvas *image.NRGBA, band spec.Rows, strip []byte) {
	rows := l.rows(band)
	pix := make([]byte, rows.Count()*l.preview.X*channels)
	r := flate.NewReader(bytes.NewReader(strip))
	if _, err := io.ReadFull(r, pix); err != nil {
		return
	}
	if n, _ := r.Read(make([]byte, 1)); n != 0 {
		return
	}
	for y := rows.Start; y < rows.End; y++ {
		for x := range l.preview.X {
			copy(canvas.Pix[canvas.PixOffset(x, y):][:channels], pix[((y-rows.Start)*l.preview.X+x)*channels:]) // opaque already
		}
	}
}
