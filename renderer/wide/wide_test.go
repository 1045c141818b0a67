package wide_test

import (
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"mandelfarm/renderer/wide"
)

// precision holds sums of all numbers that these tests draw without rounding.
const precision = 20_000

func exact(m float64, e int) *big.Float {
	x := new(big.Float).SetPrec(precision).SetFloat64(m)
	return x.SetMantExp(x, e)
}

func value(a wide.Real) *big.Float { return exact(a.M, a.Exp) }

// near reports whether got is want but for so many units of 2^-53 of size.
func near(t interface {
	Helper()
	Fatalf(format string, args ...any)
}, got, want, size *big.Float, units float64,
) {
	t.Helper()
	off := new(big.Float).SetPrec(precision).Sub(got, want)
	bound := exact(units, -53)
	bound.Mul(bound, size)
	if off.Abs(off).Cmp(bound.Abs(bound)) > 0 {
		t.Fatalf("got %.20g, want %.20g within %.3g", got, want, bound)
	}
}

// finite draws float64s of all sizes, subnormals and zeros too.
func finite() *rapid.Generator[float64] {
	return rapid.Custom(func(t *rapid.T) float64 {
		x := math.Float64frombits(rapid.Uint64().Draw(t, "bits"))
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return rapid.SampledFrom([]float64{0, 1, -1, math.MaxFloat64, math.SmallestNonzeroFloat64, 0x1p-1022}).Draw(t, "special")
		}
		return x
	})
}

func reals() *rapid.Generator[wide.Real] {
	return rapid.Custom(func(t *rapid.T) wide.Real {
		return wide.NewReal(finite().Draw(t, "m"), rapid.IntRange(-3000, 3000).Draw(t, "e"))
	})
}

func complexes() *rapid.Generator[wide.Complex] {
	return rapid.Custom(func(t *rapid.T) wide.Complex {
		x := rapid.Float64Range(-4, 4).Draw(t, "re")
		y := rapid.Float64Range(-4, 4).Draw(t, "im")
		return wide.New(math.Ldexp(x, rapid.IntRange(-1100, 1000).Draw(t, "re's")), math.Ldexp(y, rapid.IntRange(-1100, 1000).Draw(t, "im's")),
			rapid.IntRange(-3000, 3000).Draw(t, "e"))
	})
}

func TestRealsAreNormalAndExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m, e := finite().Draw(t, "m"), rapid.IntRange(-5000, 5000).Draw(t, "e")
		got := wide.NewReal(m, e)
		if m == 0 {
			assert.Equal(t, wide.Real{M: 0, Exp: wide.Zero}, got)
			return
		}
		assert.True(t, math.Abs(got.M) >= 1 && math.Abs(got.M) < 2, "%v", got)
		assert.Zero(t, value(got).Cmp(exact(m, e)), "%v is not %g * 2^%d", got, m, e)
	})
}

func TestRealsAgainstBigFloats(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := reals().Draw(t, "a"), reals().Draw(t, "b")
		x, y, z := value(a), value(b), new(big.Float).SetPrec(precision)
		near(t, value(a.Mul(b)), z.Mul(x, y), z, 1)
		near(t, value(a.Sub(b)), z.Sub(x, y), z, 1)
		if b.M != 0 {
			near(t, value(a.Quo(b)), z.Quo(x, y), z, 1)
		}
		nearest, _ := x.Float64()
		assert.Equal(t, math.Float64bits(nearest), math.Float64bits(a.Float64()))
		assert.Zero(t, value(a.Scale(17)).Cmp(z.SetMantExp(x, 17)))
		a.M, b.M = math.Abs(a.M), math.Abs(b.M)
		x.Abs(x)
		y.Abs(y)
		assert.Equal(t, x.Cmp(y) < 0, a.Less(b))
		assert.Equal(t, x.Cmp(y) < 0 || a == b, a.Min(b) == a)
	})
}

func TestComplexesAgainstBigFloats(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := complexes().Draw(t, "a"), complexes().Draw(t, "b")
		for _, z := range []wide.Complex{a, b, a.Mul(b), a.Add(b), a.Double()} {
			if box := z.Box(); box.M != 0 || z.Exp != wide.Zero {
				assert.True(t, box.M >= 1 && box.M < 2, "%v is not in normal form", z)
			}
		}
		ar, ai, br, bi := exact(a.Re, a.Exp), exact(a.Im, a.Exp), exact(b.Re, b.Exp), exact(b.Im, b.Exp)
		p, q := new(big.Float).SetPrec(precision), new(big.Float).SetPrec(precision)
		product, size := a.Mul(b), value(a.Norm().Mul(b.Norm()))
		near(t, exact(product.Re, product.Exp), p.Sub(p.Mul(ar, br), q.Mul(ai, bi)), size, 4)
		near(t, exact(product.Im, product.Exp), p.Add(p.Mul(ar, bi), q.Mul(ai, br)), size, 4)
		sum, larger := a.Add(b), value(a.Box())
		if a.Box().Less(b.Box()) {
			larger = value(b.Box())
		}
		near(t, exact(sum.Re, sum.Exp), p.Add(ar, br), larger, 2)
		near(t, exact(sum.Im, sum.Exp), p.Add(ai, bi), larger, 2)
		p.Add(p.Mul(ar, ar), q.Mul(ai, ai))
		near(t, value(a.Norm()), p.Sqrt(p), p, 4)
		half := wide.NewReal(0.5, 0)
		assert.Equal(t, a, a.Double().MulReal(half))
		re, _ := ar.Float64()
		im, _ := ai.Float64()
		gotRe, gotIm := a.Float64()
		assert.Equal(t, []float64{re, im}, []float64{gotRe, gotIm})
	})
}

func TestPower(t *testing.T) {
	t.Parallel()
	for e, want := range map[int]float64{0: 1, -1: 0.5, 1023: 0x1p1023, -1022: 0x1p-1022, -1023: 0, wide.Zero: 0, 1024: math.Inf(1), 1 << 40: math.Inf(1)} {
		assert.Equal(t, math.Float64bits(want), math.Float64bits(wide.Power(e)), "2^%d", e)
	}
}

func TestTextOfReals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text   string
		digits int
		want   string
	}{
		{"1", 3, "1.00"},
		{"-0.0125", 3, "-1.25e-2"},
		{"9.9996", 4, "1.000e1"},
		{"1e-10000", 5, "1.0000e-10000"},
		{"2.718281828e5294", 6, "2.71828e5294"},
		{"1.5e-1000000", 2, "1.5e-1000000"},
		{"0", 4, "0"},
	} {
		assert.Equal(t, c.want, parse(t, c.text).Text(c.digits), c.text)
	}
	rapid.Check(t, func(t *rapid.T) {
		a := reals().Draw(t, "a")
		assert.Equal(t, a, parse(t, a.Text(17)), "17 digits say all of a double")
	})
}

// parse reads a decimal.
func parse(t require.TestingT, text string) wide.Real {
	x, _, err := big.ParseFloat(text, 10, 300, big.ToNearestEven)
	require.NoError(t, err)
	mantissa := new(big.Float)
	e := x.MantExp(mantissa)
	m, _ := mantissa.Float64()
	return wide.NewReal(m, e)
}
