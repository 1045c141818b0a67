package renderer

import (
	"context"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"mandelfarm/renderer/bandpng"
	"mandelfarm/renderer/panics"
	"mandelfarm/renderer/spec"
)

// encoders are shared by all images because the tables of one cost more to make than a small image to encode.
var encoders bandpng.Pool //nolint:gochecknoglobals // a cache that no result depends on

// Write writes the whole picture as a file of the Spec's format. Rows are computed and segments compressed by all threads
// while the calling goroutine writes; memory is bounded by a few segments, of 64 rows, or of 8 in raw data that is not packed. The
// bytes depend on the Spec alone. A PNG carries the canonical Spec in an iTXt chunk with the keyword "mandelfarm".
func Write(ctx context.Context, w io.Writer, s spec.Spec, opt Options) error {
	p := newPainter(s)
	if _, err := w.Write(p.head()); err != nil {
		return fmt.Errorf("write picture: %w", err)
	}
	sum, err := p.writeSegments(ctx, w, spec.Rows{End: p.spec.Height}, opt)
	if err != nil {
		return err
	}
	if _, err := w.Write(p.tail(sum)); err != nil {
		return fmt.Errorf("write picture: %w", err)
	}
	return nil
}

// head is what comes before the first segment.
func (p *painter) head() []byte {
	if p.raw != nil {
		return p.raw.head()
	}
	return bandpng.Head(p.header())
}

// tail is what comes after the last segment.
func (p *painter) tail(sum bandpng.Sum) []byte {
	if p.raw != nil {
		return p.raw.tail(sum)
	}
	return bandpng.Tail(sum)
}

// segmentRows is the height of a segment.
func (p *painter) segmentRows() int {
	if p.raw != nil {
		return p.raw.segmentRows()
	}
	return spec.SegmentRows
}

// segment is a run of rows on its way from pixels to what is written.
type segment struct {
	rows spec.Rows
	pix  []byte
	raw  []byte       // rows of raw data, before they are packed
	left atomic.Int32 // parts of it that are not computed yet
	data []byte       // to be written: compressed pixels, or raw data
	sum  bandpng.Sum
	done chan struct{} // receives when data and sum are ready
}

// part is some rows of a segment, partRows or those that are left.
type part struct {
	segment *segment
	rows    spec.Rows
}

// pipeline is the production of segments: feed cuts them into parts, work computes these and completes what has all its parts,
// deliver writes the segments in order. A segment is used again once it is written.
type pipeline struct {
	painter *painter
	report  reporter
	show    func(*Pixels) // nil shows nobody
	free    chan *segment
	parts   chan part
	order   chan *segment
}

