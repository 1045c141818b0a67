package renderer

import (
	"context"
	"fmt"
	"math"

	"mandelfarm/renderer/bandpng"
	"mandelfarm/renderer/spec"
)

// Format is the layout of a row of pixels.
type Format = bandpng.Format

// The formats. Which one a picture has, says [mandelfarm/renderer/shade.Shader.Format].
const (
	Gray1    = bandpng.Gray1
	Gray8    = bandpng.Gray8
	RGB8     = bandpng.RGB8
	Indexed8 = bandpng.Indexed8
	RGB16    = bandpng.RGB16
)

// Pixels is a run of rows of an image.
type Pixels struct {
	Width   int // pixels
	Rows    spec.Rows
	Format  Format
	Palette [][3]uint8 // the colours of Indexed8
	Stride  int        // bytes from one row to the next
	Pix     []byte     // row Rows.Start first
}

// Render computes some rows of the picture. It is a pure function of the Spec and the rows: the same bytes for every
// number of threads and however an image is split into calls. Limits are for the caller to check
// before. When ctx ends it stops within milliseconds and returns the cause.
func Render(ctx context.Context, s spec.Spec, rows spec.Rows, opt Options) (*Pixels, error) {
	if rows.Start < 0 || rows.End > s.Height || rows.Start >= rows.End {
		return nil, fmt.Errorf("render: rows %d to %d are not rows of an image %d high", rows.Start, rows.End, s.Height)
	}
	p := newPainter(s)
	stride := p.format.Stride(p.spec.Width)
	if stride > math.MaxInt/rows.Count() {
		return nil, fmt.Errorf("render: %d rows of %d bytes do not fit into memory", rows.Count(), stride)
	}
	pixels := &Pixels{
		Width: p.spec.Width, Rows: rows, Format: p.format, Stride: stride,
		Palette: p.shader.Palette(), Pix: make([]byte, stride*rows.Count()),
	}
	if err := p.paintAll(ctx, pixels, opt); err != nil {
		return nil, err
	}
	return pixels, nil
}

// paintAll computes all rows of the pixels. Goroutines take the next few when they are done with some.
func (p *painter) paintAll(ctx context.Context, pixels *Pixels, opt Options) error {
	if err := p.prepare(ctx, opt); err != nil {
		return err
	}
	report := reporter{progress: opt.Progress}
	return opt.divide(pixels.Rows, p.runRows(), func(next func() (spec.Rows, bool)) error {
		s := getScratch()
		defer scratches.Put(s)
		for rows, ok := next(); ok; rows, ok = next() {
			from, to := rows.Start-pixels.Rows.Start, rows.End-pixels.Rows.Start
			if err := p.paintRows(ctx, s, rows, pixels.Pix[from*pixels.Stride:to*pixels.Stride]); err != nil {
				return err
			}
			report.report(rows.Count())
		}
		return nil
	})
}
