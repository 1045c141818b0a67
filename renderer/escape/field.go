package escape

// chunk is the number of points that iterate together. Points leave as they escape, and the last few to stay keep a
// core busy only in part, so that more is better; the field of so many still fits into a core's second cache.
const chunk = 2048

// slots is the length of a field's arrays: a chunk, and room behind it for the points that complete a vector. It is not
// a multiple of a memory page, which would put all arrays into the same few lines of the cache.
const slots = chunk + 72

// idle is the number of points behind the last that take part without being anybody's.
const idle = 32

// field is a chunk of points that have made the same number of steps, as arrays: element i of each is one point. The
// assembly knows its layout (gen/layout.go).
//
// An engine moves the points on by three functions:
//
//	begin(f, n, steps)    takes n points from start and point, makes up to so many steps of each, at least until all have
//	                      escaped, and tests every one. It writes counts (0 for those still inside) and norm2, puts the
//	                      others into x, y, cx, cy and index and returns their number. It sets ring if one of them is
//	                      not calm. With shortcut set it leaves out the points that are certainly in the Mandelbrot set.
//	advance(f, n, steps)  makes a block of steps of n points and tests them at the end. It moves those that escaped, as
//	                      they were before the block, to the arrays left..., and with periods set drops those that
//	                      are where they were when saved. The others move up; it returns their number.
//	settle(f, steps)      finds for each point that left, within that many steps, where it escaped, and writes counts
//	                      and norm2.
type field struct {
	x, y           [slots]float64 // z
	cx, cy         [slots]float64 // c
	savedX, savedY [slots]float64 // z of an earlier step
	index          [slots]int64   // which point of the chunk

	leftX, leftY   [slots]float64
	leftCX, leftCY [slots]float64
	leftBase       [slots]int64 // steps made before the block
	leftIndex      [slots]int64

	startX, startY   [slots]float64 // z_0
	pointCX, pointCY [slots]float64 // c
	startIndex       [slots]int64   // 0, 1, 2 ...
	norm2            [slots]float64
	counts           [2 * slots]int32

	_ [2][64]float64 // scratch of advance

	radius2  float64
	calm     float64 // |c|^2 below which a point stays escaped, see Kernel.calm
	base     int64   // steps made
	limit    int64
	left     int64 // number of points that left
	ring     int64 // not 0: some point is not calm
	shortcut int64 // not 0: leave out the cardioid and the disc of period 2
	periods  int64 // not 0: savedX and savedY are set

	julia          bool // what startX, startY, pointCX and pointCY are prepared for
	seedRe, seedIm float64
}

func newField() *field {
	f := &field{}
	for i := range f.startIndex {
		f.startIndex[i] = int64(i)
	}
	return f
}

// engine is an implementation of the three functions.
type engine struct {
	name    string
	begin   func(f *field, n, steps int) int
	advance func(f *field, n, steps int) int
	settle  func(f *field, steps int)
	first   int // steps that begin makes
}

// load puts points into the field. Points that escape at once complete the last vector.
func (f *field) load(k Kernel, b Batch) {
	f.prepare(k)
	re, im := &f.pointCX, &f.pointCY // two of the four arrays; prepare has filled the others
	if k.Formula == Julia {
		re, im = &f.startX, &f.startY
	}
	n := copy(re[:chunk], b.Re)
	copy(im[:chunk], b.Im)
	for i := n; i < n+idle; i++ {
		re[i], im[i] = outskirts, 0
	}
	f.radius2, f.calm = k.Radius2, k.calm()
	f.base, f.limit, f.left, f.ring, f.periods = 0, int64(k.MaxIterations), 0, 0, 0
}

// outskirts is a number whose square is beyond every radius and finite.
const outskirts = 1e150

// prepare fills the arrays that are the same for all points: z_0 = 0, or the c of a Julia set.
func (f *field) prepare(k Kernel) {
	if k.Formula != Julia {
		if f.julia {
			clear(f.startX[:])
			clear(f.startY[:])
			f.julia = false
		}
		return
	}
	if f.julia && f.seedRe == k.SeedRe && f.seedIm == k.SeedIm {
		return
	}
	for i := range f.pointCX {
		f.pointCX[i], f.pointCY[i] = k.SeedRe, k.SeedIm
	}
	f.julia, f.seedRe, f.seedIm = true, k.SeedRe, k.SeedIm
}

// pad makes the elements behind the n-th point such as never escape and never repeat.
func (f *field) pad(n int) {
	clear(f.x[n : n+idle])
	clear(f.y[n : n+idle])
	clear(f.cx[n : n+idle])
	clear(f.cy[n : n+idle])
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

// forget takes back the counts beyond the limit, which is below the steps that begin makes.
func (f *field) forget(n int) {
	for i, count := range f.counts[:n] {
		if int64(count) > f.limit {
			f.counts[i] = 0
		}
	}
}
