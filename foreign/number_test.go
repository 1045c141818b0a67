package foreign

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"mandelfarm/renderer/spec"
)

// rational is the exact value of a decimal.
func rational(t require.TestingT, text string) *big.Rat {
	x, ok := new(big.Rat).SetString(text)
	require.True(t, ok, text)
	return x
}

// TestRadiusIsTwoByZoom compares with exact division: the difference is less than one in the last of 20 digits.
func TestRadiusIsTwoByZoom(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		digits := rapid.StringMatching(`[1-9][0-9]{0,80}`).Draw(t, "digits")
		zoom, err := spec.ParseDecimal(digits + "e" + strconv.Itoa(rapid.IntRange(-200, 200).Draw(t, "exponent")))
		require.NoError(t, err)
		radius, err := radiusOf(zoom)
		require.NoError(t, err)
		assert.LessOrEqual(t, radius.Digits(), radiusDigits)
		product := new(big.Rat).Mul(rational(t, radius.String()), rational(t, zoom.String()))
		off := product.Sub(product.Quo(product, big.NewRat(2, 1)), big.NewRat(1, 1))
		assert.Negative(t, off.Abs(off).Cmp(rational(t, "1e-19")), "%s is not 2/%s", radius, zoom)
	})
}

// TestRounding: half up, with a carry through any number of nines, and exactly where there are few digits.
func TestRounding(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		digits                string
		exponent, significant int
		want                  string
	}{
		{"12345", 0, 5, "12345"},
		{"12345", 0, 6, "12345"},
		{"12344", 0, 4, "12340"},
		{"12345", 0, 4, "12350"},
		{"123449999", -4, 4, "12340"},
		{"9995", -3, 3, "10"},
		{"99999", 3, 1, "1e8"},
		{"5", -1000, 1, "5e-1000"},
	} {
		got, err := round(c.digits, c.exponent, c.significant)
		require.NoError(t, err)
		want, err := spec.ParseDecimal(c.want)
		require.NoError(t, err)
		assert.Equal(t, want.String(), got.String(), "%+v", c)
	}
	_, err := round("1", 2_000_000, 5)
	assert.Error(t, err, "beyond what a decimal can be")
}

// TestHexadecimals that are exact: up to 150 digits behind the point, and any power of 16.
func TestHexadecimals(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"0": "0", "-0": "0", "1": "1", "-1": "-1", "+1": "1", "a": "10", "A": "10", "fF": "255", ".8": "0.5", "8.": "8", "-.c": "-0.75",
		"1@0": "1", "1@+2": "256", "1@-1": "0.0625", "-1.8@1": "-24", "00.10": "0.0625", "0@-5": "0",
	} {
		got, ok := parseHex(text)
		require.True(t, ok, text)
		decimal, err := spec.ParseDecimal(want)
		require.NoError(t, err)
		assert.Equal(t, decimal.String(), got.String(), text)
	}
	rapid.Check(t, func(t *rapid.T) {
		whole := rapid.StringMatching(`[0-9a-f]{1,40}`).Draw(t, "whole")
		fraction := rapid.StringMatching(`[0-9a-f]{0,60}`).Draw(t, "fraction")
		power16 := rapid.IntRange(-80, 80).Draw(t, "power of 16")
		text := whole + "." + fraction + "@" + strconv.Itoa(power16)
		got, ok := parseHex(text)
		require.True(t, ok, text)
		numerator, _ := new(big.Int).SetString(whole+fraction, 16)
		want := new(big.Rat).SetInt(numerator)
		scale := new(big.Rat).SetInt(power(16, max(power16-len(fraction), len(fraction)-power16)))
		if power16 > len(fraction) {
			want.Mul(want, scale)
		} else {
			want.Quo(want, scale)
		}
		assert.Zero(t, want.Cmp(rational(t, got.String())), "%s is not %s", text, got)
	})
}

// TestLongHexadecimals are rounded, not cut, far behind their last digit.
func TestLongHexadecimals(t *testing.T) {
	t.Parallel()
	for digits := 160; digits < 1000; digits += 7 {
		text := "." + strings.Repeat("5a7", digits)[:digits-1] + "f"
		got, ok := parseHex(text)
		require.True(t, ok)
		numerator, _ := new(big.Int).SetString(text[1:], 16)
		want := new(big.Rat).SetFrac(numerator, power(16, digits))
		off := want.Sub(want, rational(t, got.String()))
		half := rational(t, "0.5e-"+strconv.Itoa(digits*5/4+exact))
		assert.LessOrEqual(t, off.Abs(off).Cmp(half), 0, "%d digits", digits)
	}
}

