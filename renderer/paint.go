package renderer

import (
	"context"
	"encoding/binary"
	"math"
	"runtime"
	"sync"

	"mandelfarm/renderer/bandpng"
	"mandelfarm/renderer/deep"
	"mandelfarm/renderer/escape"
)

// painter is everything about a Spec that is computed once. It does not change; goroutines share it.
type painter struct {
	spec    Spec
	format  Format
	grid    grid
	kernel  escape.Kernel
	offsets []offset
	ink     *ink         // nil for MethodSet
	record  record       // nil for a PNG
	ground  *deep.Ground // nil for views that are not deep
}

// newPainter normalises the Spec and prepares it.
func newPainter(s Spec) (*painter, error) {
	s, err := s.Normalize()
	if err != nil {
		return nil, err
	}
	p := &painter{spec: s, grid: newGrid(s), offsets: offsets(s.Samples), kernel: newKernel(s), record: newRecord(s)}
	shown := s.shown()
	switch {
	case shown.Coloring.Method != MethodSet:
		p.ink = newInk(shown)
		p.format = p.ink.format
	case shown.Samples > 1:
		p.format = Gray8
	default:
		p.format = Gray1
	}
	return p, nil
}

func newKernel(s Spec) escape.Kernel {
	k := escape.Kernel{
		Formula:       escape.Mandelbrot,
		Power:         s.Power,
		SeedRe:        s.Seed.Re.Float64(),
		SeedIm:        s.Seed.Im.Float64(),
		MaxIterations: s.MaxIterations.most(),
		Radius2:       4,
	}
	if s.Coloring.Method != MethodSet || s.Format != PNG {
		k.Radius2 = escape.SmoothRadius2
	}
	switch s.Formula {
	case Julia:
		k.Formula = escape.Julia
	case BurningShip:
		k.Formula = escape.BurningShip
	case Tricorn:
		k.Formula = escape.Tricorn
	case Mandelbrot, Multibrot:
	}
	return k
}

// header describes the PNG file. Its text says how to make the picture again.
func (p *painter) header() bandpng.Header {
	return bandpng.Header{
		Width:   p.spec.Width,
		Height:  p.spec.Height,
		Format:  p.format,
		Palette: p.palette(),
		Text: []bandpng.Text{
			{Keyword: specKeyword, Value: string(p.spec.Canonical())},
			{Keyword: softwareKeyword, Value: software + Version},
		},
	}
}

// palette returns the colours of Indexed8, and nil for other formats.
func (p *painter) palette() [][3]uint8 {
	if p.ink == nil {
		return nil
	}
	return p.ink.palette
}

// What the texts in a file are called, and what the second begins with.
const (
	specKeyword     = "mandelfarm"
	softwareKeyword = "Software"
	software        = "mandelfarm renderer "
)

// run is the number of pixels that are computed together: the more, the better the kernel is used, up to the size of its
// chunks. It is a multiple of 8, so that runs of 1-bit pixels begin at a byte.
const run = 2048

// brush is the working memory of one goroutine. Its size does not depend on the image.
type brush struct {
	batch  *escape.Batch
	colors [run]uint64     // of one sample of each pixel
	sums   [3 * run]uint64 // of squared channels, over the samples of each pixel

	data  []byte // of a raw file: that of the rows from first on; nil if nobody wants it
	first int
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
			// Others may be waiting for the core, a request's goroutine for a moment of it: without this they wait for
			// the scheduler's time slices, one after the other for every answer from the network.
			runtime.Gosched()
			dst = dst[size:]
		}
	}
	return nil
}

// paintRun computes a run of pixels: some columns of one row, or all of several.
func (p *painter) paintRun(ctx context.Context, b *brush, rows Rows, column, width int, dst []byte) error {
	p.begin(b)
	for _, at := range p.offsets {
		batch, err := p.sample(ctx, b, rows, column, width, at)
		if err != nil {
			return err
		}
		if at.first && b.data != nil {
			p.recordCentres(b, batch, rows, column)
		}
		p.add(b, batch, dst)
	}
	p.finish(b, dst)
	if b.data != nil {
		p.recordColors(b, dst, rows, column)
	}
	return nil
}

// sample follows one point of each pixel of a run, at the same place in all.
func (p *painter) sample(ctx context.Context, b *brush, rows Rows, column, width int, at offset) (escape.Batch, error) {
	batch := p.batch(b, width*rows.Count())
	for i := range rows.Count() {
		p.grid.place(batch.Part(i*width, (i+1)*width), rows.Start+i, column, at)
	}
	run := p.kernel.Run
	if p.ground != nil {
		run = p.ground.Run
	}
	if err := run(ctx, batch); err != nil {
		return batch, err
	}
	p.grid.turnGradients(batch)
	return batch, nil
}

// batch returns room for so many points, with gradients if the method or the record looks at them.
func (p *painter) batch(b *brush, size int) escape.Batch {
	batch := *b.batch
	if p.spec.Coloring.Method.seesGradients() || b.data != nil && p.record.traced() {
		batch = b.batch.Traced()
	}
	return batch.Slice(size)
}

// begin makes the brush ready for a run of pixels.
func (p *painter) begin(b *brush) {
	if len(p.offsets) > 1 {
		clear(b.sums[:])
	}
}

// add colours one sample of each pixel of a run: into dst if there is but one, else into the brush's sums.
func (p *painter) add(b *brush, batch escape.Batch, dst []byte) {
	switch {
	case p.format == Gray1:
		shadeSet(dst, batch.Count)
	case p.ink == nil:
		addSet(b.sums[:], batch.Count)
	case len(p.offsets) == 1:
		p.ink.shade(dst, p.ink.color(b.colors[:len(batch.Count)], batch))
	default:
		p.ink.addSquares(b.sums[:], p.ink.color(b.colors[:len(batch.Count)], batch))
	}
}

// finish writes the means of the samples, if there are several.
func (p *painter) finish(b *brush, dst []byte) {
	switch {
	case len(p.offsets) == 1:
	case p.format == RGB16:
		mean16(dst, b.sums[:], len(p.offsets))
	default:
		mean8(dst, b.sums[:], len(p.offsets))
	}
}

// shadeSet sets the bit of every pixel that escapes: white outside, black inside.
func shadeSet(dst []byte, counts []int32) {
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
// is quicker: the sum of maxSamples squares is below 2^48, so where the quotient is no integer it is by 2^-48 of its size
// away from one, and rounding does not reach that.
func rootMean(sum uint64, samples int) float64 {
	square := int64(float64(sum+uint64(samples)/2) / float64(samples)) //nolint:gosec // samples is positive
	return math.Sqrt(float64(square)) + 0.5
}
