package escape

import "context"

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
	Power          int     // of z in Mandelbrot and Julia, from 2 to MaxPower; 0 is 2
	SeedRe, SeedIm float64 // the constant of a Julia set
	MaxIterations  int     // at least 1, at most 2^31-1
	Radius2        float64 // R^2, the square of the escape radius, at least 4
	// Ends asks, in batches with ZX and ZY, where points are at the limit that have neither escaped nor are known to
	// stay: their count is then Unfinished. The limit is to be even.
	Ends bool
}

// Unfinished is the count of a point that is still on its way at the limit, see Kernel.Ends.
const Unfinished = -2

// pollSteps is the number of steps, over all points, between two looks at the context. One point makes so many in less
// than a millisecond.
const pollSteps = 1 << 17

// Run iterates the batch. It returns the cause of ctx's end, soon after it ends, and leaves the batch half done then.
func (k Kernel) Run(ctx context.Context, b Batch) error {
	return k.run(ctx, b, fastest(k.species()), true)
}

// run iterates by a given engine. Without shortcuts it makes every step of every point, which is what figures are measured by.
func (k Kernel) run(ctx context.Context, b Batch, e engine, shortcuts bool) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	r := run{kernel: k, engine: e, shortcuts: shortcuts, field: b.field}
	defer func() { b.Effort.Add(r.effort) }()
	if r.field == nil {
		r.field = newField()
	}
	for start := 0; start < len(b.Re); start += chunk {
		part := b.Part(start, min(start+chunk, len(b.Re)))
		if err := r.chunk(ctx, part); err != nil {
			return err
		}
		if part.ZX == nil {
			continue
		}
		if err := r.trace(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

// calm returns the bound on |c|^2 below which a point that has escaped stays so, rounding included: then it is enough
// to look at |z| every so many steps. For |z| > R >= 2 and |c| <= R - d
//
//	|z'| >= |z|^2 - |c| > R^2 - R + d >= R + d
//
// whatever the formula, and d = 2^-41 is thousands of times the rounding error of a step. Higher powers go beyond |z|^2 by
// far more than their rounding errors. All but a ring of points next to |c| = R are calm or escape at once.
func (k Kernel) calm() float64 { return k.Radius2 * (1 - 0x1p-40) }

// run is one run of a kernel over a batch.
type run struct {
	kernel    Kernel
	engine    engine
	field     *field
	shortcuts bool
	steps     int // made since the last look at the context
	effort    Effort
}

// chunk iterates the points of a batch of at most that many.
func (r *run) chunk(ctx context.Context, b Batch) error {
	n := len(b.Re)
	f := r.field
	if r.kernel.Formula == Julia && !(norm2(r.kernel.SeedRe, r.kernel.SeedIm) < r.kernel.calm()) {
		for i := range b.Count {
			b.Count[i] = apart
		}
		return r.follow(ctx, b)
	}
	f.load(r.kernel, b)
	f.shortcut = 0
	if r.shortcuts && r.kernel.Formula == Mandelbrot && f.species == quadratic {
		f.shortcut = 1
	}
	kept := r.engine.begin(f, n, r.engine.first)
	r.effort.Steps += int64(n * r.engine.first)
	f.base = int64(r.engine.first)
	if r.kernel.MaxIterations < r.engine.first {
		f.forget(n)
	}
	if f.ring != 0 {
		kept = f.setApart(kept)
	}
	kept, err := r.advanceAll(ctx, kept)
	if r.kernel.Ends {
		f.end(b, kept)
	}
	f.unload(b)
	if err != nil || f.ring == 0 {
		return err
	}
	return r.follow(ctx, b)
}

// The lengths of blocks grow with the number of steps made, since points that have stayed long tend to stay: a block's
// steps after an escape are wasted and made again, while a short block spends as long on its ends as on its steps. As
// multiples of 24 they let an orbit of period 2, 3, 4, 6, 8 or 12, which most points inside have, be seen to repeat at
// the end of the next block.
const (
	firstBlock = 24
	lastBlock  = 96
	blockShare = 16 // steps made, per step of a block
	leastBlock = 2  // what the assembly's inner loop makes in a turn
)

// block returns the length of the next block.
func (r *run) block() int {
	steps := firstBlock
	for steps < lastBlock && int64(steps)*blockShare < r.field.base {
		steps *= 2
	}
	if left := int(r.field.limit - r.field.base); steps > left {
		steps = (left + leastBlock - 1) / leastBlock * leastBlock
	}
	return steps
}

// refineCount is the number of points that make it worth while to refine them: four vectors of AVX-512, since refining takes as
// long for one. Later blocks are longer, and points that wait are refined by the longest since.
const refineCount = 32

// Orbits are remembered after so many steps, to see whether they come back to the same point: then they go round for ever.
// They are remembered again whenever the number of steps has doubled (R. P. Brent, "An improved Monte Carlo
// factorization algorithm", 1980). Where blocks are short, looking costs some percent; that is spent where the chunk
// before had points that repeat. It changes no result when a repetition is found, or whether.
const (
	earlySave = 64
	lateSave  = 256
	evidence  = 16 // of so many points one at least repeats
)

// firstSave returns the number of steps after which orbits are remembered first.
func (f *field) firstSave() int64 {
	if f.repeats*evidence > chunk {
		return earlySave
	}
	return lateSave
}

// advanceAll iterates the field's first n points to their end, and returns how many are left at the limit.
func (r *run) advanceAll(ctx context.Context, n int) (int, error) {
	f := r.field
	padded, longest, save := -1, 0, f.firstSave()
	f.repeats = 0
	for n > 0 && f.base < f.limit {
		if r.shortcuts && f.base >= save {
			f.save(n)
			save, padded = 2*f.base, -1
		}
		if n != padded {
			f.pad(n)
			padded = n
		}
		steps := r.block()
		r.effort.Steps += int64(n * steps)
		if r.steps += n * steps; r.steps >= pollSteps {
			r.steps = 0
			if err := context.Cause(ctx); err != nil {
				return n, err
			}
		}
		before := n + int(f.left)
		n = r.engine.advance(f, n, steps)
		f.repeats += before - n - int(f.left)
		f.base += int64(steps)
		longest = max(longest, steps)
		if f.left >= refineCount {
			r.refine(longest)
			longest = 0
		}
	}
	if f.left > 0 {
		r.refine(longest)
	}
	return n, nil
}

// refine has the points that left refined, which did so within so many steps.
func (r *run) refine(steps int) {
	r.effort.Steps += r.field.left * int64(steps)
	r.engine.refine(r.field, steps)
}

// follow iterates the points that are set apart one by one and tests every step. They are those next to |c| = R, the few that
// might come back into the circle after an escape, so nobody minds that this is slow.
func (r *run) follow(ctx context.Context, b Batch) error {
	for i, count := range b.Count {
		if count != apart {
			continue
		}
		b.Count[i] = 0
		p := pointState{cx: b.Re[i], cy: b.Im[i]}
		if r.kernel.Formula == Julia {
			p = pointState{x: b.Re[i], y: b.Im[i], cx: r.kernel.SeedRe, cy: r.kernel.SeedIm}
		}
		if err := r.followOne(ctx, p, &b.Count[i], &b.Norm2[i]); err != nil {
			return err
		}
	}
	return nil
}

// pointState is a point on its way: z, and the c that it is iterated with.
type pointState struct{ x, y, cx, cy float64 }

// followOne writes where the point escapes, if it does. A point that returns to where it was at a power of 2 goes round
// for ever.
func (r *run) followOne(ctx context.Context, p pointState, count *int32, norm *float64) error {
	species := r.kernel.species()
	savedX, savedY, save := p.x, p.y, 1
	for n := 1; n <= r.kernel.MaxIterations; n++ {
		r.effort.Steps++
		if r.steps++; r.steps >= pollSteps {
			r.steps = 0
			if err := context.Cause(ctx); err != nil {
				return err
			}
		}
		p.x, p.y = species.step(p.x, p.y, p.cx, p.cy)
		if square := norm2(p.x, p.y); square > r.kernel.Radius2 {
			*count, *norm = int32(n), square
			return nil
		}
		if p.x == savedX && p.y == savedY {
			return nil
		}
		if n == save {
			savedX, savedY, save = p.x, p.y, 2*save
		}
	}
	return nil
}