// TestNoHexadecimals: what GMP does not print is refused, and so is what would take long.
func TestNoHexadecimals(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "-", "+", ".", "-.", "@1", "g", "0x1", "1_0", " 1", "1 ", "--1", "1-", "1.2.3", "1@", "1@x", "1@1.5", "1@1@1", "1e-5", "١",
		"1@200001", "1@-200001", "1@99999999999999999999", strings.Repeat("1", maxHexDigits+1), "1." + strings.Repeat("1", maxHexDigits),
	} {
		_, ok := parseHex(text)
		assert.False(t, ok, "%.30q", text)
	}
	for _, text := range []string{"1@80000", "1@-200000", strings.Repeat("1", maxHexDigits), "." + strings.Repeat("1", maxHexDigits)} {
		_, ok := parseHex(text)
		assert.True(t, ok, "%.30q is the most that is read", text)
	}
}

// TestLongestNumbers: 100,000 digits are read, one more is the error of the key, and all zooms that have a radius have one.
func TestLongestNumbers(t *testing.T) {
	t.Parallel()
	const most = 100_000
	p := readText(t, Kalles, "Re: 0."+strings.Repeat("7", most)+"\nIm: 0\nZoom: 1\n")
	assert.Equal(t, most, p.Spec.Center.Re.Digits())
	for _, c := range []struct {
		format Format
		text   string
		key    string
	}{
		{Kalles, "Re: 0\nIm: 0." + strings.Repeat("7", most+1) + "\nZoom: 1\n", "Im"},
		{Kalles, "Re: 0\nIm: 0\nZoom: " + strings.Repeat("7", most+1) + "\n", "Zoom"},
		{Fraktaler, "location.real = \"0." + strings.Repeat("7", most+1) + "\"\n", "location.real"},
		{Imagina, "Location:\n\tRe: ." + strings.Repeat("7", maxHexDigits+1) + "\n\tIm: 0\n\tSize: 1\n\tIterations: 1\n", "Location.Re"},
	} {
		requireFault(t, c.format, c.text, c.key)
	}
	for zoom, want := range map[string]string{"2e1000000": "1e-1000000", "3e999999": "6.6666666666666666667e-1000000", "2e-99": "1e+99"} {
		p := readText(t, Kalles, "Re: 0\nIm: 0\nZoom: "+zoom+"\n")
		assert.Equal(t, want, p.Spec.Radius.String())
	}
	requireFault(t, Kalles, "Re: 0\nIm: 0\nZoom: 3e1000000\n", "Zoom") // its radius is below 1e-1000000
	requireFault(t, Kalles, "Re: 0\nIm: 0\nZoom: 1e-200\n", "radius")  // too large a view, by the Spec's rules
}

// requireFault fails unless reading the file fails with an error that names the key, short and on one line. It returns
// its text.
func requireFault(t *testing.T, format Format, text, key string) string {
	t.Helper()
	_, err := Read(format, []byte(text), Size{})
	var wrong *spec.FieldError
	require.ErrorAs(t, err, &wrong, "%.80q", text)
	assert.Equal(t, key, wrong.Field, "%.80q", text)
	assert.NotContains(t, err.Error(), "\n")
	assert.Less(t, len(err.Error()), 400)
	return err.Error()
}

// TestWrongTypes: every number that is none is the error of its key, with the line and the value as the file has it.
func TestWrongTypes(t *testing.T) {
	t.Parallel()
	for _, key := range []string{
		"Re", "Im", "Zoom", "RotateAngle", "FractalType", "Power", "Iterations", "ImageWidth", "ImageHeight", "Colors", "InteriorColor",
		"ColorMethod", "IterDiv", "ColorOffset", "SlopeAngle", "SlopeRatio",
	} {
		text := kallesLine(key, "12x") // the first of its name counts
		says := requireFault(t, Kalles, text+kallesPlace+"Slopes: 1\n", key)
		assert.Contains(t, says, "on line 1 ", key)
		assert.Contains(t, says, `got "12x"`, key)
	}
	for _, key := range []string{
		"location.real", "location.imag", "location.zoom", "transform.rotate", "bailout.iterations", "image.width", "image.height",
		"image.subsampling", "image.subframes",
	} {
		for value, printed := range map[string]string{
			"true": "true", `"12x"`: "12x", "[1]": "[1]", "[{a = 1}]": `[{\"a\":1}]`, "1979-05-27": `\"1979-05-27\"`, "inf": "+Inf", `""`: "",
		} {
			says := requireFault(t, Fraktaler, fraktalerLine("program", `"fraktaler-3"`)+fraktalerLine(key, value), key)
			assert.Contains(t, says, printed, "%s of %s", key, value)
		}
	}
	assert.Contains(t, requireFault(t, Fraktaler, fraktalerPlace+"[[formula]]\npower = \"two\"\n", "formula.power"), `got "two"`)
	for line, key := range []string{"", "Location.Re", "Location.Im", "Location.Size", "Location.Iterations"} {
		if line == 0 {
			continue
		}
		lines := strings.Split(imaginaPlace, "\n")
		lines[line], _, _ = strings.Cut(lines[line], ":")
		lines[line] += ": 12x"
		says := requireFault(t, Imagina, strings.Join(lines, "\n"), key)
		assert.Contains(t, says, "on line "+strconv.Itoa(line+1)+" ", key)
		assert.Contains(t, says, `got "12x"`, key)
	}
}

