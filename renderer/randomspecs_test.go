package renderer_test

import (
	"bytes"
	"encoding/binary"
	"flag"
	"fmt"
	"image/png"
	"math"
	"math/big"
	"math/cmplx"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"mandelfarm/renderer"
	"mandelfarm/renderer/palette"
	"mandelfarm/renderer/spec"
)

var (
	randomSpecs = flag.Int("specs", 0, "so many random Specs are held against big numbers (make random-specs)")
	specsSeed   = flag.Uint64("specs-seed", 1, "what decides the random Specs")
)

// TestRandomSpecs draws random Specs and holds every pixel against what the documentation of this package says of it, followed in many bits: counts as raw data,
// and colours, means of several samples among them. Where a pixel that is moved by a little would be another, nothing is required; few pixels are there.
func TestRandomSpecs(t *testing.T) {
	t.Parallel()
	number := *randomSpecs
	switch {
	case number > 0:
	case testing.Short():
		number = 2
	default:
		number = 8
	}
	var required, all int
	for i := range number {
		o := newOracle(rand.New(rand.NewPCG(*specsSeed, uint64(i))))
		counts, colours := o.holdCounts(t), o.holdColours(t)
		required, all = required+counts+colours, all+2*o.width*o.height
	}
	t.Logf("%d of %d pixels of %d Specs were held against the truth", required, all, number)
	require.Greater(t, required, all*3/4, "too little was required")
}

// oracle knows a random Spec and what it draws. Its numbers are as they stand in the Spec.
type oracle struct {
	formula                 string
	power                   int
	seed, center            [2]string
	radius                  float64
	width, height           int
	rotation, amount, angle float64
	mirror, cyclic          bool
	limit, samples          int
	palette, interior       string
	density, offset         float64
	re, im                  *big.Float // of the centre
	cRe, cIm                *big.Float // of a Julia set
}

const (
	oracleBits = 160
	rawEscape  = 256
)

func number(text string) *big.Float {
	x, _, err := big.ParseFloat(text, 10, oracleBits, big.ToNearestEven)
	if err != nil {
		panic(err) // this file's own
	}
	return x
}

// newOracle draws Specs until one shows points that escape and points that take long, which is where the boundary is.
func newOracle(random *rand.Rand) *oracle {
	for {
		if o := drawOracle(random); o.isLively() {
			return o
		}
	}
}

func drawOracle(random *rand.Rand) *oracle {
	one := func(of ...string) string { return of[random.IntN(len(of))] }
	o := &oracle{
		formula: one("mandelbrot", "mandelbrot", "julia", "burning_ship", "tricorn", "multibrot"), power: 2, width: 9 + random.IntN(6), height: 6 + random.IntN(5),
		rotation: float64(random.IntN(720)) / 2, mirror: random.IntN(2) == 0, cyclic: random.IntN(2) == 0, limit: 60 + random.IntN(240), samples: 1 + random.IntN(5),
		palette: one("ultra", "fire", "ocean", "aurora", "gray", "twilight"), interior: one("#000000", "#204060"),
		density: float64(1+random.IntN(30)) / 8, offset: float64(random.IntN(100)) / 100,
	}
	switch o.formula {
	case "multibrot":
		o.power = 3 + random.IntN(6)
	case "julia":
		o.power = 2 + random.IntN(7)
	}
	if random.IntN(2) == 0 {
		o.amount, o.angle = float64(1+random.IntN(16))/8, float64(random.IntN(360))
	}
	deepest := 6.
	if o.formula == "mandelbrot" {
		deepest = 12
	}
	o.radius = math.Pow(10, 0.3-deepest*random.Float64())
	coordinate := func(most float64) string { return fmt.Sprintf("%.15f", most*(2*random.Float64()-1)) }
	o.center, o.seed = [2]string{coordinate(1.5), coordinate(1.2)}, [2]string{coordinate(0.8), coordinate(0.8)}
	o.cRe, o.cIm = number(o.seed[0]), number(o.seed[1])
	o.re, o.im = number(o.center[0]), number(o.center[1])
	o.approach(random)
	return o
}

// approach moves the centre to the boundary: between a point that escapes and one that does not, to within a view.
func (o *oracle) approach(random *rand.Rand) {
	escapes := func(re, im *big.Float) bool { return !math.IsNaN(o.follow(re, im).nu) }
	re, im := number("0"), number("0")
	if o.formula == "julia" {
		re, im = number(fmt.Sprintf("%.15f", random.Float64()-0.5)), number(fmt.Sprintf("%.15f", random.Float64()-0.5))
	}
	if escapes(re, im) == escapes(o.re, o.im) {
		return
	}
	half := big.NewFloat(0.5)
	for range 60 {
		midRe, midIm := times(sum(re, o.re), half), times(sum(im, o.im), half)
		if escapes(midRe, midIm) == escapes(o.re, o.im) {
			o.re, o.im = midRe, midIm
		} else {
			re, im = midRe, midIm
		}
	}
	o.center = [2]string{o.re.Text('f', 40), o.im.Text('f', 40)}
	o.re, o.im = number(o.center[0]), number(o.center[1])
}

