package renderer

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"sync"

	"mandelfarm/renderer/bandpng"
	"mandelfarm/renderer/escape"
	"mandelfarm/renderer/shade"
	"mandelfarm/renderer/spec"
)

// painter is everything about a picture that is computed once: its points, its colours and the layout of its file. It does
// not change once it is prepared; goroutines share it.
type painter struct {
	points
	shader *shade.Shader
	format Format
	raw    rawLayout // nil for a PNG
	traced bool      // all points, whoever sees their gradients
	doubts bool      // of the centres of all pixels, whoever wants to know which are undecided
}

func newPainter(s spec.Spec) *painter {
	p := &painter{points: newPoints(s), shader: shade.New(s.Picture()), raw: newRawLayout(s)}
	p.format = p.shader.Format()
	return p
}

// prepare computes what painting takes besides the Spec, unless it is given.
func (p *painter) prepare(ctx context.Context, opt Options) error {
	key := PrepassKey(p.spec)
	if key == "" {
		return nil
	}
	pre := opt.Prepass
	if pre == nil || pre.key != key {
		var err error
		if pre, err = NewPrepass(ctx, p.spec, opt.Threads, nil); err != nil {
			return err
		}
	}
	p.use(pre)
	p.shader.UseHistogram(pre.histogram)
	return nil
}

// header describes the PNG file. Its text says how to make the picture again.
func (p *painter) header() bandpng.Header {
	return bandpng.Header{
		Width:   p.spec.Width,
		Height:  p.spec.Height,
		Format:  p.format,
		Palette: p.shader.Palette(),
		Text: []bandpng.Text{
			{Keyword: specKeyword, Value: string(p.spec.Canonical())},
			{Keyword: softwareKeyword, Value: software + spec.Version},
		},
	}
}

// scratch is the working memory of one goroutine. Its size does not depend on the image.
type scratch struct {
	batch *escape.Batch
	shade *shade.Scratch

	work work // since the last report

	data  []byte // of a raw file: that of the rows from first on; nil if nobody wants it
	first int
}

// scratches are shared by all images because their memory costs more to make than a small image to paint.
var scratches = sync.Pool{New: func() any { //nolint:gochecknoglobals // a cache that no result depends on
	return &scratch{batch: escape.NewBatch(run), shade: shade.NewScratch(run)}
}}

func getScratch() *scratch {
	s := scratches.Get().(*scratch) //nolint:forcetypeassert // holds nothing else
	s.work = work{}
	s.batch.Effort = &s.work.effort
	return s
}

// runRows is the number of rows that a run of pixels has. Rows that are shorter than a run are joined, if the bytes of
// their pixels are.
func (p *painter) runRows() int {
	if p.format == Gray1 && p.spec.Width%8 != 0 {
		return 1
	}
	return max(1, run/p.spec.Width)
}

// paintRows computes some rows of the image into dst, which has the rows' strides and is zero.
func (p *painter) paintRows(ctx context.Context, s *scratch, rows spec.Rows, dst []byte) error {
	height := p.runRows()
	for top := rows.Start; top < rows.End; top += height {
		part := spec.Rows{Start: top, End: min(top+height, rows.End)}
		for column := 0; column < p.spec.Width; column += run {
			width := min(run, p.spec.Width-column)
			size := p.format.Stride(width) * part.Count()
			if err := p.paintRun(ctx, s, part, column, width, dst[:size]); err != nil {
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
func (p *painter) paintRun(ctx context.Context, s *scratch, rows spec.Rows, column, width int, dst []byte) error {
	p.shader.Begin(s.shade)
	for _, at := range p.offsets {
		batch, err := p.follow(ctx, p.batchFor(s, at), rows, column, width, at)
		if err != nil {
			return err
		}
		s.work.count(batch, &p.points)
		if at.first && s.data != nil {
			p.layCentres(s, batch, rows, column)
		}
		p.shader.Add(s.shade, batch, dst)
	}
	p.shader.Finish(s.shade, dst)
	if s.data != nil {
		p.layColors(s, dst, rows, column)
	}
	return nil
}

// batchFor is a batch that holds what is wanted of the points of a run.
func (p *painter) batchFor(s *scratch, at offset) escape.Batch {
	batch := *s.batch
	switch {
	case at.first && (p.doubts || s.data != nil && p.raw.doubtful()):
		batch = s.batch.Doubtful()
	case p.traced || p.spec.Coloring.Method.SeesGradients() || s.data != nil && p.raw.traced():
		batch = s.batch.Traced()
	}
	if p.spec.Coloring.Periods {
		batch = batch.Periodic()
	}
	return batch
}

// layCentres hands the raw layout the first sample of each pixel of a run.
func (p *painter) layCentres(s *scratch, batch escape.Batch, rows spec.Rows, column int) {
	width := len(batch.Re) / rows.Count()
	for i := range rows.Count() {
		row := rows.Start + i
		p.raw.measure(p.dataOf(s, row), row, column, batch.Part(i*width, (i+1)*width))
	}
}

// layColors hands the raw layout the pixels of a run.
func (p *painter) layColors(s *scratch, pixels []byte, rows spec.Rows, column int) {
	size := len(pixels) / rows.Count()
	width := min(run, p.spec.Width-column)
	for i := range rows.Count() {
		row := rows.Start + i
		p.raw.color(p.dataOf(s, row), row, column, p.format, pixels[i*size:(i+1)*size], width)
	}
}

// dataOf returns the scratch's data of a row.
func (p *painter) dataOf(s *scratch, row int) []byte {
	stride := p.raw.stride()
	return s.data[(row-s.first)*stride:][:stride]
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
	return divide(opt.Threads, pixels.Rows, p.runRows(), func(next func() (spec.Rows, bool)) error {
		s := getScratch()
		defer scratches.Put(s)
		for rows, ok := next(); ok; rows, ok = next() {
			from, to := rows.Start-pixels.Rows.Start, rows.End-pixels.Rows.Start
			if err := p.paintRows(ctx, s, rows, pixels.Pix[from*pixels.Stride:to*pixels.Stride]); err != nil {
				return err
			}
			report.report(rows.Count(), &s.work)
		}
		return nil
	})
}