// TestTablesWhereNumbersBelong: a table has other keys than the number.
func TestTablesWhereNumbersBelong(t *testing.T) {
	t.Parallel()
	p := readText(t, Fraktaler, fraktalerPlace+"[image.width]\na = 5\n")
	assert.Equal(t, 1024, p.Spec.Width)
	assert.Equal(t, []string{"is not a key that is known here"}, lossOf(p, "image.width.a"))
}

// TestNumbersInTOML: a number is the same as text, as an integer in any base and as a float.
func TestNumbersInTOML(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"1_000": "0.002", "0x3E8": "0.002", "1000.0": "0.002", "1e3": "0.002", `"1000"`: "0.002", `" 1000\n"`: "0.002", `'1.0E3'`: "0.002",
		"1e300": "2e-300", "9007199254740993": "2.2204460492503128343e-16", "1.0e400": "2e-400", "1000000000000000000000000000000000000": "2e-36", "1e3 # here": "0.002",
	} {
		p := readText(t, Fraktaler, fraktalerLine("location.zoom", text))
		assert.Equal(t, want, p.Spec.Radius.String(), text)
	}
}

// TestDigitsWithoutQuotes: every digit of a number counts, quoted or not, in each of the programs' files.
func TestDigitsWithoutQuotes(t *testing.T) {
	t.Parallel()
	const re, im, zoom = "-1.98546753584027185282461826115662755440685301184907", "0.00000652900881462319757580912512480784478550530314104", "1.5244061E100"
	for kind, text := range map[Format]string{
		Fraktaler:   "location.real = %s\nlocation.imag = %s\nlocation.zoom = %s\n",
		RustFractal: "real = %s\nimag = %s\nzoom = %s\n",
		DeepDrill:   "[location]\nreal = %s\nimag = %s\nzoom = %s\ndepth = 5\n",
	} {
		quoted := readText(t, kind, fmt.Sprintf(text, `"`+re+`"`, `"`+im+`"`, `"`+zoom+`"`))
		bare := readText(t, kind, fmt.Sprintf(text, re, im, zoom))
		assert.Equal(t, quoted, bare, kind)
		assert.Equal(t, []string{re, im, "1.3119863532427481102e-100"},
			[]string{bare.Spec.Center.Re.String(), plain(bare.Spec.Center.Im), bare.Spec.Radius.String()}, kind)
	}
}

// plain writes a number without an exponent.
func plain(d spec.Decimal) string {
	x, _ := new(big.Rat).SetString(d.String())
	return strings.TrimRight(x.FloatString(100), "0")
}

// TestWholeNumbers at the ends of their ranges.
func TestWholeNumbers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		format     Format
		place, key string
		line       func(key, value string) string
		least      int
	}{
		{Kalles, kallesPlace, "ImageWidth", kallesLine, 1},
		{Kalles, kallesPlace, "ImageHeight", kallesLine, 1},
		{Kalles, "Re: 0\nIm: 0\nZoom: 1\n", "Iterations", kallesLine, 1},
		{Kalles, kallesPlace, "Power", kallesLine, 2},
		{Kalles, kallesPlace, "FractalType", kallesLine, 0},
		{Kalles, kallesPlace + "Slopes: 1\n", "SlopeRatio", kallesLine, 0},
		{Fraktaler, fraktalerPlace, "image.width", fraktalerLine, 1},
		{Fraktaler, fraktalerPlace, "image.subsampling", fraktalerLine, 1},
		{Fraktaler, fraktalerPlace, "image.subframes", fraktalerLine, 0},
		{Fraktaler, fraktalerPlace, "bailout.iterations", fraktalerLine, 1},
	} {
		readText(t, c.format, c.place+c.line(c.key, strconv.Itoa(c.least)))
		says := requireFault(t, c.format, c.place+c.line(c.key, strconv.Itoa(c.least-1)), c.key)
		assert.Contains(t, says, "must be a whole number from "+strconv.Itoa(c.least), c.key)
		requireFault(t, c.format, c.place+c.line(c.key, "1.5"), c.key)
	}
	p := readText(t, Fraktaler, fraktalerPlace+"image.width = 3\nimage.height = 2\nimage.subsampling = 1000\n")
	assert.Equal(t, [2]int{1, 1}, [2]int{p.Spec.Width, p.Spec.Height}, "a picture has a pixel")
}

// numberOf is a fraction.
func numberOf(n, d int) *big.Rat { return big.NewRat(int64(n), int64(d)) }
