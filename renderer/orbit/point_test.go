package orbit_test

import (
	"math/big"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"mandelfarm/renderer/orbit"
	"mandelfarm/renderer/wide"
)

// nearest is x in units of 2^-bits, to the nearest, ties away from 0.
func nearest(x *big.Rat, bits int) *big.Int {
	units := new(big.Rat).Mul(x, new(big.Rat).SetInt(new(big.Int).Lsh(big.NewInt(1), uint(bits))))
	twice := new(big.Int).Mul(units.Num(), big.NewInt(2))
	down, rest := new(big.Int).QuoRem(twice, units.Denom(), new(big.Int))
	_ = rest // towards 0
	if down.Sign() < 0 {
		down.Sub(down, big.NewInt(1))
	} else {
		down.Add(down, big.NewInt(1))
	}
	return down.Quo(down, big.NewInt(2))
}

func decimals() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		text := rapid.StringMatching(`-?([0-9]{1,40}(\.[0-9]{0,60})?|\.[0-9]{1,60})`).Draw(t, "digits")
		if rapid.Bool().Draw(t, "with exponent") {
			text += rapid.SampledFrom([]string{"e", "E"}).Draw(t, "e") + strconv.Itoa(rapid.IntRange(-80, 80).Draw(t, "exponent"))
		}
		return text
	})
}

func TestParseRoundsToTheNearest(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text, bits := decimals().Draw(t, "text"), rapid.IntRange(0, 700).Draw(t, "bits")
		got, ok := orbit.Parse(text, "0", bits)
		require.True(t, ok, "%q", text)
		want, ok := new(big.Rat).SetString(text)
		require.True(t, ok, "%q", text)
		assert.Zero(t, nearest(want, bits).Cmp(got.Re), "%q in %d bits: got %v, want %v", text, bits, got.Re, nearest(want, bits))
		assert.Zero(t, got.Im.Sign())
	})
}

func TestParse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"0.5": 2, "-0.5": -2, "0.125": 1, "-0.125": -1, "0.1249": 0, "-0.1249": 0, "0.375": 2, "-0.375": -2, "-0": 0, "5.": 20, ".25": 1, "+1": 4,
		"125e-3": 1, "1.25E+1": 50, "1e-2000000": 0,
	} {
		got, ok := orbit.Parse("0", text, 2)
		require.True(t, ok, text)
		assert.Equal(t, big.NewInt(want).String(), got.Im.String(), "%s in quarters", text)
	}
	for _, text := range []string{"", "-", "e5", "1e", "1e1.5", "1.-5", "0x10", "1_000", "Inf", "NaN", "1e2000001", "1e-2000001", "1e999999999999999999999", strings.Repeat("1", 30) + "x"} {
		_, ok := orbit.Parse(text, "0", 64)
		assert.False(t, ok, "%q as real part", text)
		_, ok = orbit.Parse("0", text, 64)
		assert.False(t, ok, "%q as imaginary part", text)
	}
}

// float is x in units of 2^-bits, exactly.
func float(x *big.Int, bits int) *big.Float {
	f := new(big.Float).SetPrec(uint(max(64, x.BitLen()))).SetInt(x)
	return f.SetMantExp(f, -bits)
}

func TestPointsInDoublePrecision(t *testing.T) {
	t.Parallel()
	integers := rapid.Custom(func(t *rapid.T) *big.Int {
		x := new(big.Int).SetBytes(rapid.SliceOfN(rapid.Byte(), 0, 60).Draw(t, "bytes"))
		if rapid.Bool().Draw(t, "negative") {
			x.Neg(x)
		}
		return x
	})
	rapid.Check(t, func(t *rapid.T) {
		const bits = 448
		p := orbit.Point{Re: integers.Draw(t, "p.re"), Im: integers.Draw(t, "p.im")}
		q := orbit.Point{Re: integers.Draw(t, "q.re"), Im: integers.Draw(t, "q.im")}
		z := p.Wide(bits)
		for _, part := range []struct {
			got  float64
			want *big.Int
		}{{z.Re, p.Re}, {z.Im, p.Im}} {
			got := new(big.Float).SetMantExp(big.NewFloat(part.got), z.Exp)
			off := new(big.Float).SetPrec(2000).Sub(got, float(part.want, bits))
			size := z.Box()
			bound := new(big.Float).SetMantExp(big.NewFloat(size.M), size.Exp-52)
			assert.LessOrEqual(t, off.Abs(off).Cmp(bound), 0, "%v of %v", z, p)
		}
		d := p.Minus(q, bits)
		assert.Equal(t, orbit.Point{Re: new(big.Int).Sub(p.Re, q.Re), Im: new(big.Int).Sub(p.Im, q.Im)}.Wide(bits), d)
		back := q.Plus(d, bits)
		again := p.Minus(back, bits)
		assert.True(t, again == wide.New(0, 0, 0) || again.Exp <= d.Exp-52, "q + (p - q) is p in double precision: off by %v of %v", again, d)
	})
}

func TestPlusRoundsToTheNearest(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		d    float64
		want int64
	}{{0.75, 13}, {-0.75, 7}, {0.124, 10}, {0.126, 11}, {-0.124, 10}, {-0.126, 9}, {1e-300, 10}, {-1e-300, 10}, {1 << 40, 10 + 4<<40}} {
		p := orbit.Point{Re: big.NewInt(10), Im: big.NewInt(10)}.Plus(wide.New(c.d, 0, 0), 2)
		assert.Equal(t, big.NewInt(c.want).String(), p.Re.String(), "10 quarters and %g", c.d)
		assert.Equal(t, "10", p.Im.String())
	}
}

func TestRoundBits(t *testing.T) {
	t.Parallel()
	for bits, want := range map[int]int{-5: 64, 0: 64, 1: 64, 64: 64, 65: 128, 3700: 3712} {
		assert.Equal(t, want, orbit.RoundBits(bits), "%d", bits)
	}
}
