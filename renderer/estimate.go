package renderer

import (
	"context"
	"math"
	"time"

	"mandelfarm/renderer/escape"
	"mandelfarm/renderer/shade"
	"mandelfarm/renderer/spec"
	"mandelfarm/renderer/wide"
)

// Estimate is what a picture takes, as the same picture says that is drawn small.
type Estimate struct {
	Small spec.Spec // what was drawn
	Rows  []Work    // that each of its rows took, with one sample
	// Work is what the picture takes, without the prepass and the file.
	Work Work
}

// EstimateWork draws the picture small on one thread, and then larger, up to 256x192, as long as the next is expected to cost no more
// than the limit. The first has 32x24 pixels, whatever it costs. The prepass is that of the picture.
func EstimateWork(ctx context.Context, s spec.Spec, pre *Prepass, limit time.Duration) (Estimate, error) {
	var e Estimate
	for _, size := range [][2]int{{32, 24}, {64, 48}, {128, 96}, {256, 192}} {
		larger := s.Reduced(size[0], size[1])
		if e.Rows != nil && (larger == e.Small || e.workOf(larger).Cost > limit) {
			break
		}
		rows, err := drawCounted(ctx, larger, s, pre)
		if err != nil {
			return Estimate{}, err
		}
		e.Small, e.Rows = larger, rows
	}
	e.Work = e.workOf(s)
	return e, nil
}

// workOf is what a picture of the same view takes.
func (e Estimate) workOf(s spec.Spec) Work {
	var small Work
	for _, row := range e.Rows {
		small.Add(row)
	}
	scale := float64(s.Width) * float64(s.Height) * float64(s.Samples) / (float64(e.Small.Width) * float64(e.Small.Height))
	return small.times(scale)
}

// drawCounted draws a small picture for what its rows take of the picture that it stands for. That may be of raw data, which may want more
// to be known of a point than its colour does.
func drawCounted(ctx context.Context, small, large spec.Spec, pre *Prepass) ([]Work, error) {
	p := newPainter(small)
	raw := newRawLayout(large)
	p.traced, p.doubts = raw != nil && raw.traced(), raw != nil && raw.doubtful()
	if err := p.prepare(ctx, Options{Threads: 1, Prepass: pre.As(small)}); err != nil {
		return nil, err
	}
	p.standFor(large, pre)
	s := getScratch()
	defer scratches.Put(s)
	rows := make([]Work, 0, small.Height)
	height := p.runRows() // smaller batches would take longer for each point than those of a large picture
	pix := make([]byte, height*p.stride())
	for top := 0; top < small.Height; top += height {
		group := spec.Rows{Start: top, End: min(top+height, small.Height)}
		clear(pix)
		if err := p.paintRows(ctx, s, group, pix[:group.Count()*p.stride()]); err != nil {
			return nil, err
		}
		each := s.work.take().times(1 / float64(group.Count()))
		for range group.Count() {
			rows = append(rows, each)
		}
	}
	return rows, nil
}

// MostBytes is more than the picture's file has.
func MostBytes(s spec.Spec) int64 {
	if raw := RawBytes(s); raw > 0 {
		return raw
	}
	const (
		perRow  = 1 + 5 // the filter's byte, and one stored block of deflate for each 65,535 bytes or part of them
		blocks  = 65_535
		perFile = 1 << 12 // chunks, palette and Spec, whose decimals come on top
	)
	stride := int64(newPainter(s).stride())
	return perFile + int64(len(s.Canonical())) + int64(s.Height)*(stride+perRow+stride/blocks*perRow)
}

// Memory is what drawing the picture or a band of it takes one process with as many cores as this one, in bytes, roughly.
func Memory(s spec.Spec, pre *Prepass) int64 {
	const each = 4 << 20 // of a thread: points, colours, a compressor
	p := newPainter(s)
	threads := int64(goroutines(0, s.Height))
	segment := int64(p.stride())
	if p.raw != nil {
		segment += int64(p.raw.stride())
	}
	segment *= 2 * int64(p.segmentRows()) // with what is written of it
	memory := threads*each + (threads+2)*segment
	if pre != nil {
		memory += pre.Size()
	}
	return memory
}

// MoreIterations returns the limit that [spec.Auto] stands for in the view: one at which more than at another may be seen. It is 0
// for deep views, where that may take long.
func MoreIterations(ctx context.Context, s spec.Spec) (int, error) {
	if IsDeep(s) {
		return 0, nil
	}
	pre, err := NewPrepass(ctx, s.Reduced(smallest, smallest).With(func(d *spec.Draft) { d.MaxIterations = spec.Auto }), 1, nil)
	if err != nil {
		return 0, err
	}
	return pre.MaxIterations(), nil
}

// smallest is the side of the picture that is looked at for what is near.
const smallest = 32

// Far is how far a view is from the boundary, if all points that were looked at escape.
type Far struct {
	Diagonals float64 // of the view that are between it and the boundary, at least
	// Radius is that of a view around the same centre which the boundary is in.
	Radius spec.Decimal
}

// Distance estimates how far a view is from the boundary. The estimate of a point's distance is good to a factor of four where
// the set is connected (Koebe's theorem), and a guess for the maps that are not analytic.
func Distance(ctx context.Context, s spec.Spec, pre *Prepass) (Far, error) {
	small := s.Reduced(smallest, smallest)
	p := newPoints(small)
	if pre = pre.As(small); pre != nil {
		p.use(pre)
	}
	memory := batches.Get().(*escape.Batch) //nolint:forcetypeassert // holds nothing else
	defer batches.Put(memory)
	b, err := p.follow(ctx, memory.Traced(), spec.Rows{End: small.Height}, 0, small.Width, p.offsets[0])
	if err != nil {
		return Far{}, err
	}
	nearest := math.Inf(1)
	for i, count := range b.Count {
		if count == 0 {
			return Far{}, nil
		}
		nearest = min(nearest, shade.Distance(b.Norm2[i], b.GradX[i], b.GradY[i]))
	}
	const koebe = 4
	width, height := float64(small.Width), float64(small.Height)
	far := Far{Diagonals: nearest / koebe / math.Hypot(width, height)}
	if small.Window == (spec.Window{}) {
		radius := wideOf(s.Radius).Mul(wide.NewReal(1+2*nearest/height, 0))
		far.Radius, err = spec.ParseDecimal(radius.Text(2))
	}
	return far, err
}
