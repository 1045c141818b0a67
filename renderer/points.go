package renderer

import (
	"context"
	"math"
	"sync"

	"mandelfarm/renderer/deep"
	"mandelfarm/renderer/escape"
	"mandelfarm/renderer/spec"
)

// points follows the sample points of a picture. What a prepass knows of them is added by points.use. It does not change
// after that; goroutines share it.
type points struct {
	spec         spec.Spec
	grid         grid
	kernel       escape.Kernel
	offsets      []offset           // of the samples of a pixel
	perturbation *deep.Perturbation // nil for views that are not deep
}

func newPoints(s spec.Spec) points {
	return points{spec: s, grid: newGrid(s), kernel: newKernel(s), offsets: offsets(s.Samples)}
}

func newKernel(s spec.Spec) escape.Kernel {
	k := escape.Kernel{
		Formula:       escape.Mandelbrot,
		Power:         s.Power,
		SeedRe:        s.Seed.Re.Float64(),
		SeedIm:        s.Seed.Im.Float64(),
		MaxIterations: s.MaxIterations.Most(),
		Radius2:       escape.SetRadius2,
	}
	if s.Coloring.Method != spec.MethodSet || s.Format != spec.PNG {
		k.Radius2 = escape.SmoothRadius2
	}
	switch s.Formula {
	case spec.Julia:
		k.Formula = escape.Julia
	case spec.BurningShip:
		k.Formula = escape.BurningShip
	case spec.Tricorn:
		k.Formula = escape.Tricorn
	case spec.Mandelbrot, spec.Multibrot:
	}
	return k
}

// run is the number of pixels that are computed together: the more, the better the kernel is used, up to the size of its
// chunks. It is a multiple of 8, so that runs of 1-bit pixels begin at a byte.
const run = 2048

// follow follows one point of each pixel of some columns of some rows, at most a run of them, at the same place in all. The
// batch has room for a run.
func (p *points) follow(ctx context.Context, batch escape.Batch, rows spec.Rows, column, width int, at offset) (escape.Batch, error) {
	batch = batch.Slice(width * rows.Count())
	for i := range rows.Count() {
		p.grid.place(batch.Part(i*width, (i+1)*width), rows.Start+i, column, at)
	}
	follow := p.kernel.Run
	if p.perturbation != nil {
		follow = p.perturbation.Run
	}
	if err := follow(ctx, batch); err != nil {
		return batch, err
	}
	p.grid.turnGradients(batch)
	return batch, p.followFurther(ctx, batch)
}

// followFurther fills in what a batch has room for that not all pictures want.
func (p *points) followFurther(ctx context.Context, batch escape.Batch) error {
	if batch.Doubt != nil && p.perturbation == nil { // otherwise it is known
		if err := doubtDirectly(ctx, batch); err != nil {
			return err
		}
	}
	switch {
	case batch.Period == nil:
		return nil
	case p.perturbation != nil:
		return p.perturbation.Periods(ctx, batch)
	}
	return p.kernel.Periods(ctx, batch)
}

// batches are shared by all surveys because their memory costs more to make than a small picture to survey.
var batches = sync.Pool{New: func() any { return escape.NewBatch(run) }} //nolint:gochecknoglobals // a cache that no result depends on

// survey follows the centres of all pixels of a picture no wider than a run, and returns what value says of those that
// escape, row by row, and NaN for the others.
func (p *points) survey(ctx context.Context, threads int, value func(count int32, norm2 float64) float64) ([]float64, error) {
	width, height := p.spec.Width, p.spec.Height
	all := make([]float64, width*height)
	err := divide(threads, spec.Rows{End: height}, run/width, func(next func() (spec.Rows, bool)) error {
		batch := batches.Get().(*escape.Batch) //nolint:forcetypeassert // holds nothing else
		defer batches.Put(batch)
		for rows, ok := next(); ok; rows, ok = next() {
			if err := p.surveyRows(ctx, *batch, rows, all[rows.Start*width:rows.End*width], value); err != nil {
				return err
			}
		}
		return nil
	})
	return all, err
}

// surveyRows surveys rows that are no more than a run.
func (p *points) surveyRows(ctx context.Context, batch escape.Batch, rows spec.Rows, to []float64, value func(int32, float64) float64) error {
	batch, err := p.follow(ctx, batch, rows, 0, p.spec.Width, p.offsets[0])
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
