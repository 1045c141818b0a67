// Package renderer turns a Spec (package spec), which says what to draw, into pixels.
//
// # Model
//
// [Render] computes any run of rows of the picture; [Write] streams the whole of it as a file of the Spec's format: a PNG
// whose compressed data is a sequence of independent segments (see package bandpng), or raw data whose rows all have one
// size. So any band of a file can be made alone, by [WriteBand]. The files of this package are steps on the way, and refer to
// those above them:
//
//	threads.go        goroutines that share rows out, and what becomes of their panics
//	pattern.go        where in a pixel its samples lie
//	view.go           from pixels to points of the plane; which views are deep, and what their reference orbit is
//	undecided.go      which pixels are decided, for files that tell of it
//	points.go         what becomes of points: by escape, or by perturbation in package deep
//	auto.go           the limit of iterations that "auto" stands for
//	prepass.go        what all parts of a picture share, computed once (prepass_store.go: stored)
//	work.go           what drawing takes, counted
//	options.go        how to render, and pixels
//	raw.go            the layouts of raw data
//	rawplanes.go      in few bytes
//	rawlayout.go      which it is
//	cost.go           what drawing may take at most, before anything is computed
//	limits.go         whether a Spec may be drawn
//	paint.go          points to pixels, by package shade
//	estimate.go       what a picture will take, from one that is drawn small; whether there is anything to see
//	speed.go          how fast this machine is
//	write.go          files and bands of them
//	verify.go         is a file what its Spec draws?
//	find.go           the minibrot in a view
//
// The work is split over:
//
//	renderer/spec         what to draw: the Spec, its one form, its ID; nothing numeric
//	renderer/escape       iterates batches of points until they escape
//	renderer/deep         perturbation: points of the Mandelbrot set beside a reference orbit, at any depth, with rebasing, BLA and AT
//	renderer/orbit        follows one orbit in any number of bits
//	renderer/fixed        multiplies in fixed point, by math/big and by AVX-512 IFMA
//	renderer/wide         floatexp: numbers of double precision with exponents of any size
//	renderer/nucleus      finds the minibrot that a view is about
//	renderer/shade        colours by method, palette, light and histogram
//	renderer/palette      gradients as tables of colours
//	renderer/elementary   elementary functions that are the same on every CPU
//	renderer/bandpng      PNG files as independently compressed segments of rows
//	renderer/npy          NumPy files of iteration counts
//	renderer/planes       raw data in few bytes, which browsers decode
//	renderer/exr          OpenEXR files of colours, counts, angles and distances
//
// # Guarantees
//
// The same Spec gives the same bytes: on every CPU, for every number of threads and however the rows are split.
// Every floating-point product is rounded on its own (written float64(x*y)) or fused on purpose (math.FMA), so that no
// compiler fuses on one machine and not on another, and no function of package math is used except those which IEEE 754
// defines exactly (square root, floor, fused multiply-add).
//
// Rendering is pure: parameters in, pixels out. Nothing here does I/O (besides writing to a given io.Writer), logs,
// reads a clock or changes a global that can be observed. A render obeys its context inside the iteration loop.
//
// # The picture
//
// A point escapes at the first n >= 1 with |z_n| > R, where z_0 = 0 and z_{n+1} = z_n^2 + c for the Mandelbrot set
// (package escape lists the other formulas). R is 2 for the method "set", in deep views 256, and 256 for the others, whose larger circle
// makes the fractional iteration count below continuous to about one part in 10^5.
//
// A plain view has square pixels sampled at their centres:
//
//	c = center + e^{i*rotation} * ((col + 1/2 - width/2) + i*(height/2 - row - 1/2)) * 2*radius/height
//
// Before it is turned, it may be mirrored, so that i is -i in that, and after that stretched: a parallelogram of a square's
// area is sampled for each pixel then, f = 2^amount as long along the axis of the stretch, which is measured where the turned
// view has its right, and 1/f across. Distances and gradients are those of the picture.
//
// A [spec.Window] is stretched to the image and sampled on its edges, ends included.
//
// Of the Mandelbrot set, a plain view whose pixels are less than 2^-33 apart is deep: package deep follows its points as
// differences to one orbit, that of the view's middle, and n, z_n and the gradient are what they are otherwise. Other
// formulas, and windows, go as far as double precision tells pixels apart.
//
// Method "set" paints points that do not escape black and the others white. Method "smooth" computes
//
//	nu = n - log_p(ln|z_n|)
//	t  = offset + density * sqrt(max(nu*log2(p), 0)) / 8
//
// where p is the power of z, 2 for most formulas: points of equal potential have equal colours, whatever the power. It takes
// the palette's colour at the fraction of t if the palette is cyclic. If not, the palette runs from 0 to 1 once: below is
// its first colour, above its last; at density 1 it ends where nu*log2(p) = 64. The square root compresses long orbits,
// so that the default view and a view of radius 1e-10 both show a few turns of the palette. The double logarithm is
// taken from a table of parabolas that is within 1e-7 of it. With steps a turn is cut into as many flat colours.
//
// A range of counts, from a to b, and equalize, from 0 to 1, lay the palette out otherwise; where both are absent, s is
// sqrt(max(nu*log2(p), 0)) / 8 above. With r(x) for sqrt(max(x*log2(p), 0)), and R(x) for the part of the picture's points that
// escape whose nu is below x, as method "histogram" below has it,
//
//	s = (1 - equalize) * (r(nu) - r(a)) / (r(b) - r(a)) + equalize * (R(nu) - R(a)) / (R(b) - R(a))
//	t = offset + density * s
//
// Without a range, s is (1 - equalize) * r(nu) / 8 + equalize * R(nu). Where no point is between a and b, equalize is 0.
//
// With smooth off, methods that go by nu go by the one at the beginning of a count's band instead, nu - f, where f from 0 up to 1 is
// the fraction of the continuous count that package exr has, and its whole part is n but for points that escape from right at the
// circle: bands of one colour each.
//
// Method "distance" goes by the distance to the boundary instead, in pixels, which package escape's gradient of |z_n| gives:
//
//	de = 2|z_n| ln|z_n| / |grad|
//	t  = offset + density * log2(1 + 8 de) / 15
//
// Of a stretched window a pixel is a column to the side and a row upward. Method "slope" colours as "smooth" does, as if on
// a hill that falls along the gradient, and lights it: with a the cosine between the gradient in the picture and the light,
// times relief, times min(1, de), a channel v from 0 to 1 becomes v + 0.85 a v on the side away from the light, where a < 0,
// and v + a (1-v) (0.8 v + 0.15) on the other.
//
// Method "histogram" needs to know the whole picture before any of it: the same view is sampled at the centres of the
// pixels of a picture of at most 256 by 192, and t = offset + density * the part of those of its points that escape whose
// nu is lower. That is known at 256 levels of equal size, and taken to be linear between them.
//
// With periods, points that do not escape have the palette's colour at the fraction of 0.6180339887498949 p, where p is the period of
// the attracting cycle that package escape or deep finds, and the interior's if none is found.
//
// # Auto
//
// Auto is a limit of iterations that is a function of the view. Its points are the centres of the pixels of a picture of
// the same view of at most 32 by 18. They are followed for 10 million iterations, or in deep views for
// 1.3e10 / words^1.5 if that is less, where words is the length of the reference's numbers in 64 bits. With the 128th part of
// the points that escape, the slowest, left out, the limit is the least power of two from 1024 on that is 1.5 times the
// count of the others, and no more than they were followed for. It is 1024 where none escapes; so it is in deep views whose
// reference neither escapes nor shows a periodic point, because there the points stay together, and in such as lie inside
// a component of the set's interior, by the multiplier of the cycle that the middle comes to in double precision.
//
// # Cells
//
// The square from -2-2i to 2+2i is cut into 2^z by 2^z cells, at every level z. An upright square picture whose centre
// and radius are exactly those of a cell has the prepass of the cell's ancestor, the cell that holds it on the last level
// above that is a multiple of 4: the middle of that is its reference, and Auto comes from that, by 64 by 64 points and four
// times their count. So the 340 tiles of a map that lie in one ancestor share one prepass, and fit together.
//
// # Prepass
//
// What is computed once for all parts of a picture is its [Prepass]: the reference of a deep view, the histogram, and
// what Auto stands for. [PrepassKey] hashes exactly what it depends on. It can be stored; see [Prepass.WriteTo].
// Rendering computes what it is not given, with the same result. References are the largest part of it, with at most about
// 120 bytes of memory for each step; a picture needs one at a time.
//
// # Samples
//
// With samples above 1 every pixel is the mean of that many points of the R2 low-discrepancy sequence (Martin
// Roberts, "The Unreasonable Effectiveness of Quasirandom Sequences", 2018), the first of which is the pixel's centre.
// Colours are averaged as squares, a light of gamma 2 whose sums are exact in integers. At depth 16 colours are computed
// and averaged in 16 bits per channel.
//
// # Raw data
//
// Files of raw data tell of the centre of every pixel (of its grid point in a [spec.Window]), whatever the samples. R is 256 in
// them, also where the colouring is "set". NPY holds nu as above, with the logarithms in full precision (Nu of
// escape.Kernel), and NaN for points that do not escape. EXR holds
//
//	N + NF - Bias = nu + 1 + log2(ln R)      whole and fractional part: n at |z_n| = R^2, n+1 at |z_n| = R
//	T             = arg(z_n) / 2*pi          from 0 up to 1
//	(DEX, DEY)    = |z_n|*ln|z_n| * g/|g|^2  g is the gradient of |z_n| per pixel, to the right and down
//
// and the picture's colours at 16 bits, taken from sRGB to linear light. The vector points away from the set; it is half
// as long as the estimate above, which is an upper bound: so Kalles Fraktaler and fraktaler-3 have it.
//
// The package knows nothing of HTTP, queues, storage or jobs.
package renderer
