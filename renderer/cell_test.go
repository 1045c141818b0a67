package renderer_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/big"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
)

// tile is a tile with a query such as "coloring=set".
func tile(t require.TestingT, level int, x, y *big.Int, query ...string) spec.Spec {
	values := make(map[string][]string)
	for _, parameter := range query {
		name, value, _ := strings.Cut(parameter, "=")
		values[name] = []string{value}
	}
	s, err := spec.TileFromQuery(strconv.Itoa(level), x.String(), y.String(), values)
	require.NoError(t, err)
	return s
}

// counts are the fractional iteration counts of all pixels.
func counts(t *testing.T, s spec.Spec) []float64 {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, renderer.Write(t.Context(), &out, as(t, s, spec.NPY), renderer.Options{}))
	data := out.Bytes()[out.Len()-8*s.Width*s.Height:]
	list := make([]float64, s.Width*s.Height)
	for i := range list {
		list[i] = math.Float64frombits(binary.LittleEndian.Uint64(data[8*i:]))
	}
	return list
}

// apart returns the greatest difference of counts, infinity if one escapes and the other does not.
func apart(a, b []float64) float64 {
	worst := 0.0
	for i := range a {
		switch {
		case math.IsNaN(a[i]) && math.IsNaN(b[i]):
		case math.IsNaN(a[i]) || math.IsNaN(b[i]):
			return math.Inf(1)
		default:
			worst = max(worst, math.Abs(a[i]-b[i]))
		}
	}
	return worst
}

// TestTilesShareAReference: neighbours at the tip of a spiral have the same prepass, and are what they are with a
// reference of their own: that of the same view with one more digit, which is no cell.
func TestTilesShareAReference(t *testing.T) {
	t.Parallel()
	for _, level := range []int{40, 100, 400} {
		left := new(big.Int).Lsh(big.NewInt(1), uint(level-1)) // beside the line re = 0
		top := new(big.Int).Lsh(big.NewInt(1), uint(level-2))  // and below the line im = 1
		key := ""
		for column := range int64(2) {
			s := tile(t, level, new(big.Int).Add(left, big.NewInt(column)), top, "max_iterations=2000")
			if column > 0 {
				require.Equal(t, key, renderer.PrepassKey(s), "level %d", level)
			}
			key = renderer.PrepassKey(s)
			own := changed(t, s, func(d *spec.Draft) { d.Radius = decimal(t, strings.Replace(s.Radius.String(), "e", "1e", 1)) })
			require.NotEqual(t, key, renderer.PrepassKey(own))
			require.LessOrEqual(t, apart(counts(t, s), counts(t, own)), 1e-4, "level %d, column %d", level, column)
		}
	}
}

// TestTilesOfOneAncestorHaveOnePrepass, those of its neighbours another.
func TestTilesOfOneAncestorHaveOnePrepass(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		level := 4*rapid.IntRange(0, 100).Draw(t, "ancestor level") + 1
		address := func(label string) *big.Int {
			n, _ := new(big.Int).SetString("0"+rapid.StringMatching(`[01]{0,410}`).Draw(t, label), 2)
			return n.And(n, new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), uint(level-1)), big.NewInt(1)))
		}
		x, y := address("x"), address("y") // of the ancestor
		below := func(label string) spec.Spec {
			levels := rapid.IntRange(1, 4).Draw(t, label+" levels below")
			inside := func(n *big.Int) *big.Int {
				n = new(big.Int).Lsh(n, uint(levels))
				return n.Add(n, big.NewInt(rapid.Int64Range(0, 1<<levels-1).Draw(t, label)))
			}
			return tile(t, level-1+levels, inside(x), inside(y))
		}
		one, other := below("one"), below("other")
		if renderer.IsDeep(one) == renderer.IsDeep(other) {
			require.Equal(t, renderer.PrepassKey(one), renderer.PrepassKey(other))
		}
		last := x.Cmp(new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), uint(level-1)), big.NewInt(1))) == 0
		if !last {
			x.Add(x, big.NewInt(1))
			require.NotEqual(t, renderer.PrepassKey(one), renderer.PrepassKey(below("neighbour")))
		}
	})
}

// TestTilesAreTheWholePicture cut into pieces.
func TestTilesAreTheWholePicture(t *testing.T) {
	t.Parallel()
	for _, formula := range spec.Formulas() {
		query := []string{"max_iterations=300", "formula=" + string(formula)}
		level, side := 2, 4*spec.TileSide
		whole := tile(t, 0, new(big.Int), new(big.Int), query...)
		whole = changed(t, whole, func(d *spec.Draft) { d.Width, d.Height = side, side })
		want := render(t, whole, renderer.Options{})
		for y := range int64(4) {
			for x := range int64(4) {
				got := render(t, tile(t, level, big.NewInt(x), big.NewInt(y), query...), renderer.Options{})
				for row := range spec.TileSide {
					line := want.Pix[(int(y)*spec.TileSide+row)*want.Stride+int(x)*got.Stride:][:got.Stride]
					require.True(t, bytes.Equal(line, got.Pix[row*got.Stride:][:got.Stride]), "%s: row %d of tile %d, %d", formula, row, x, y)
				}
			}
		}
	}
}
