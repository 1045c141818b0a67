package renderer

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"mandelfarm/renderer/spec"
)

// view has the radius 10^-depth.
type view struct {
	re, im string
	depth  int
	limit  spec.Iterations
}

// deepViews are of every kind of number.
func deepViews() map[string]view {
	const minibrot = "-1.7548776662466927600495088963585286918946066177727931439892839706460806551280810907382270928422503"
	return map[string]view{
		"needle":    {"-1.9599989999999999999", "1e-25", 24, 3000},
		"seahorse":  {"-0.743643887037158704752191506114774", "0.131825904205311970493132056385139", 27, 20000},
		"minibrot":  {minibrot, "1e-37", 36, 5000},
		"dendrite":  {"0", "1", 200, 5000},
		"very deep": {"0", "1", 700, 9000},
	}
}

// spec is a small file of the view, of so many times its radius, with odd sides: its middle is the centre of a pixel.
func (v view) spec(t *testing.T, times string) spec.Spec {
	t.Helper()
	return must(spec.Normalize(spec.Draft{
		Center: spec.Point{Re: decimal(t, v.re), Im: decimal(t, v.im)}, Radius: decimal(t, fmt.Sprintf("%se-%d", times, v.depth)),
		Exact: true, Width: 65, Height: 49, MaxIterations: v.limit, Format: spec.NPY,
	}))
}

// seams are the depths around which numbers change their kind.
func seams() []int {
	var depths []int
	step := 1
	if testing.Short() {
		step = 4
	}
	for _, ends := range [][2]int{{151, 164}, {303, 326}} {
		for depth := ends[0]; depth <= ends[1]; depth += step {
			depths = append(depths, depth)
		}
	}
	return depths
}

// look draws the file of a view and returns its counts.
func look(t *testing.T, s spec.Spec, opt Options) [][]float64 {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, Write(t.Context(), &out, s, opt))
	c := counts{width: s.Width, height: s.Height}
	data := out.Bytes()[len(c.head()):]
	rows := make([][]float64, s.Height)
	for y := range rows {
		rows[y] = make([]float64, s.Width)
		for x := range rows[y] {
			rows[y][x] = number(data[y*c.stride():], x)
		}
	}
	return rows
}

// TestDeepConjugates: the conjugate view is the view upside down.
func TestDeepConjugates(t *testing.T) {
	t.Parallel()
	for name, v := range deepViews() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := v.spec(t, "1")
			rows := look(t, s, Options{})
			v.im = "-" + v.im
			for y, row := range look(t, v.spec(t, "1"), Options{}) {
				for x, nu := range row {
					want := rows[s.Height-1-y][x]
					if math.IsNaN(want) {
						require.True(t, math.IsNaN(nu), "row %d, column %d", y, x)
						continue
					}
					require.InDelta(t, want, nu, 1e-6, "row %d, column %d", y, x)
				}
			}
		})
	}
}

// TestDeepBands: the file is the same by any number of threads and in any bands.
func TestDeepBands(t *testing.T) {
	t.Parallel()
	for name, v := range deepViews() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := v.spec(t, "1").Draft()
			d.Width, d.Height = 40, 2*spec.SegmentRows+9
			s := must(spec.Normalize(d))
			var whole, other, banded bytes.Buffer
			require.NoError(t, Write(t.Context(), &whole, s, Options{Threads: 1}))
			require.NoError(t, Write(t.Context(), &other, s, Options{Threads: 3}))
			require.True(t, bytes.Equal(whole.Bytes(), other.Bytes()), "by three threads")
			banded.Write(Head(s))
			for _, rows := range []spec.Rows{{End: spec.SegmentRows}, {Start: spec.SegmentRows, End: s.Height}} {
				_, err := WriteBand(t.Context(), &banded, s, rows, Options{Threads: 2})
				require.NoError(t, err)
			}
			require.True(t, bytes.Equal(whole.Bytes(), banded.Bytes()), "in two bands")
		})
	}
}

// TestDeepZooms: a point is the same in a view and in the next, of half the radius.
func TestDeepZooms(t *testing.T) {
	t.Parallel()
	views := deepViews()
	for _, depth := range seams() {
		v := views["dendrite"]
		v.depth = depth
		views[fmt.Sprintf("dendrite at 1e-%d", depth)] = v
	}
	for name, v := range views {
		for far, near := range map[string]string{"1": "0.5", "2": "1"} {
			t.Run(name+", "+far, func(t *testing.T) {
				t.Parallel()
				agree(t, newViewer(t, v.spec(t, far).Draft()), newViewer(t, v.spec(t, near).Draft()))
			})
		}
	}
}

// agree fails unless points of a view are the same in one of half the radius.
func agree(t *testing.T, far, near *viewer) {
	t.Helper()
	const middleX, middleY = 32, 24
	compared := 0
	for y := -12; y <= 12; y += 3 {
		for x := -16; x <= 16; x += 4 {
			a, b := far.at(middleX+x, middleY+y), near.at(middleX+2*x, middleY+2*y)
			if math.IsNaN(a.nu) && math.IsNaN(b.nu) {
				compared++
				continue
			}
			if a.de < nearest || b.de < nearest {
				continue
			}
			compared++
			require.InDelta(t, a.nu, b.nu, 1e-3, "%d to the right, %d down", x, y)
			require.InEpsilon(t, 2*a.de, b.de, deTolerance, "%d to the right, %d down", x, y)
		}
	}
	require.Greater(t, compared, 20)
}

// TestDeepScales: around the tip of the needle, c = -2, the set looks the same at every depth. There the potential 2^-nu is
// that of a straight line, whose end it leaves with the root of the distance.
func TestDeepScales(t *testing.T) {
	t.Parallel()
	const first = 100
	v := view{"-2", "0", first, 3000}
	from := newViewer(t, v.spec(t, "1").Draft())
	var known [24][65]seen
	for y := range known {
		for x := range known[y] {
			known[y][x] = from.at(x, y)
		}
	}
	for _, depth := range append(seams(), 40, 700) {
		t.Run(strconv.Itoa(depth), func(t *testing.T) {
			t.Parallel()
			at := v
			at.depth = depth
			view := newViewer(t, at.spec(t, "1").Draft())
			for y := range known { // the needle is below
				for x := 0; x < 65; x += 7 {
					want, got := known[y][x], view.at(x, y)
					require.InDelta(t, want.nu+float64(depth-first)*math.Log2(10)/2, got.nu, 1e-5, "row %d, column %d", y, x)
					require.InEpsilon(t, want.de, got.de, 1e-4, "row %d, column %d", y, x)
				}
			}
		})
	}
}