// writeSegments computes, compresses and writes the given rows, which start at a multiple of spec.SegmentRows, and
// returns their checksum. Calls for adjoining rows write adjoining parts of a file.
func (p *painter) writeSegments(ctx context.Context, w io.Writer, rows spec.Rows, opt Options) (bandpng.Sum, error) {
	if err := p.prepare(ctx, opt); err != nil {
		return bandpng.Sum{}, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	threads := goroutines(opt.Threads, (rows.Count()+partRows-1)/partRows)
	inFlight := threads + 2
	l := &pipeline{
		painter: p,
		report:  reporter{progress: opt.Progress},
		show:    opt.Segment,
		free:    make(chan *segment, inFlight),
		parts:   make(chan part, threads),
		order:   make(chan *segment, inFlight),
	}
	for range inFlight {
		l.free <- &segment{done: make(chan struct{}, 1)}
	}
	var group sync.WaitGroup
	defer group.Wait()
	defer cancel(nil)
	group.Go(func() { l.feed(ctx, rows) })
	for range threads {
		group.Go(func() {
			if err := l.work(ctx); err != nil {
				cancel(err)
			}
		})
	}
	return l.deliver(ctx, w)
}

// feed hands out the parts of all segments in order, and stops early when ctx ends.
func (l *pipeline) feed(ctx context.Context, rows spec.Rows) {
	defer close(l.order)
	defer close(l.parts)
	height := l.painter.segmentRows()
	for start := rows.Start; start < rows.End; start += height {
		var s *segment
		select {
		case s = <-l.free:
		case <-ctx.Done():
			return
		}
		s.prepare(spec.Rows{Start: start, End: min(start+height, rows.End)}, l.painter)
		l.order <- s // has room for every segment there is
		for top := start; top < s.rows.End; top += partRows {
			select {
			case l.parts <- part{s, spec.Rows{Start: top, End: min(top+partRows, s.rows.End)}}:
			case <-ctx.Done():
				return
			}
		}
	}
}

// prepare makes the segment ready for other rows.
func (s *segment) prepare(rows spec.Rows, p *painter) {
	s.pix = resize(s.pix, rows.Count()*p.stride())
	clear(s.pix)
	if p.raw != nil {
		s.raw = resize(s.raw, rows.Count()*p.raw.stride())
	}
	s.rows = rows
	s.left.Store(int32((rows.Count() + partRows - 1) / partRows)) //nolint:gosec // at most spec.SegmentRows
}

// resize returns memory of the given size, the old one if that suffices.
func resize(old []byte, size int) []byte {
	if cap(old) < size {
		return make([]byte, size)
	}
	return old[:size]
}

func (p *painter) stride() int { return p.format.Stride(p.spec.Width) }

// work computes parts until there are no more. Whoever computes the last of a segment completes it.
func (l *pipeline) work(ctx context.Context) (err error) {
	defer panics.Recover(&err)
	scratch := getScratch()
	defer scratches.Put(scratch)
	encoder := encoders.Get()
	defer encoders.Put(encoder)
	p := l.painter
	for part := range l.parts {
		if err := part.paint(ctx, p, scratch); err != nil {
			return err
		}
		l.report.report(part.rows.Count(), &scratch.work)
		if s := part.segment; s.left.Add(-1) == 0 {
			if l.show != nil {
				l.show(&Pixels{
					Width: p.spec.Width, Rows: s.rows, Format: p.format, Palette: p.shader.Palette(), Stride: p.stride(), Pix: s.pix,
				})
			}
			if p.raw == nil {
				s.data, s.sum = encoder.AppendSegment(s.data[:0], p.format, p.spec.Width, s.pix)
			} else {
				s.data, s.sum = p.raw.pack(s.data[:0], s.raw, p.kernel.MaxIterations)
			}
			s.done <- struct{}{}
		}
	}
	return nil
}

// paint computes a part: its pixels, and its data if that is raw.
func (part part) paint(ctx context.Context, p *painter, scratch *scratch) error {
	s, stride := part.segment, p.stride()
	at := part.rows.Start - s.rows.Start
	if p.raw != nil {
		scratch.data, scratch.first = s.raw[at*p.raw.stride():], part.rows.Start
		defer func() { scratch.data = nil }()
	}
	return p.paintRows(ctx, scratch, part.rows, s.pix[at*stride:(at+part.rows.Count())*stride])
}

// deliver writes the segments in order as they become ready.
func (l *pipeline) deliver(ctx context.Context, w io.Writer) (bandpng.Sum, error) {
	var sum bandpng.Sum
	for s := range l.order {
		select {
		case <-s.done:
		case <-ctx.Done():
			return sum, context.Cause(ctx)
		}
		if _, err := w.Write(s.data); err != nil {
			return sum, fmt.Errorf("write picture: %w", err)
		}
		sum = sum.Then(s.sum)
		l.free <- s
	}
	return sum, context.Cause(ctx)
}

// Sum is the checksum of a band, which the end of a file needs. That of raw data which is not packed is zero.
type Sum = bandpng.Sum

// Head is what comes before the first band in the file of s.
func Head(s spec.Spec) []byte { return newPainter(s).head() }

// WriteBand writes the part of the file of s that holds the given rows, which begin at a multiple of [spec.SegmentRows]
// and end at one or at the last row. Head, the bands of all rows in order, and [Tail] of their sums are the file that
// [Write] writes, byte for byte, however the rows are divided.
func WriteBand(ctx context.Context, w io.Writer, s spec.Spec, rows spec.Rows, opt Options) (Sum, error) {
	p := newPainter(s)
	height := p.spec.Height
	if rows.Start < 0 || rows.Start >= rows.End || rows.End > height ||
		rows.Start%spec.SegmentRows != 0 || (rows.End%spec.SegmentRows != 0 && rows.End != height) {
		return Sum{}, fmt.Errorf("rows %d to %d are no band of a picture %d high", rows.Start, rows.End, height)
	}
	return p.writeSegments(ctx, w, rows, opt)
}

// Tail is what comes after the last band of the file of s, given the sum of all.
func Tail(s spec.Spec, sum Sum) []byte { return newPainter(s).tail(sum) }
