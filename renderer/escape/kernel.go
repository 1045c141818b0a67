package escape

import (
	"context"
	"math"
)

// Formula is the map that a Kernel iterates.
type Formula uint8

// The formulas; see the package's documentation.
const (
	Mandelbrot Formula = iota
	Julia
	BurningShip
	Tricorn
)

// Kernel says how points are iterated. It is a value without state; any number of goroutines may use one.
type Kernel struct {
	Formula        Formula
	SeedRe, SeedIm float64 // the constant of a Julia set
	MaxIterations  int     // at least 1, at most 2^31-1
	Radius2        float64 // R^2, the square of the escape radius, at least 4
}

// Batch holds points and what became of them: four slices of one length.
type Batch struct {
	Re, Im []float64 // the points
	Count  []int32   // the first n with |z_n|^2 > R^2, or 0 for a point that does not escape
	Norm2  []float64 // |z_n|^2 at that n; undefined where Count is 0
}

// NewBatch returns a batch that has room for size points.
func NewBatch(size int) *Batch {
	return &Batch{
		Re: make([]float64, size), Im: make([]float64, size),
		Count: make([]int32, size), Norm2: make([]float64, size),
	}
}

// Slice returns the first n points of the batch.
func (b *Batch) Slice(n int) Batch {
	return Batch{Re: b.Re[:n], Im: b.Im[:n], Count: b.Count[:n], Norm2: b.Norm2[:n]}
}

// pollSteps is the number of steps between two looks at the context. Four points make 2^16 steps in about 0.3 ms.
const pollSteps = 1 << 16

// Run iterates the batch. It returns the cause of ctx's end, soon after it ends, and leaves the batch half done then.
func (k Kernel) Run(ctx context.Context, b Batch) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if k.Formula == BurningShip || k.Formula == Tricorn {
		return k.runFolded(ctx, b)
	}
	return k.runQuadratic(ctx, b)
}

// inside reports whether c is certainly in the Mandelbrot set: in the main cardioid or in the disc of period 2. The
// margins are thousands of times the rounding errors of these expressions, and wide enough that the rounding errors of
// the orbit itself, which move c by about 1e-16, cannot make it escape. TestShortcuts compares with iterating.
func inside(x, y float64) bool {
	const margin = 1e-12
	yy := float64(y * y)
	left := x - 0.25
	q := float64(left*left) + yy
	if float64(q*(q+left)) < float64(0.25*yy)-margin {
		return true
	}
	right := x + 1
	return float64(right*right)+yy < 0.0625-margin
}

// lanes is the number of points that iterate side by side.
const lanes = 4

// lane is the place of one point: its orbit and how far it has come.
type lane struct {
	x, y, cx, cy float64
	left         int // steps until the limit
	point        int // index in the batch, or idle
}

// idle marks a lane without a point. It iterates 0, which never escapes, for as long as the others take.
const idle = -1

// pool hands the points of a batch to lanes and takes the results back.
type pool struct {
	kernel Kernel
	batch  Batch
	next   int
}

// fill puts the next point that needs iterating into the lane, one step done: |z_0| is never tested, and z_1 = c for
// the Mandelbrot set. It reports false when there is none.
func (p *pool) fill(l *lane) bool {
	l.left = p.kernel.MaxIterations - 1
	if p.kernel.Formula == Julia {
		return p.fillJulia(l)
	}
	for i := p.next; i < len(p.batch.Re); i++ {
		re, im := p.batch.Re[i], p.batch.Im[i]
		if inside(re, im) {
			p.batch.Count[i] = 0
			continue
		}
		l.x, l.y, l.cx, l.cy, l.point = re, im, re, im, i
		p.next = i + 1
		return true
	}
	p.next = len(p.batch.Re)
	*l = lane{left: math.MaxInt, point: idle}
	return false
}

// fillJulia is fill for a Julia set, where every point needs iterating.
func (p *pool) fillJulia(l *lane) bool {
	i := p.next
	if i == len(p.batch.Re) {
		*l = lane{left: math.MaxInt, point: idle}
		return false
	}
	p.next++
	re, im := p.batch.Re[i], p.batch.Im[i]
	l.cx, l.cy, l.point = p.kernel.SeedRe, p.kernel.SeedIm, i
	l.x = float64(re*re) - float64(im*im) + l.cx
	l.y = float64((re+re)*im) + l.cy
	return true
}

// record writes down what became of a lane's point, which has escaped or reached the limit.
func (p *pool) record(l *lane, norm2 float64) {
	if norm2 > p.kernel.Radius2 {
		p.batch.Count[l.point] = int32(p.kernel.MaxIterations - l.left) //nolint:gosec // at most MaxIterations
		p.batch.Norm2[l.point] = norm2
		return
	}
	p.batch.Count[l.point] = 0
}