// isLively reports whether counts differ much between some of its pixels.
func (o *oracle) isLively() bool {
	least, most := math.Inf(1), math.Inf(-1)
	for row := range 3 {
		for column := range 3 {
			nu := o.at(float64(column*o.width/2)+0.5, float64(row*o.height/2)+0.5).nu
			if math.IsNaN(nu) {
				continue
			}
			least, most = min(least, nu), max(most, nu)
		}
	}
	return most-least > 2 && least < float64(o.limit)/2
}

// spec is the Spec, as it is written, in a format and with what else that has.
func (o *oracle) spec(tb testing.TB, more string) spec.Spec {
	tb.Helper()
	text := fmt.Sprintf(`"formula": %q, "center": {"re": %q, "im": %q}, "radius": "%.17g", "width": %d, "height": %d, "rotation": %v, "mirror": %t, "max_iterations": %d`,
		o.formula, o.center[0], o.center[1], o.radius, o.width, o.height, o.rotation, o.mirror, o.limit)
	if o.formula == "multibrot" || o.formula == "julia" {
		text += fmt.Sprintf(`, "power": %d`, o.power)
	}
	if o.formula == "julia" {
		text += fmt.Sprintf(`, "seed": {"re": %q, "im": %q}`, o.seed[0], o.seed[1])
	}
	if o.amount > 0 {
		text += fmt.Sprintf(`, "stretch": {"amount": %v, "angle": %v}`, o.amount, o.angle)
	}
	return parse(tb, "{"+text+more+"}")
}

// fate is what becomes of a point.
type fate struct {
	nu float64 // the continuous count; NaN if it does not escape
	z  complex128
}

// at is the fate of a place of the picture, in pixels from its upper left corner.
func (o *oracle) at(x, y float64) fate {
	u := complex(x-float64(o.width)/2, float64(o.height)/2-y)
	if o.mirror {
		u = cmplx.Conj(u)
	}
	turned := func(degrees float64) complex128 { return cmplx.Rect(1, degrees*math.Pi/180) }
	along := u * turned(-o.angle)
	f := math.Exp2(o.amount)
	u = complex(real(along)*f, imag(along)/f) * turned(o.angle) * turned(o.rotation)
	pixel := 2 * o.radius / float64(o.height)
	return o.follow(sum(o.re, big.NewFloat(real(u)*pixel)), sum(o.im, big.NewFloat(imag(u)*pixel)))
}

// follow follows a point.
func (o *oracle) follow(re, im *big.Float) fate {
	zRe, zIm, cRe, cIm := number("0"), number("0"), re, im
	if o.formula == "julia" {
		zRe, zIm, cRe, cIm = re, im, o.cRe, o.cIm
	}
	var z complex128
	for n := 1; n <= o.limit; n++ {
		zRe, zIm = o.step(zRe, zIm, cRe, cIm)
		x, _ := zRe.Float64()
		y, _ := zIm.Float64()
		z = complex(x, y)
		if size := cmplx.Abs(z); size > rawEscape {
			return fate{float64(n) - math.Log(math.Log(size))/math.Log(float64(o.power)), z}
		}
	}
	return fate{math.NaN(), z}
}

// step is one of the formula.
func (o *oracle) step(x, y, cRe, cIm *big.Float) (re, im *big.Float) {
	switch o.formula {
	case "burning_ship":
		x, y = new(big.Float).Abs(x), new(big.Float).Abs(y)
	case "tricorn":
		y = new(big.Float).Neg(y)
	}
	re, im = x, y
	for range o.power - 1 {
		re, im = sum(times(re, x), new(big.Float).Neg(times(im, y))), sum(times(re, y), times(im, x))
	}
	return sum(re, cRe), sum(im, cIm)
}

func times(a, b *big.Float) *big.Float { return new(big.Float).SetPrec(oracleBits).Mul(a, b) }
func sum(a, b *big.Float) *big.Float   { return new(big.Float).SetPrec(oracleBits).Add(a, b) }

// moved is how far points may be off, in pixels, in the exact picture (promises of exactness_test.go).
func (o *oracle) moved() float64 {
	if 2*o.radius/float64(o.height) < 0x1p-33 {
		return 3e-3
	}
	return 1e-5
}

