package renderer

import (
	"context"
	"math"
	"strconv"
	"sync"

	"mandelfarm/renderer/bandpng"
	"mandelfarm/renderer/escape"
	"mandelfarm/renderer/palette"
)

// painter is everything about a Spec that is computed once. It does not change; goroutines share it.
type painter struct {
	spec     Spec
	format   Format
	grid     grid
	kernel   escape.Kernel
	offsets  []offset
	table    *palette.Table // nil for MethodSet
	interior palette.RGB
	density  float64 // turns per unit of sqrt(nu)
	offset   float64 // turns
}

// turnsPerRoot is how far one unit of sqrt(nu) goes around the palette at density 1.
const turnsPerRoot = 1.0 / 8

// newPainter normalises the Spec and prepares it.
func newPainter(s Spec) (*painter, error) {
	s, err := s.Normalize()
	if err != nil {
		return nil, err
	}
	p := &painter{spec: s, grid: newGrid(s), offsets: offsets(s.Samples), kernel: newKernel(s)}
	if s.Coloring.Method == MethodSet {
		p.format = Gray1
		if s.Samples > 1 {
			p.format = Gray8
		}
		return p, nil
	}
	p.format = RGB8
	p.table, _ = palette.New(s.Coloring.Palette) // Normalize has checked the name
	p.interior = s.Coloring.Interior.rgb()
	p.density = s.Coloring.Density.Float64() * turnsPerRoot
	p.offset = s.Coloring.Offset.Float64()
	return p, nil
}

func newKernel(s Spec) escape.Kernel {
	k := escape.Kernel{
		Formula:       escape.Mandelbrot,
		SeedRe:        s.Seed.Re.Float64(),
		SeedIm:        s.Seed.Im.Float64(),
		MaxIterations: s.MaxIterations,
		Radius2:       4,
	}
	if s.Coloring.Method == MethodSmooth {
		k.Radius2 = escape.SmoothRadius2
	}
	switch s.Formula {
	case Julia:
		k.Formula = escape.Julia
	case BurningShip:
		k.Formula = escape.BurningShip
	case Tricorn:
		k.Formula = escape.Tricorn
	case Mandelbrot:
	}
	return k
}

// rgb returns the channels of a colour in canonical form.
func (c Color) rgb() palette.RGB {
	value, err := strconv.ParseUint(string(c[1:]), 16, 24)
	if err != nil {
		panic("renderer: colour is not normalised: " + err.Error())
	}
	return palette.RGB{byte(value >> 16), byte(value >> 8), byte(value)} //nolint:gosec // one channel each
}

// header describes the PNG file. Its text says how to make the picture again.
func (p *painter) header() bandpng.Header {
	return bandpng.Header{
		Width:  p.spec.Width,
		Height: p.spec.Height,
		Format: p.format,
		Text: []bandpng.Text{
			{Keyword: "mandelfarm", Value: string(p.spec.Canonical())},
			{Keyword: "Software", Value: "mandelfarm renderer " + Version},
		},
	}
}

// run is the number of pixels that are computed together: the more, the better the kernel is used, up to the size of its
// chunks. It is a multiple of 8, so that runs of 1-bit pixels begin at a byte.
const run = 2048

// brush is the working memory of one goroutine. Its size does not depend on the image.
type brush struct {
	batch *escape.Batch
	sums  [3 * run]uint32 // of squared channels, over the samples of each pixel
}

// brushes are shared by all images because their memory costs more to make than a small image to paint.
var brushes = sync.Pool{New: func() any { return &brush{batch: escape.NewBatch(run)} }} //nolint:gochecknoglobals // a cache that no result depends on

func getBrush() *brush { return brushes.Get().(*brush) } //nolint:forcetypeassert // holds nothing else

// runRows is the number of rows that a run of pixels has. Rows that are shorter than a run are joined, if the bytes of
// their pixels are.
func (p *painter) runRows() int {
	if p.format == Gray1 && p.spec.Width%8 != 0 {
		return 1
	}
	return max(1, run/p.spec.Width)
}

// paintRows computes some rows of the image into dst, which has the rows' strides and is zero.
func (p *painter) paintRows(ctx context.Context, b *brush, rows Rows, dst []byte) error {
	height := p.runRows()
	for top := rows.Start; top < rows.End; top += height {
		part := Rows{top, min(top+height, rows.End)}
		for column := 0; column < p.spec.Width; column += run {
			width := min(run, p.spec.Width-column)
			size := p.format.Stride(width) * part.Count()
			if err := p.paintRun(ctx, b, part, column, width, dst[:size]); err != nil {
				return err
			}
			dst = dst[size:]
		}
	}
	return nil
}

// paintRun computes a run of pixels: some columns of one row, or all of several.
func (p *painter) paintRun(ctx context.Context, b *brush, rows Rows, column, width int, dst []byte) error {
	batch := b.batch.Slice(width * rows.Count())
	clear(b.sums[:])
	for _, at := range p.offsets {
		for i := range rows.Count() {
			p.grid.place(batch.Part(i*width, (i+1)*width), rows.Start+i, column, at)
		}
		if err := p.kernel.Run(ctx, batch); err != nil {
			return err
		}
		switch p.format {
		case Gray1:
			shadeSet(dst, batch.Count)
		case Gray8:
			addSet(b.sums[:], batch.Count)
		case RGB8:
			p.shadeSmooth(dst, batch)
			if len(p.offsets) > 1 {
				addSquares(b.sums[:], dst)
			}
		}
	}
	if len(p.offsets) > 1 {
		mean(dst, b.sums[:], len(p.offsets))
	}
	return nil
}

// shadeSet sets the bit of every pixel that escapes: white outside, black inside.
func shadeSet(dst []byte, counts []int32) {
	for i, count := range counts {
		if count != 0 {
			dst[i/8] |= 0x80 >> (i % 8)
		}
	}
}

// white is the square of the brightest channel.
const white = 255 * 255

func addSet(sums []uint32, counts []int32) {
	for i, count := range counts {
		if count != 0 {
			sums[i] += white
		}
	}
}

// shadeSmooth writes the colour of every point of the batch.
func (p *painter) shadeSmooth(dst []byte, batch escape.Batch) {
	for i, count := range batch.Count {
		color := p.interior
		if count != 0 {
			nu := max(0, escape.Smooth(count, batch.Norm2[i]))
			color = p.table.At(p.offset + float64(p.density*math.Sqrt(nu)))
		}
		copy(dst[3*i:3*i+3], color[:])
	}
}

func addSquares(sums []uint32, channels []byte) {
	for i, c := range channels {
		sums[i] += uint32(c) * uint32(c)
	}
}

// mean writes the roots of the mean squares, rounded to the nearest. The sum of maxSamples squares fits 32 bits.
func mean(dst []byte, sums []uint32, samples int) {
	for i := range dst {
		square := (uint64(sums[i]) + uint64(samples)/2) / uint64(samples) //nolint:gosec // samples is positive
		dst[i] = byte(math.Sqrt(float64(square)) + 0.5)
	}
}
