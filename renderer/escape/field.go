package escape

// chunk is the number of points that iterate together. Points leave as they escape, and the last few to stay keep a
// core busy only in part, so that more is better; the field of so many still fits into a core's second cache.
const chunk = 2048

// slots is the length of a field's arrays: a chunk, and room behind it for the points that complete a vector. It is not
// a multiple of a memory page, which would put all arrays into the same few lines of the cache: lines are chosen by the bits of an
// address below 4096. 72 elements move each array on by nine lines.
const slots = chunk + 72

// idle is the number of points behind the last that take part without being anybody's.
const idle = 32

// groupSize is a multiple of the number of points that any engine begins together.
const groupSize = 32

// field is a chunk of points that have made the same number of steps, as arrays: element i of each is one point. The
// assembly knows its layout (gen/layout.go).
//
// An engine moves the points on by these functions:
//
//	begin(f, n, steps)    takes n points from start... and point...,  makes up to so many steps of each, at least until all have
//	                      escaped, and tests every one. It writes counts (0 for those still inside) and norm2, puts the
//	                      others into x, y, cx, cy and index and returns their number. It sets ring if one of them is
//	                      not calm. With shortcut set it leaves out the points that are certainly in the Mandelbrot set.
//	advance(f, n, steps)  makes a block of steps of n points and tests them at the end. It moves those that escaped, as
//	                      they were before the block, to the arrays left..., and with periods set drops those that
//	                      are where they were when saved. The others move up; it returns their number.
//	refine(f, steps)      finds for each point that left, within that many steps, where it escaped, and writes counts
//	                      and norm2.
//	watch(f, n, steps)    is advance for points of z^2 + c whose slopes are watched: before each step slope2 is multiplied by
//	                      |2z|^2. Points whose slope2 falls below leastSlope2 in the block go as they were before it to the
//	                      arrays flat..., whether they escape in it or not. Periods are not looked for.
type field struct {
	x, y           [slots]float64 // z
	cx, cy         [slots]float64 // c
	savedX, savedY [slots]float64 // z of an earlier step
	index          [slots]int64   // which point of the chunk

	leftX, leftY   [slots]float64
	leftCX, leftCY [slots]float64
	leftBase       [slots]int64 // steps made before the block
	leftIndex      [slots]int64

	startIndex [slots]int64 // 0, 1, 2 ...

	slope2       [slots]float64 // squared slopes, of points that are watched
	flatX, flatY [slots]float64
	flatSlope2   [slots]float64
	flatBase     [slots]int64 // steps made before the block
	flatIndex    [slots]int64

	radius2  float64
	calm     float64 // |c|^2 below which a point stays escaped, see Kernel.calm
	base     int64   // steps made
	limit    int64
	left     int64 // number of points that left
	ring     int64 // not 0: some point is not calm
	shortcut int64 // not 0: leave out the cardioid and the disc of period 2
	periods  int64 // not 0: savedX and savedY are set

	leastSlope2 float64 // below which a point that is watched is flat
	flat        int64   // number of points that are

	startX, startY   []float64 // z_0
	pointCX, pointCY []float64 // c
	norm2            []float64
	counts           []int32

	species species // of the kernel; the assembly has functions for each
	repeats int     // points of the chunk that were found to repeat

	// The engines read and write whole groups of vectors of the slices above, which are the batch's own as far as
	// those reach, and these otherwise.
	room struct {
		x, y   [chunk]float64
		norm2  [chunk]float64
		counts [chunk]int32
	}
	zeros        [chunk]float64
	seedX, seedY [chunk]float64 // all equal
}

func newField() *field {
	f := &field{}
	for i := range f.startIndex {
		f.startIndex[i] = int64(i)
	}
	return f
}

// engine is an implementation of these functions, and of trace. All are the same to the bit: which one runs is a question of
// time alone.
type engine struct {
	name    string
	begin   func(f *field, n, steps int) int
	advance func(f *field, n, steps int) int
	refine  func(f *field, steps int)
	watch   func(f *field, n, steps int) int     // of z^2 + c
	trace   func(t *tracer, i, common, rest int) // see run.trace
	first   int                                  // steps that begin makes
	width   int                                  // points that trace moves together
}

