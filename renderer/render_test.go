package renderer_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
)

// render renders whole images and fails the test on errors.
func render(tb testing.TB, s spec.Spec, opt renderer.Options) *renderer.Pixels {
	tb.Helper()
	pixels, err := renderer.Render(tb.Context(), s, spec.Rows{Start: 0, End: s.Height}, opt)
	require.NoError(tb, err)
	return pixels
}

// pictures draws small images of interesting places.
func pictures() *rapid.Generator[spec.Spec] {
	return rapid.Custom(func(t *rapid.T) spec.Spec {
		d := spec.Draft{
			Formula:       rapid.SampledFrom(spec.Formulas()).Draw(t, "formula"),
			Width:         rapid.IntRange(1, 40).Draw(t, "width"),
			Height:        rapid.IntRange(1, 40).Draw(t, "height"),
			MaxIterations: spec.Iterations(rapid.IntRange(1, 200).Draw(t, "limit")),
			Samples:       rapid.IntRange(1, 3).Draw(t, "samples"),
			Depth:         rapid.SampledFrom([]int{8, 16}).Draw(t, "depth"),
			Coloring: spec.Coloring{
				Method:   rapid.SampledFrom(spec.Methods()).Draw(t, "method"),
				Palette:  rapid.SampledFrom(append(spec.Palettes(), "000764@0,206bcb@0.16,edffff@0.42", "ff0000@0.5,00ff00@0.75")).Draw(t, "palette"),
				Smooth:   rapid.SampledFrom([]spec.Switch{0, spec.Off}).Draw(t, "smooth"),
				Cyclic:   rapid.SampledFrom([]spec.Switch{0, spec.Off}).Draw(t, "cyclic"),
				Steps:    rapid.SampledFrom([]int{0, 0, 1, 9, 255}).Draw(t, "steps"),
				Periods:  rapid.Bool().Draw(t, "periods"),
				Interior: rapid.SampledFrom([]spec.Color{"#000000", "#ff8000"}).Draw(t, "interior"),
			},
		}
		set := func(d *spec.Decimal, text string) {
			require.NoError(t, d.UnmarshalJSON([]byte(text)))
		}
		if d.Formula == spec.Multibrot || d.Formula == spec.Julia {
			d.Power = rapid.SampledFrom([]int{0, 2, 3, 4, 5, 6, 7, 8}).Draw(t, "power")
		}
		if rapid.Bool().Draw(t, "elsewhere") {
			set(&d.Center.Re, rapid.SampledFrom([]string{"-0.7436", "0.25", "-1.75", "3"}).Draw(t, "re"))
			set(&d.Center.Im, rapid.SampledFrom([]string{"0.1318", "0", "-0.03"}).Draw(t, "im"))
			set(&d.Radius, rapid.SampledFrom([]string{"0.01", "1e-6", "20"}).Draw(t, "radius"))
			set(&d.Rotation, rapid.SampledFrom([]string{"0", "90", "33.3", "-179"}).Draw(t, "rotation"))
			d.Mirror = rapid.Bool().Draw(t, "mirror")
			set(&d.Stretch.Amount, rapid.SampledFrom([]string{"0", "0.5", "3"}).Draw(t, "stretch"))
			set(&d.Stretch.Angle, rapid.SampledFrom([]string{"0", "45", "-77.7"}).Draw(t, "axis"))
		}
		return normal(t, d)
	})
}

// tallPictures are pictures of several segments.
func tallPictures() *rapid.Generator[spec.Spec] {
	return rapid.Custom(func(t *rapid.T) spec.Spec {
		return changed(t, pictures().Draw(t, "picture"), func(d *spec.Draft) {
			d.Height = rapid.IntRange(1, 300).Draw(t, "height of several segments")
		})
	})
}