// runQuadratic iterates z^2 + c, four points at a time.
func (k Kernel) runQuadratic(ctx context.Context, b Batch) error {
	pool := pool{kernel: k, batch: b}
	var four [lanes]lane
	busy := 0 // lanes that have a point
	for i := range four {
		if pool.fill(&four[i]) {
			busy++
		}
	}
	budget := pollSteps
	for busy > 0 {
		steps := min(budget, four[0].left, four[1].left, four[2].left, four[3].left)
		done, ahead := advance(&four, steps, k.Radius2)
		for i := range four {
			four[i].left -= done
			if i < ahead {
				four[i].left--
			}
			// Neighbours tend to escape together, so all lanes are looked at, not the one that ended the run alone.
			norm2 := float64(four[i].x*four[i].x) + float64(four[i].y*four[i].y)
			if norm2 > k.Radius2 || four[i].left == 0 {
				pool.record(&four[i], norm2)
				if !pool.fill(&four[i]) {
					busy--
				}
			}
		}
		if budget -= done; budget <= 0 {
			if err := context.Cause(ctx); err != nil {
				return err
			}
			budget = pollSteps
		}
	}
	return nil
}

// advance moves all four points on by at most the given number of steps, in turn, and stops when it is the turn of one
// that has escaped. It returns the number of steps that all points made; the first ahead of them made one more.
//
// Each point is tested and moved before the next is looked at, so that few temporaries live at once: the compiler then
// keeps most of the four orbits in registers, which nearly doubles the speed.
func advance(four *[lanes]lane, steps int, radius2 float64) (done, ahead int) {
	x0, y0, a0, b0 := four[0].x, four[0].y, four[0].cx, four[0].cy
	x1, y1, a1, b1 := four[1].x, four[1].y, four[1].cx, four[1].cy
	x2, y2, a2, b2 := four[2].x, four[2].y, four[2].cx, four[2].cy
	x3, y3, a3, b3 := four[3].x, four[3].y, four[3].cx, four[3].cy
	for ; done < steps; done++ {
		xx, yy := float64(x0*x0), float64(y0*y0)
		if xx+yy > radius2 {
			break
		}
		x0, y0 = xx-yy+a0, float64((x0+x0)*y0)+b0
		xx, yy = float64(x1*x1), float64(y1*y1)
		if xx+yy > radius2 {
			ahead = 1
			break
		}
		x1, y1 = xx-yy+a1, float64((x1+x1)*y1)+b1
		xx, yy = float64(x2*x2), float64(y2*y2)
		if xx+yy > radius2 {
			ahead = 2
			break
		}
		x2, y2 = xx-yy+a2, float64((x2+x2)*y2)+b2
		xx, yy = float64(x3*x3), float64(y3*y3)
		if xx+yy > radius2 {
			ahead = 3
			break
		}
		x3, y3 = xx-yy+a3, float64((x3+x3)*y3)+b3
	}
	four[0].x, four[0].y = x0, y0
	four[1].x, four[1].y = x1, y1
	four[2].x, four[2].y = x2, y2
	four[3].x, four[3].y = x3, y3
	return done, ahead
}

// runFolded iterates the formulas that fold the plane before squaring, one point at a time.
func (k Kernel) runFolded(ctx context.Context, b Batch) error {
	budget := pollSteps
	for i := range b.Re {
		point := lane{cx: b.Re[i], cy: b.Im[i], left: k.MaxIterations}
		b.Count[i] = 0
		for point.left > 0 {
			steps := min(budget, point.left)
			done, norm2 := point.advanceFolded(steps, k)
			point.left -= done
			if budget -= done; budget <= 0 {
				if err := context.Cause(ctx); err != nil {
					return err
				}
				budget = pollSteps
			}
			if norm2 > k.Radius2 {
				b.Count[i] = int32(k.MaxIterations - point.left) //nolint:gosec // at most MaxIterations
				b.Norm2[i] = norm2
				break
			}
		}
	}
	return nil
}

// advanceFolded moves the point on by at most the given number of steps and stops when it escapes. It returns the number
// of steps made and |z|^2 after the last. Both formulas square the real part of z; they differ in the product 2xy alone.
func (l *lane) advanceFolded(steps int, k Kernel) (done int, norm2 float64) {
	x, y := l.x, l.y
	for done < steps && norm2 <= k.Radius2 {
		done++
		cross := float64((x + x) * y)
		if k.Formula == Tricorn {
			cross = -cross
		} else {
			cross = math.Abs(cross)
		}
		x, y = float64(x*x)-float64(y*y)+l.cx, cross+l.cy
		norm2 = float64(x*x) + float64(y*y)
	}
	l.x, l.y = x, y
	return done, norm2
}
