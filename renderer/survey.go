package renderer

import (
	"context"
	"math"
	"sync"
	"sync/atomic"
)

// survey follows the centres of all pixels and returns what value says of those that escape, row by row, and NaN for the
// others.
func (p *painter) survey(ctx context.Context, opt Options, value func(count int32, norm2 float64) float64) ([]float64, error) {
	var (
		width, height = p.spec.Width, p.spec.Height
		all           = make([]float64, width*height)
		next          atomic.Int64
		group         sync.WaitGroup
		failed        = make([]error, opt.threads(height))
		portion       = max(1, min(run/width, p.portion(height, len(failed))))
	)
	for i := range failed {
		group.Go(func() {
			defer recoverAs(&failed[i])
			b := getBrush()
			defer brushes.Put(b)
			for failed[i] == nil {
				end := int(next.Add(int64(portion)))
				rows := Rows{end - portion, min(end, height)}
				if rows.Start >= rows.End {
					return
				}
				failed[i] = p.surveyRows(ctx, b, rows, all[rows.Start*width:rows.End*width], value)
			}
		})
	}
	group.Wait()
	for _, err := range failed {
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// surveyRows surveys rows that are no more than a run.
func (p *painter) surveyRows(ctx context.Context, b *brush, rows Rows, to []float64, value func(int32, float64) float64) error {
	batch, err := p.sample(ctx, b, rows, 0, p.spec.Width, p.offsets[0])
	if err != nil {
		return err
	}
	for i, count := range batch.Count {
		to[i] = math.NaN()
		if count != 0 {
			to[i] = value(count, batch.Norm2[i])
		}
	}
	return nil
}