func TestBandsAndThreadsMakeTheSamePicture(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		s := pictures().Draw(r, "spec")
		whole := render(t, s, renderer.Options{Threads: 1})
		threads := render(t, s, renderer.Options{Threads: rapid.IntRange(2, 9).Draw(r, "threads")})
		require.Equal(r, whole, threads)
		var pix []byte
		for start := 0; start < s.Height; {
			end := rapid.IntRange(start+1, s.Height).Draw(r, "end")
			band, err := renderer.Render(t.Context(), s, spec.Rows{Start: start, End: end}, renderer.Options{})
			require.NoError(r, err)
			require.Equal(r, whole.Format, band.Format)
			pix = append(pix, band.Pix...)
			start = end
		}
		require.Equal(r, whole.Pix, pix)
	})
}

// TestMirrorImages uses that the Mandelbrot set, its like of power 3 and the tricorn are their own conjugates, and every Julia set is itself
// turned by half a turn.
func TestMirrorImages(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{60, 40}, {61, 41}} {
		for _, formula := range []spec.Formula{spec.Mandelbrot, spec.Tricorn, spec.Multibrot} {
			p := render(t, normal(t, spec.Draft{Formula: formula, Width: size[0], Height: size[1]}), renderer.Options{})
			for row := range size[1] {
				mirror := size[1] - 1 - row
				assert.Equal(t, p.Pix[row*p.Stride:(row+1)*p.Stride], p.Pix[mirror*p.Stride:(mirror+1)*p.Stride], "%s, row %d", formula, row)
			}
		}
		p := render(t, normal(t, spec.Draft{Formula: spec.Julia, Width: size[0], Height: size[1]}), renderer.Options{})
		pixels := len(p.Pix) / 3
		for i := range pixels {
			j := pixels - 1 - i
			assert.Equal(t, p.Pix[3*i:3*i+3], p.Pix[3*j:3*j+3], "pixel %d", i)
		}
	}
}

// TestTurnsAreTurns compares a view turned by 90 degrees, which is exact, with the view itself.
func TestTurnsAreTurns(t *testing.T) {
	t.Parallel()
	const side = 50
	s := parse(t, `{"width":50,"height":50,"center":{"re":-0.5,"im":0.5},"radius":0.5}`)
	upright := render(t, s, renderer.Options{})
	turned := render(t, changed(t, s, func(d *spec.Draft) { d.Rotation = decimal(t, "90") }), renderer.Options{})
	for row := range side {
		for column := range side {
			// The top of the turned view looks at what was its left side: c = centre + i*(dx + i*dy).
			want := upright.Pix[3*((side-1-column)*side+row):][:3]
			to := 3 * (row*side + column)
			require.Equal(t, want, turned.Pix[to:to+3], "pixel (%d,%d)", column, row)
		}
	}
}

func TestKnownPoints(t *testing.T) {
	t.Parallel()
	tests := []struct {
		formula string
		re, im  string
		inside  bool
	}{
		{"mandelbrot", "0", "0", true},
		{"mandelbrot", "-1", "0", true},
		{"mandelbrot", "-1.3107", "0", true},      // the disc of period 4
		{"mandelbrot", "-0.1225", "0.7449", true}, // period 3
		{"mandelbrot", "-2", "0", true},           // the tip: its orbit is -2, 2, 2, ...
		{"mandelbrot", "0.26", "0", false},
		{"mandelbrot", "0", "1.1", false},
		{"mandelbrot", "1e99", "-1e99", false},
		{"julia", "0", "0", false},
		{"julia", "5", "5", false},
		{"burning_ship", "-1.7549", "0", true},
		{"burning_ship", "0.5", "0.5", false},
		{"tricorn", "0", "0", true},
		{"tricorn", "-1.3107", "0", true},
		{"tricorn", "1", "1", false},
		{"multibrot", "0", "0", true},
		{"multibrot", "0", "1", true}, // its orbit is i, 0, i, 0 ...
		{"multibrot", "0", "1.415", false},
		{"multibrot", "1", "0", false},
	}
	for _, test := range tests {
		s := parse(t, `{"formula":"`+test.formula+`","center":{"re":`+test.re+`,"im":`+test.im+`},"radius":"1e-9",
			"width":1,"height":1,"max_iterations":2000,"coloring":{"method":"set"}}`)
		got := render(t, s, renderer.Options{})
		assert.Equal(t, test.inside, got.Pix[0] == 0, "%s at %s, %s", test.formula, test.re, test.im)
	}
}

