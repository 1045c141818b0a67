package nucleus_test

import (
	"context"
	"errors"
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"mandelfarm/renderer/nucleus"
	"mandelfarm/renderer/spec"
	"mandelfarm/renderer/wide"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// decimal reads a decimal.
func decimal(t require.TestingT, text string) wide.Real {
	x, _, err := big.ParseFloat(text, 10, 200, big.ToNearestEven)
	require.NoError(t, err)
	mantissa := new(big.Float)
	e := x.MantExp(mantissa)
	m, _ := mantissa.Float64()
	return wide.NewReal(m, e)
}

func view(t require.TestingT, re, im, radius string) nucleus.View {
	return nucleus.View{Re: re, Im: im, Radius: decimal(t, radius)}
}

// apart is the decimal logarithm of the difference of two decimals.
func apart(t require.TestingT, a, b string) float64 {
	x, ok := new(big.Rat).SetString(a)
	require.True(t, ok, a)
	y, ok := new(big.Rat).SetString(b)
	require.True(t, ok, b)
	if x.Sub(x, y).Sign() == 0 {
		return math.Inf(-1)
	}
	return log10(x.Abs(x))
}

func log10(x *big.Rat) float64 {
	mantissa := new(big.Float)
	e := new(big.Float).SetRat(x).MantExp(mantissa)
	m, _ := mantissa.Float64()
	return math.Log10(m) + float64(e)*math.Log10(2)
}

func log10Of(r wide.Real) float64 { return math.Log10(r.M) + float64(r.Exp)*math.Log10(2) }

func TestNucleiKnownByHand(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		re, im, radius string
		period         int
		wantRe, wantIm string
		size           float64 // 0 where it is not known
	}{
		{"-0.75", "0", "1.25", 1, "0", "0", 1},
		{"0", "0", "1e-30", 1, "0", "0", 1},
		{"-1.1", "0.05", "0.2", 2, "-1", "0", 0.5},
		{"-1", "0", "1e-300", 2, "-1", "0", 0.5},
		{"-1.75", "0", "0.02", 3, "-1.754877666246692760049508896358528691894606617772793143989", "0", 0},
		{"-0.12", "0.74", "0.02", 3, "-0.122561166876653619975245551820735654052696691113603428", "0.744861766619744236593170428604392367066", 0},
		{"-0.12", "-0.74", "0.02", 3, "-0.122561166876653619975245551820735654052696691113603428", "-0.744861766619744236593170428604392367066", 0},
	} {
		got, err := nucleus.Find(t.Context(), view(t, c.re, c.im, c.radius), nucleus.Options{Limit: 100})
		require.NoError(t, err)
		assert.Equal(t, c.period, got.Period, "at %s %s", c.re, c.im)
		assert.Less(t, apart(t, c.wantRe, got.Re), -12.5, "%s is not %s", got.Re, c.wantRe)
		assert.Less(t, apart(t, c.wantIm, got.Im), -12.5, "%s is not %s", got.Im, c.wantIm)
		if c.size > 0 {
			assert.InDelta(t, c.size, got.Size.Norm().Float64(), 1e-6)
		}
	}
}

// TestASpiral has a view whose centre is a tip that minibrots wind around: from the centre, Newton's method finds none.
func TestASpiral(t *testing.T) {
	t.Parallel()
	got, err := nucleus.Find(t.Context(), view(t, "2.62070620416157101340705043e-1", "-2.16815264700656475880373613e-3", "5.960464477539092E-8"), nucleus.Options{Limit: 1000})
	require.NoError(t, err)
	assert.Equal(t, 233, got.Period)
}

// TestWhatIsFoundIsANucleus looks for minibrots all over the set, and checks what is found in plain arithmetic.
func TestWhatIsFoundIsANucleus(t *testing.T) {
	t.Parallel()
	const limit = 300
	found := 0
	rapid.Check(t, func(t *rapid.T) {
		re := rapid.Float64Range(-2, 0.5).Draw(t, "re")
		im := rapid.Float64Range(-1.2, 1.2).Draw(t, "im")
		radius := math.Ldexp(1, -rapid.IntRange(2, 30).Draw(t, "radius"))
		text := func(x float64) string { return big.NewFloat(x).Text('g', 20) }
		got, err := nucleus.Find(context.Background(), view(t, text(re), text(im), text(radius)), nucleus.Options{Limit: limit})
		if errors.Is(err, spec.ErrNoMinibrot) {
			return
		}
		require.NoError(t, err)
		found++
		assert.LessOrEqual(t, got.Period, limit)
		size := log10Of(got.Size.Norm())
		c := [2]*big.Float{number(t, got.Re), number(t, got.Im)}
		x, _ := c[0].Float64()
		y, _ := c[1].Float64()
		assert.Less(t, math.Hypot(x-re, y-im), radius*1.001, "it is in the view")
		z := [2]*big.Float{number(t, "0"), number(t, "0")}
		slope := math.Log10(1 / got.Domain.Float64()) // at least about log10 |dz/dc|
		for n := 1; n <= got.Period; n++ {
			z = next(z, c)
			zx, _ := z[0].Float64()
			zy, _ := z[1].Float64()
			at := math.Log10(math.Hypot(zx, zy))
			if n < got.Period {
				assert.Greater(t, at, log10Of(got.Domain)-1, "z_%d is 0, and the period is not %d", n, got.Period)
			} else {
				assert.Less(t, at, min(size, math.Log10(radius))-11+slope+1, "z_%d is not 0", n)
			}
		}
	})
	assert.Positive(t, found)
}

func number(t require.TestingT, text string) *big.Float {
	x, _, err := big.ParseFloat(text, 10, 1000, big.ToNearestEven)
	require.NoError(t, err)
	return x
}

func next(z, c [2]*big.Float) [2]*big.Float {
	product := func(a, b *big.Float) *big.Float { return new(big.Float).Mul(a, b) }
	re := product(z[0], z[0])
	re.Sub(re, product(z[1], z[1]))
	im := product(z[0], z[1])
	return [2]*big.Float{re.Add(re, c[0]), im.Add(im.Add(im, im), c[1])}
}

func TestNothingToFind(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		re, im, radius string
		limit          int
		want           string
	}{
		{"-0.1", "0.1", "0.01", 500, "no period up to 500"},
		{"1", "1", "0.1", 500, "escapes"},
		{"-1.75", "0", "0.02", 2, "no period up to 2"},
		{"-1.75", "0", "0.02", 0, "no period up to 0"},
	} {
		_, err := nucleus.Find(t.Context(), view(t, c.re, c.im, c.radius), nucleus.Options{Limit: c.limit})
		require.ErrorIs(t, err, spec.ErrNoMinibrot)
		require.ErrorContains(t, err, c.want)
	}
	_, err := nucleus.Find(t.Context(), nucleus.View{Re: "x", Im: "0", Radius: wide.NewReal(1, 0)}, nucleus.Options{Limit: 10})
	require.Error(t, err)
	assert.NotErrorIs(t, err, spec.ErrNoMinibrot)
}

func TestCancel(t *testing.T) {
	t.Parallel()
	enough := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(enough)
	// One search that would take minutes, and one that comes to Newton's method soon.
	for _, radius := range []string{"1e-3000", "0.01"} {
		_, err := nucleus.Find(ctx, view(t, "-0.1", "0.1", radius), nucleus.Options{Limit: 1 << 30, Threads: 2})
		assert.ErrorIs(t, err, enough)
	}
}
