package spec_test

import (
	"encoding/json"
	"math"
	"math/big"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"mandelfarm/renderer/spec"
)

func decimal(tb testing.TB, text string) spec.Decimal {
	tb.Helper()
	d, err := spec.ParseDecimal(text)
	require.NoError(tb, err)
	return d
}

func TestDecimalsHaveOneForm(t *testing.T) {
	t.Parallel()
	tests := []struct{ given, want string }{
		{"0", "0"},
		{"-0", "0"},
		{"+0.000e5", "0"},
		{"0e999999999", "0"},
		{"1", "1"},
		{"+1", "1"},
		{"01.50", "1.5"},
		{".5", "0.5"},
		{"5.", "5"},
		{"-.75", "-0.75"},
		{"75e-2", "0.75"},
		{"7500", "7500"},
		{"7.5E3", "7500"},
		{"1e20", "100000000000000000000"},
		{"1e21", "1e+21"},
		{"123456789012345678901234", "1.23456789012345678901234e+23"},
		{"0.0000001", "0.0000001"},
		{"0.00000001", "1e-8"},
		{"-1234e-1000", "-1.234e-997"},
		{"1e-1000000", "1e-1000000"},
		{"0.00001e1000005", "1e+1000000"},
		{"1000e-1000003", "1e-1000000"},
	}
	for _, test := range tests {
		d := decimal(t, test.given)
		assert.Equal(t, test.want, d.String(), "canonical form of %s", test.given)
		assert.Equal(t, d, decimal(t, d.String()), "%s again", test.given)
		assert.True(t, d.IsSet())
	}
}

// notQuadratic is far above what a megabyte takes that is read once, on any
// machine, and far below what it takes if every byte looks at all the others.
const notQuadratic = 20 * time.Second

// refusedDecimals are texts that are no decimals, or too much of one.
func refusedDecimals() []string {
	return []string{
		"", " ", "-", "+", ".", "-.", "e5", "1e", "1e+", "1e1.5", "1 ", " 1", "1_000", "0x10", "0x1p-2", "1,5", "--1", "+-1",
		"1.2.3", "NaN", "nan", "Inf", "-Inf", "infinity", "1f", "١", "1e999999999", "1e-999999999", "-1e1000001",
		"1e99999999999999999999999999", strings.Repeat("7", 1<<20), "0." + strings.Repeat("0", 1<<20) + "1",
		"1e" + strings.Repeat("9", 1<<20), strings.Repeat("3", 150_000), "\x00", "1\n",
	}
}

func TestWhatIsNoDecimalIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	for _, text := range refusedDecimals() {
		start := time.Now()
		_, err := spec.ParseDecimal(text)
		assert.Less(t, time.Since(start), notQuadratic, "%.20q", text)
		var fault *spec.FieldError
		require.ErrorAs(t, err, &fault, "%.20q", text)
		assert.Less(t, len(err.Error()), 200, "%.20q is abridged", text)
	}
}

func TestDecimalsKnowTheirMagnitude(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text                   string
		sign, digits, exponent int
		float                  float64
	}{
		{"0", 0, 0, 0, 0},
		{"0.75", 1, 2, -1, 0.75},
		{"-7500", -1, 2, 3, -7500},
		{"1e-1000", 1, 1, -1000, 0},
		{"-1e1000", -1, 1, 1000, math.Inf(-1)},
		{"0.1", 1, 1, -1, 0.1},
		{"9007199254740993", 1, 16, 15, 9007199254740992}, // a tie, to even
		{"9007199254740993.0000000000000000000000001", 1, 41, 15, 9007199254740994},
	}
	for _, test := range tests {
		d := decimal(t, test.text)
		assert.Equal(t, test.sign, d.Sign(), "sign of %s", test.text)
		assert.Equal(t, test.digits, d.Digits(), "digits of %s", test.text)
		assert.Equal(t, test.exponent, d.Exponent(), "exponent of %s", test.text)
		assert.Equal(t, test.float, d.Float64(), "float64 of %s", test.text) //nolint:testifylint // exact
	}
	var none spec.Decimal
	assert.False(t, none.IsSet())
	assert.Zero(t, none.Sign()+none.Digits()+none.Exponent())
	assert.Zero(t, none.Float64())
}

func TestDecimalsKnowTheirPlaces(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"0": 0, "7500": 0, "0.75": 2, "0.750": 2, "75e-2": 2, "7.50e-1": 2, "7.50e1": 0, "7.50e2": 0, "2.000": 0, "1e-1000": 1000,
		"100e-4": 2, "0.000": 0, "-1.2500": 2, "5.": 0,
	} {
		assert.Equal(t, want, decimal(t, text).Places(), text)
	}
}

func TestDecimalsAgreeWithRationals(t *testing.T) {
	t.Parallel()
	text := rapid.StringMatching(`[-+]?[0-9]{1,30}(\.[0-9]{0,30})?([eE][-+]?[0-9]{1,2})?`)
	rapid.Check(t, func(t *rapid.T) {
		a, b := text.Draw(t, "a"), text.Draw(t, "b")
		x, err := spec.ParseDecimal(a)
		require.NoError(t, err)
		y, err := spec.ParseDecimal(b)
		require.NoError(t, err)
		p, _ := new(big.Rat).SetString(a)
		q, _ := new(big.Rat).SetString(b)
		again, ok := new(big.Rat).SetString(x.String())
		require.True(t, ok)
		assert.Zero(t, p.Cmp(again), "%s keeps its value as %s", a, x)
		assert.Equal(t, p.Cmp(q), x.Cmp(y), "%s against %s", a, b)
		assert.Equal(t, p.Cmp(q) == 0, x == y, "equal numbers have equal forms")
		want, _ := strconv.ParseFloat(a, 64)
		assert.InDelta(t, want, x.Float64(), 0)
	})
}

func TestDecimalsInJSON(t *testing.T) {
	t.Parallel()
	var d spec.Decimal
	require.NoError(t, json.Unmarshal([]byte(`0.1000000000000000000000000000000001`), &d))
	assert.Equal(t, "0.1000000000000000000000000000000001", d.String())
	require.NoError(t, json.Unmarshal([]byte(`"1e-1000"`), &d))
	data, err := json.Marshal(d)
	require.NoError(t, err)
	assert.JSONEq(t, `"1e-1000"`, string(data))
	require.NoError(t, json.Unmarshal([]byte(`null`), &d))
	assert.Equal(t, "1e-1000", d.String(), "null changes nothing")
	data, err = json.Marshal(spec.Decimal{})
	require.NoError(t, err)
	assert.Equal(t, "null", string(data))
	for _, bad := range []string{`"NaN"`, `true`, `{}`, `[1]`, `""`} {
		assert.Error(t, json.Unmarshal([]byte(bad), &d), bad)
	}
}

func FuzzParseDecimal(f *testing.F) {
	for _, text := range append(refusedDecimals(), "0", "-0.75", "1e-1000", "1E+20", ".5", "5.") {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		start := time.Now()
		d, err := spec.ParseDecimal(text)
		if spent := time.Since(start); spent > notQuadratic {
			t.Errorf("parsing took %v", spent)
		}
		if err != nil {
			if len(err.Error()) > 300 {
				t.Errorf("error of %d bytes", len(err.Error()))
			}
			return
		}
		again, err := spec.ParseDecimal(d.String())
		if err != nil || again != d {
			t.Errorf("%.40q became %.40q, which became %.40q, %v", text, d, again, err)
		}
	})
}
