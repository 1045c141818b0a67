package renderer_test

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/renderer"
	"mandelfarm/renderer/exr"
	"mandelfarm/renderer/planes"
	"mandelfarm/renderer/planes/planestest"
	"mandelfarm/renderer/spec"
)

// dataTiles are tiles of every kind of view.
func dataTiles(t *testing.T) map[string]spec.Spec {
	t.Helper()
	all := make(map[string]spec.Spec)
	for name, c := range map[string]struct {
		z, x, y string
		query   map[string][]string
	}{
		"whole":        {z: "0", x: "0", y: "0"},
		"boundary":     {z: "5", x: "10", y: "15"},
		"inside":       {z: "4", x: "7", y: "8"},
		"no detail":    {z: "40", x: "1", y: "1"},
		"deep":         {z: "100", x: "633825300114114700748351602688", y: "316912650057057350374175801344"},
		"julia":        {z: "2", x: "1", y: "2", query: map[string][]string{"formula": {"julia"}, "seed_re": {"-0.75"}, "seed_im": {"0.1"}}},
		"julia, power": {z: "0", x: "0", y: "0", query: map[string][]string{"formula": {"julia"}, "power": {"8"}}},
		"ship":         {z: "6", x: "3", y: "31", query: map[string][]string{"formula": {"burning_ship"}, "max_iterations": {"300"}}},
		"tricorn":      {z: "3", x: "2", y: "4", query: map[string][]string{"formula": {"tricorn"}}},
		"multibrot":    {z: "3", x: "5", y: "4", query: map[string][]string{"formula": {"multibrot"}, "power": {"5"}}},
	} {
		query := map[string][]string{"format": {"gradients"}}
		for name, values := range c.query {
			query[name] = values
		}
		s, err := spec.DataTileFromQuery(c.z, c.x, c.y, query)
		require.NoError(t, err)
		all[name] = s
	}
	return all
}

// TestPackedDataIsThatOfTheOtherFormats: counts are NPY's to within half a step, N is EXR's, and so are distances and
// directions. The counts alone are the same.
func TestPackedDataIsThatOfTheOtherFormats(t *testing.T) {
	t.Parallel()
	for name, s := range dataTiles(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			packed := file(t, s, renderer.Options{})
			got, err := planestest.Read(packed)
			require.NoError(t, err)
			counts, err := planestest.Read(file(t, as(t, s, spec.PackedCounts), renderer.Options{}))
			require.NoError(t, err)
			require.Equal(t, got.N, counts.N)
			require.Equal(t, got.NF, counts.NF)
			require.Nil(t, counts.Distance)

			for y, row := range readNPY(t, file(t, as(t, s, spec.NPY), renderer.Options{})) {
				for x, nu := range row {
					have := got.Nu[y*s.Width+x]
					require.Equal(t, math.IsNaN(nu), math.IsNaN(have), "(%d,%d)", x, y)
					if !math.IsNaN(nu) {
						require.InDelta(t, nu, have, 0.51/planes.FractionSteps, "(%d,%d)", x, y)
					}
				}
			}
			line := file(t, as(t, s, spec.EXR), renderer.Options{})
			for y := range s.Height {
				for x := range s.Width {
					requirePixel(t, got, y*s.Width+x, escapeAt(line, s, x, y))
				}
			}
		})
	}
}

// escapeAt reads a pixel of an EXR. Its channels lie in the order of their names, all of a line's pixels of each.
func escapeAt(file []byte, s spec.Spec, x, y int) exr.Escape {
	size := exr.Channels{}.LineSize(s.Width)
	line := file[len(file)-(s.Height-y)*size:][8:]
	word := func(before int) uint32 { return binary.LittleEndian.Uint32(line[before*s.Width+4*x:]) }
	float := func(before int) float32 { return math.Float32frombits(word(before)) }
	return exr.Escape{DEX: float(2), DEY: float(6), N: word(12), NF: float(16)} // behind B of 2 bytes, G of 2
}

func requirePixel(t *testing.T, got *planestest.File, i int, want exr.Escape) {
	t.Helper()
	if want.N == exr.Inside {
		require.Zero(t, got.N[i])
		return
	}
	require.Equal(t, want.N, got.N[i])
	require.InDelta(t, want.NF, got.NF[i], 0.51/planes.FractionSteps)
	right, down := float64(want.DEX), float64(want.DEY)
	if right == 0 && down == 0 {
		require.True(t, math.IsNaN(got.Direction[i]) || got.Distance[i] < 0.01)
		return
	}
	require.InDelta(t, math.Log2(1+16*math.Hypot(right, down)), math.Log2(1+8*got.Distance[i]), 0.51/planes.DistanceSteps)
	angle := math.Abs(math.Remainder(math.Atan2(-down, right)/(2*math.Pi)-got.Direction[i], 1))
	require.LessOrEqual(t, angle, 0.51/planes.DirectionSteps)
}

// TestPackedDataSaysWhatAutoIs in each segment, since the head is made by those who do not know.
func TestPackedDataSaysWhatAutoIs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		query map[string][]string
		limit int
	}{{nil, 16384}, {map[string][]string{"max_iterations": {"77"}}, 77}} {
		s, err := spec.DataTileFromQuery("5", "10", "15", c.query)
		require.NoError(t, err)
		got, err := planestest.Read(file(t, s, renderer.Options{}))
		require.NoError(t, err)
		assert.Equal(t, c.limit, got.Limit)
	}
}

// TestPackedDataIsSmall beside what it holds: 8 bytes of NPY for each pixel.
func TestPackedDataIsSmall(t *testing.T) {
	t.Parallel()
	for name, s := range dataTiles(t) {
		counts, gradients := len(file(t, as(t, s, spec.PackedCounts), renderer.Options{})), len(file(t, s, renderer.Options{}))
		t.Logf("%-12s %7d bytes of counts, %7d of gradients", name, counts, gradients)
		assert.Less(t, counts, 4*256*256, name)
		assert.Less(t, gradients, 8*256*256, name)
	}
}
