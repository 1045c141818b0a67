package renderer

import (
	"context"
	"math"
	"slices"
	"sync"
	"sync/atomic"
)

// equalize finds the histogram if the method needs one.
func (p *painter) equalize(ctx context.Context, opt Options) error {
	if p.spec.Coloring.Method != MethodHistogram || p.ink.histogram != nil {
		return nil
	}
	// Whatever the colours are, the view has one histogram.
	view := p.spec.As(PNG)
	view.Depth, view.Coloring = 0, Coloring{Method: MethodHistogram}
	key := view.ID()
	if p.ink.histogram = histograms.find(key); p.ink.histogram != nil {
		return nil
	}
	h, err := NewHistogram(view, func(small Spec) ([]float64, error) { return survey(ctx, small, opt) })
	if err == nil {
		p.ink.histogram = h
		histograms.keep(key, h)
	}
	return err
}

// histograms are the last few, because the bands of a picture are drawn one after the other.
var histograms recent //nolint:gochecknoglobals // a cache that no result depends on

// recent holds the histograms that were kept last.
type recent struct {
	mutex  sync.Mutex
	keys   [16]ID
	values [16]*Histogram
	next   int
}

// find returns nil for a key that is not there.
func (r *recent) find(key ID) *Histogram {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if i := slices.Index(r.keys[:], key); i >= 0 {
		return r.values[i]
	}
	return nil
}

func (r *recent) keep(key ID, h *Histogram) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.keys[r.next], r.values[r.next] = key, h
	r.next = (r.next + 1) % len(r.keys)
}

// survey returns the depths of all pixels of a picture. Goroutines take the next run of them when they are done with one.
func survey(ctx context.Context, s Spec, opt Options) ([]float64, error) {
	p, err := newPainter(s)
	if err != nil {
		return nil, err
	}
	if err := p.lay(ctx, opt); err != nil {
		return nil, err
	}
	var (
		depths = make([]float64, s.Width*s.Height)
		height = max(1, run/s.Width)
		next   atomic.Int64
		group  sync.WaitGroup
		failed = make([]error, opt.threads((s.Height+height-1)/height))
	)
	for i := range failed {
		group.Go(func() {
			defer recoverAs(&failed[i])
			b := getBrush()
			defer brushes.Put(b)
			for failed[i] == nil {
				end := int(next.Add(int64(height)))
				rows := Rows{end - height, min(end, s.Height)}
				if rows.Start >= rows.End {
					return
				}
				failed[i] = p.surveyRows(ctx, b, rows, depths[rows.Start*s.Width:])
			}
		})
	}
	group.Wait()
	for _, err := range failed {
		if err != nil {
			return nil, err
		}
	}
	return depths, nil
}

// surveyRows computes the depths of some rows, as many as are a run of pixels or less.
func (p *painter) surveyRows(ctx context.Context, b *brush, rows Rows, depths []float64) error {
	batch, err := p.sample(ctx, b, rows, 0, p.spec.Width, p.offsets[0])
	if err != nil {
		return err
	}
	for i, count := range batch.Count {
		depths[i] = math.NaN()
		if count != 0 {
			depths[i] = p.ink.depth(count, batch.Norm2[i])
		}
	}
	return nil
}
