package escape_test

import (
	"math"
	"math/cmplx"
	"testing"

	"github.com/stretchr/testify/assert"

	"mandelfarm/renderer/escape"
)

// TestPeriodsOfKnownPoints: nuclei and points of components whose periods are known, of every map.
func TestPeriodsOfKnownPoints(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		kernel escape.Kernel
		re, im float64
		want   int
	}{
		{"cardioid", escape.Kernel{}, 0.1, 0.2, 1},
		{"cardioid, next to its edge", escape.Kernel{}, 0.2499, 0, 1},
		{"disc", escape.Kernel{}, -1.1, 0.1, 2},
		{"rabbit", escape.Kernel{}, -0.122561, 0.744862, 3},
		{"next to the root of its bulb", escape.Kernel{}, -0.1250, 0.6555, 3},
		{"airplane", escape.Kernel{}, -1.754877666, 0, 3},
		{"period 4 on the disc", escape.Kernel{}, -1.3107, 0, 4},
		{"period 8", escape.Kernel{}, -1.3815, 0, 8},
		{"fifths", escape.Kernel{}, -0.504340, 0.562765, 5},
		{"fifths", escape.Kernel{}, 0.379513, 0.334932, 5},
		{"period 6 in the minibrot of period 3", escape.Kernel{}, -1.7728929033, 0, 6},
		{"outside", escape.Kernel{}, 0.5, 0.5, 0},
		{"where no cycle attracts", escape.Kernel{}, -2, 0, 0},
		{"cube", escape.Kernel{Power: 3}, 0.1, 0.1, 1},
		{"cube of period 2", escape.Kernel{Power: 3}, 0, 1, 2},
		{"Tricorn", escape.Kernel{Formula: escape.Tricorn}, 0.1, 0.1, 1},
		{"airplane of the Tricorn", escape.Kernel{Formula: escape.Tricorn}, -1.754877666, 0, 3},
		{"Burning Ship", escape.Kernel{Formula: escape.BurningShip}, 0.1, -0.1, 1},
		{"small ship", escape.Kernel{Formula: escape.BurningShip}, -1.754877666, 0, 3},
	} {
		test.kernel.Radius2 = escape.SmoothRadius2
		var effort escape.Effort
		assert.Equal(t, test.want, test.kernel.Period(test.re, test.im, &effort), "%s", test.name)
	}
}

// TestPeriodsOfBulbs: the bulb at the angle p/q of the main cardioid has the period q, and is a disc of about the radius sin(pi*p/q)/q^2.
func TestPeriodsOfBulbs(t *testing.T) {
	t.Parallel()
	for q := 2; q <= 41; q++ {
		for p := 1; p < q; p++ {
			if gcd(p, q) > 1 {
				continue
			}
			angle := 2 * math.Pi * float64(p) / float64(q)
			spin := cmplx.Rect(1, angle)
			root, outward := spin/2-spin*spin/4, spin*(1-spin)
			size := math.Sin(math.Pi*float64(p)/float64(q)) / float64(q*q)
			c := root + outward/complex(cmplx.Abs(outward), 0)*complex(0.7*size, 0)
			k := escape.Kernel{Radius2: escape.SmoothRadius2}
			assert.Equal(t, q, k.Period(real(c), imag(c), nil), "%d/%d", p, q)
		}
	}
}

func gcd(a, b int) int {
	for b > 0 {
		a, b = b, a%b
	}
	return a
}
