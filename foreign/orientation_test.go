package foreign

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestTheShipStands: the imaginary axis of Kalles Fraktaler's points down, so that nobody who imports a Burning Ship from there
// sees it hang.
func TestTheShipStands(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(filepath.Join("testdata", "ship.kfr"))
	require.NoError(t, err)
	p := readText(t, Kalles, string(data))
	assert.True(t, p.Spec.Mirror)
	assert.Empty(t, p.Losses)
}

// TestOrientations compares the matrices of what is read with those that the programs calculate.
func TestOrientations(t *testing.T) {
	t.Parallel()
	degrees := func(x float64) float64 { return x * math.Pi / 180 }
	down := matrix{1, 0, 0, -1}
	for _, c := range []struct{ rotate, amount, axis string }{
		{"0", "0", "0"}, {"30", "0", "0"}, {"0", "0.5", "20"}, {"30", "0.5", "20"}, {"-100.25", "-2", "300"}, {"170", "1", "-33.5"},
	} {
		rotate, amount, axis := number(t, c.rotate), number(t, c.amount), degrees(number(t, c.axis))
		text := "Re: 0\nIm: 0\nZoom: 1\nIterations: 100\nRotateAngle: " + c.rotate + "\nStretchAmount: " + c.amount + "\nStretchAngle: " + c.axis + "\n"
		skew := turn(axis).times(scale(math.Exp2(amount))).times(turn(-axis))
		// Kalles Fraktaler: a point of the picture, the second coordinate downward, is turned and then stretched.
		requireMatrix(t, skew.times(turn(degrees(rotate))).times(down), readText(t, Kalles, text))
		p := readText(t, Kalles, text+"ImagPointsUp: 1\n")
		requireMatrix(t, skew.times(turn(degrees(rotate))), p)
		assert.Len(t, p.Losses, map[bool]int{true: 1}[c.rotate != "0" || c.amount != "0"], "versions differ")

		text = fraktalerPlace + "transform.rotate = " + c.rotate + ".0\ntransform.stretch_amount = " + c.amount + "e2\ntransform.stretch_angle = " + c.axis + "\n"
		if c.rotate == "-100.25" {
			text = fraktalerPlace + "transform.rotate = -100.25\ntransform.stretch_amount = -200\ntransform.stretch_angle = 300\n"
		}
		// fraktaler-3: a point of the picture, upward, is mirrored, stretched and then turned; that the other way if it is mirrored.
		requireMatrix(t, turn(degrees(rotate)).times(skew), readText(t, Fraktaler, text))
		requireMatrix(t, turn(degrees(-rotate)).times(skew).times(down), readText(t, Fraktaler, text+"transform.reflect = true\n"))
		requireMatrix(t, turn(degrees(-rotate)).times(skew), readText(t, Fraktaler, text+"transform.reflect = true\ntransform.vertical_flip = true\n"))
	}
	rust := readText(t, RustFractal, rustFractalPlace+"rotate = 30\n")
	requireMatrix(t, turn(degrees(30)).times(down), rust)
	requireMatrix(t, down, readText(t, DeepDrill, deepDrillPlace))
	requireMatrix(t, matrix{1, 0, 0, 1}, readText(t, Imagina, imaginaPlace))
	requireFault(t, Kalles, kallesPlace+"StretchAmount: 12.5\n", "stretch.amount")
	requireFault(t, Kalles, kallesPlace+"StretchAmount: 1e-200\n", "StretchAmount")
	requireFault(t, Fraktaler, fraktalerPlace+"transform.stretch_angle = \"x\"\n", "transform.stretch_angle")
}

// matrix is [a b; c d].
type matrix [4]float64

func (m matrix) times(n matrix) matrix {
	return matrix{m[0]*n[0] + m[1]*n[2], m[0]*n[1] + m[1]*n[3], m[2]*n[0] + m[3]*n[2], m[2]*n[1] + m[3]*n[3]}
}

func turn(angle float64) matrix {
	sin, cos := math.Sincos(angle)
	return matrix{cos, -sin, sin, cos}
}

func scale(factor float64) matrix { return matrix{factor, 0, 0, 1 / factor} }

func number(t *testing.T, text string) float64 {
	t.Helper()
	x, _ := rational(t, text).Float64()
	return x
}

// requireMatrix compares with rotation, stretch and mirror of a Spec.
func requireMatrix(t *testing.T, want matrix, p Picture) {
	t.Helper()
	s, axis := p.Spec, p.Spec.Stretch.Angle.Float64()*math.Pi/180
	got := turn(s.Rotation.Float64() * math.Pi / 180).times(turn(axis)).times(scale(math.Exp2(s.Stretch.Amount.Float64()))).times(turn(-axis))
	if s.Mirror {
		got = got.times(matrix{1, 0, 0, -1})
	}
	for i := range got {
		require.InDelta(t, want[i], got[i], 1e-12, "%v, not %v", got, want)
	}
}