// TestSamplesSoftenEdges checks the mean of black and white: with two samples a pixel is black, white, or the root of
// one half.
func TestSamplesSoftenEdges(t *testing.T) {
	t.Parallel()
	s := parse(t, `{"width":200,"height":200,"samples":2,"coloring":{"method":"set"}}`)
	p := render(t, s, renderer.Options{})
	require.Equal(t, renderer.Gray8, p.Format)
	counts := map[byte]int{}
	for _, gray := range p.Pix {
		counts[gray]++
	}
	half := byte(math.Round(255 * math.Sqrt(0.5)))
	assert.Len(t, counts, 3)
	assert.Positive(t, counts[half])
	assert.Greater(t, counts[255], counts[half])
}

func TestInteriorColor(t *testing.T) {
	t.Parallel()
	s := parse(t, `{"width":3,"height":3,"radius":0.1,"center":{"re":0},"samples":5,"coloring":{"interior":"#102030"}}`)
	for i, channel := range render(t, s, renderer.Options{}).Pix {
		assert.Equal(t, []byte{0x10, 0x20, 0x30}[i%3], channel)
	}
}

func TestRenderRefusesRowsThatAreNot(t *testing.T) {
	t.Parallel()
	s := spec.Original(100, 50)
	for _, rows := range []spec.Rows{{Start: -1, End: 5}, {Start: 0, End: 51}, {Start: 5, End: 5}, {Start: 6, End: 5}, {Start: 50, End: 51}} {
		_, err := renderer.Render(t.Context(), s, rows, renderer.Options{})
		require.ErrorContains(t, err, "rows", "%v", rows)
	}
	_, err := renderer.Render(t.Context(), spec.Spec{}, spec.Rows{Start: 0, End: 1}, renderer.Options{})
	require.ErrorContains(t, err, "rows", "no picture has none")
}

func TestProgressCountsEveryRowOnce(t *testing.T) {
	t.Parallel()
	s := parse(t, `{"width":30,"height":150,"max_iterations":50}`)
	var rows int // needs no lock: calls are serialised, which the race detector checks
	opt := renderer.Options{Threads: 4, Progress: func(n int, _ renderer.Work) { rows += n }}
	render(t, s, opt)
	assert.Equal(t, 150, rows)
	rows = 0
	require.NoError(t, renderer.Write(t.Context(), &bytes.Buffer{}, s, opt))
	assert.Equal(t, 150, rows)
}

var errStop = errors.New("stop now")

// TestRenderingStops ends the context in the middle of a row of chaotic orbits, which neither escape nor repeat for
// minutes: on the real axis next to -1.9 every formula but one is x^2 + c.
func TestRenderingStops(t *testing.T) {
	t.Parallel()
	for _, formula := range spec.Formulas() {
		s := parse(t, `{"formula":"`+string(formula)+`","width":1000,"height":1,"radius":"1e-7","center":{"re":"-1.9","im":0},
			"max_iterations":2000000000,"coloring":{"method":"set"}}`)
		s = changed(t, s, func(d *spec.Draft) {
			if formula == spec.Julia {
				d.Center, d.Seed = spec.Point{}, d.Center
			}
			if formula == spec.Multibrot { // chaotic next to -1.25 for the power 4
				d.Power, d.Center.Re = 4, decimal(t, "-1.25")
			}
		})
		for name, work := range map[string]func(context.Context) error{
			"Render": func(ctx context.Context) error {
				_, err := renderer.Render(ctx, s, spec.Rows{Start: 0, End: 1}, renderer.Options{})
				return err
			},
			"Write": func(ctx context.Context) error {
				return renderer.Write(ctx, &bytes.Buffer{}, s, renderer.Options{})
			},
		} {
			ctx, cancel := context.WithCancelCause(t.Context())
			var canceled atomic.Int64
			timer := time.AfterFunc(30*time.Millisecond, func() { canceled.Store(time.Now().UnixNano()); cancel(errStop) })
			err := work(ctx)
			latency := time.Duration(time.Now().UnixNano() - canceled.Load())
			timer.Stop()
			cancel(nil)
			require.ErrorIs(t, err, errStop, "%s %s", name, formula)
			// 20 ms on an idle machine; tests share theirs, and the race detector slows the loop tenfold.
			assert.Less(t, latency, 500*time.Millisecond, "%s %s", name, formula)
		}
	}
}