// load puts points into the field. Points that escape at once complete the last group.
func (f *field) load(k Kernel, b Batch) {
	n := len(b.Re)
	re, im := b.Re, b.Im
	f.species = k.species()
	f.norm2, f.counts = b.Norm2, b.Count
	if n%groupSize != 0 {
		copy(f.room.x[:], re)
		copy(f.room.y[:], im)
		for i := n; i%groupSize != 0; i++ {
			f.room.x[i], f.room.y[i] = outskirts, 0
		}
		re, im, f.norm2, f.counts = f.room.x[:], f.room.y[:], f.room.norm2[:], f.room.counts[:]
	}
	f.startX, f.startY, f.pointCX, f.pointCY = f.zeros[:], f.zeros[:], re, im
	if k.Formula == Julia {
		f.prepare(k)
		f.startX, f.startY, f.pointCX, f.pointCY = re, im, f.seedX[:], f.seedY[:]
	}
	f.radius2, f.calm = k.Radius2, k.calm()
	f.base, f.limit, f.left, f.ring, f.periods = 0, int64(k.MaxIterations), 0, 0, 0
}

// unload writes the results to the batch they belong to, if they are not there, and lets go of the batch.
func (f *field) unload(b Batch) {
	if len(b.Re)%groupSize != 0 {
		copy(b.Count, f.counts)
		copy(b.Norm2, f.norm2)
	}
	f.startX, f.startY, f.pointCX, f.pointCY, f.norm2, f.counts = nil, nil, nil, nil, nil, nil
}

// end writes where the n points are that are left at the limit.
func (f *field) end(b Batch, n int) {
	for i, point := range f.index[:n] {
		f.counts[point] = Unfinished
		b.ZX[point], b.ZY[point] = f.x[i], f.y[i]
	}
}

// prepare fills the arrays that hold the c of a Julia set.
func (f *field) prepare(k Kernel) {
	if f.seedX[0] == k.SeedRe && f.seedY[0] == k.SeedIm {
		return
	}
	for i := range f.seedX {
		f.seedX[i], f.seedY[i] = k.SeedRe, k.SeedIm
	}
}

// outskirts is a number whose square is beyond every radius and finite.
const outskirts = 1e150

// pad makes the elements behind the n-th point such as never escape and never repeat.
func (f *field) pad(n int) {
	*(*[idle]float64)(f.x[n:]) = [idle]float64{}
	*(*[idle]float64)(f.y[n:]) = [idle]float64{}
	*(*[idle]float64)(f.cx[n:]) = [idle]float64{}
	*(*[idle]float64)(f.cy[n:]) = [idle]float64{}
	if f.periods == 0 {
		return
	}
	for i := n; i < n+idle; i++ {
		f.savedX[i] = never
	}
}

// never equals no coordinate of a point inside.
const never = outskirts

// save remembers where the points are.
func (f *field) save(n int) {
	copy(f.savedX[:n], f.x[:n])
	copy(f.savedY[:n], f.y[:n])
	f.periods = 1
}

// apart marks in counts the points that are followed one by one.
const apart = -1

// setApart takes the points that are not calm out of the first n and returns how many are left.
func (f *field) setApart(n int) int {
	kept := 0
	for i := range n {
		if norm2(f.cx[i], f.cy[i]) >= f.calm {
			f.counts[f.index[i]] = apart
			continue
		}
		f.x[kept], f.y[kept], f.cx[kept], f.cy[kept] = f.x[i], f.y[i], f.cx[i], f.cy[i]
		f.index[kept] = f.index[i]
		kept++
	}
	return kept
}

// forget takes back the counts beyond the limit, which is below the steps that begin makes: begin always makes a whole turn of its
// loop.
func (f *field) forget(n int) {
	for i, count := range f.counts[:n] {
		if int64(count) > f.limit {
			f.counts[i] = 0
		}
	}
}