// surely is the count at a place with how far it is off at most where it is certain. It is not next to the boundary, where points beside it have other counts, or
// go other ways though none of them escapes.
func (o *oracle) surely(x, y float64) (nu, within float64, certain bool) {
	is := o.at(x, y)
	inside := math.IsNaN(is.nu)
	within = 1e-5
	for _, by := range []float64{-o.moved(), o.moved()} {
		for _, beside := range []fate{o.at(x+by, y), o.at(x, y+by)} {
			off := math.Abs(beside.nu - is.nu)
			if math.IsNaN(beside.nu) != inside || inside && cmplx.Abs(beside.z-is.z) > 1e-3 || off > 0.1 {
				return is.nu, 0, false
			}
			if !inside {
				within += 4 * off
			}
		}
	}
	return is.nu, within, inside || is.nu+within < float64(o.limit)-3
}

// holdCounts holds the counts of raw data, and returns of how many pixels.
func (o *oracle) holdCounts(t *testing.T) (held int) {
	t.Helper()
	s := o.spec(t, `, "format": "npy"`)
	var file bytes.Buffer
	require.NoError(t, renderer.Write(t.Context(), &file, s, renderer.Options{}))
	data := file.Bytes()[file.Len()-8*o.width*o.height:]
	for row := range o.height {
		for column := range o.width {
			want, within, certain := o.surely(float64(column)+0.5, float64(row)+0.5)
			if !certain {
				continue
			}
			held++
			got := math.Float64frombits(binary.LittleEndian.Uint64(data[8*(row*o.width+column):]))
			if math.IsNaN(got) != math.IsNaN(want) || math.Abs(got-want) > within {
				t.Fatalf("seed %d: the count of pixel (%d,%d) is %v, want %v within %.2g, in %s", *specsSeed, column, row, got, want, within, s.Canonical())
			}
		}
	}
	return held
}

// holdColours holds the colours of a PNG of 16 bits.
func (o *oracle) holdColours(t *testing.T) (held int) {
	t.Helper()
	s := o.spec(t, fmt.Sprintf(`, "samples": %d, "depth": 16, "coloring": {"palette": %q, "density": %v, "offset": %v, "cyclic": %t, "interior": %q}`,
		o.samples, o.palette, o.density, o.offset, o.cyclic, o.interior))
	var file bytes.Buffer
	require.NoError(t, renderer.Write(t.Context(), &file, s, renderer.Options{}))
	picture, err := png.Decode(&file)
	require.NoError(t, err)
	table := palette.New(s.Coloring.Palette, 16, o.cyclic)
	for row := range o.height {
		for column := range o.width {
			want, certain := o.colour(table, column, row)
			if !certain {
				continue
			}
			held++
			r, g, b, _ := picture.At(column, row).RGBA()
			for channel, got := range []uint32{r, g, b} {
				if math.Abs(float64(got)-want[channel]) > 0.02*0xffff {
					t.Fatalf("seed %d: channel %d of pixel (%d,%d) is %d, want %.0f, in %s", *specsSeed, channel, column, row, got, want[channel], s.Canonical())
				}
			}
		}
	}
	return held
}

// colour is that of a pixel: the mean of its samples, as squares.
func (o *oracle) colour(table palette.Table, column, row int) (mean [3]float64, certain bool) {
	const g = 1.32471795724474602596
	x, y := 0.5, 0.5
	for range o.samples {
		nu, within, certain := o.surely(float64(column)+x, float64(row)+y)
		if !certain || within > 0.01 {
			return mean, false
		}
		for channel, v := range o.colourOf(table, nu) {
			mean[channel] += float64(v) * float64(v) / float64(o.samples)
		}
		x, y = math.Mod(x+1/g, 1), math.Mod(y+1/g/g, 1)
	}
	for channel := range mean {
		mean[channel] = math.Sqrt(mean[channel])
	}
	return mean, true
}

// colourOf is that of a count.
func (o *oracle) colourOf(table palette.Table, nu float64) palette.Color {
	if math.IsNaN(nu) {
		var c palette.Color
		_, _ = fmt.Sscanf(o.interior, "#%02x%02x%02x", &c[0], &c[1], &c[2])
		return palette.Color{c[0] * 0x101, c[1] * 0x101, c[2] * 0x101}
	}
	t := o.offset + o.density*math.Sqrt(max(nu*math.Log2(float64(o.power)), 0))/8
	if o.cyclic {
		t -= math.Floor(t)
		return table[int(t*float64(len(table)))%len(table)]
	}
	return table[int(min(max(t, 0), 1)*float64(len(table)-1))]
}