// TestAllocationsDoNotGrowWithPixels compares images of 2,500 and of 250,000 pixels.
func TestAllocationsDoNotGrowWithPixels(t *testing.T) { //nolint:paralleltest // AllocsPerRun counts the allocations of all goroutines
	allocations := func(text string) float64 {
		s := parse(t, text)
		return testing.AllocsPerRun(5, func() { render(t, s, renderer.Options{Threads: 2}) })
	}
	for _, extra := range []string{``, `,"samples":2`, `,"coloring":{"method":"set"}`, `,"coloring":{"method":"distance"}`} {
		small := allocations(`{"width":50,"height":50,"max_iterations":20` + extra + `}`)
		large := allocations(`{"width":500,"height":500,"max_iterations":20` + extra + `}`)
		assert.InDelta(t, small, large, 20, "with%s", extra)
	}
}

// TestMemoryIsBounded writes a picture of 48 MB of pixels and looks at the heap on the way.
func TestMemoryIsBounded(t *testing.T) { //nolint:paralleltest // looks at the heap of the whole process
	if testing.Short() {
		t.Skip("renders 16 million pixels")
	}
	s := parse(t, `{"width":2000,"height":8000,"max_iterations":2}`)
	var before, during runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	peak, rows := uint64(0), 0
	opt := renderer.Options{Threads: 2, Progress: func(n int, _ renderer.Work) {
		if rows += n; rows%1000 < n {
			runtime.ReadMemStats(&during)
			peak = max(peak, during.HeapAlloc)
		}
	}}
	require.NoError(t, renderer.Write(t.Context(), discard{}, s, opt))
	assert.Less(t, float64(peak)-float64(before.HeapAlloc), 20e6, "a few segments of 384 kB and the compressors")
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

// TestWorkIsCounted: points, and the iterations that following each of them step by step would take, whatever the threads.
func TestWorkIsCounted(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]renderer.Work{
		`{"width":40,"height":30,"center":{"re":0},"radius":0.01,"max_iterations":700}`:         {Points: 1200, Inside: 1200, Iterations: 1200 * 700},
		`{"width":40,"height":30,"center":{"re":50},"radius":0.01,"coloring":{"method":"set"}}`: {Points: 1200, Iterations: 1200},
		`{"width":40,"height":30,"center":{"re":50},"radius":0.01,"samples":3,"format":"exr"}`:  {Points: 3600, Iterations: 2 * 3600},
		`{"width":40,"height":30,"center":{"re":-2},"radius":"1e-40","max_iterations":9}`:       {Points: 1200, Inside: 1200, Iterations: 1200 * 9},
	} {
		for _, threads := range []int{1, 3} {
			var got renderer.Work
			opt := renderer.Options{Threads: threads, Progress: func(_ int, w renderer.Work) {
				assert.Positive(t, w.Cost)
				assert.Positive(t, w.Moves)
				w.Cost, w.Moves = 0, 0 // they depend on how points are followed
				got.Add(w)
			}}
			require.NoError(t, renderer.Write(t.Context(), &bytes.Buffer{}, parse(t, text), opt))
			assert.Equal(t, want, got, "%s on %d threads", text, threads)
		}
	}
}
