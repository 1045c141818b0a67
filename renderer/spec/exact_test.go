package spec_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/renderer/spec"
)

// deepAt is a view with a centre on the real axis.
func deepAt(re, radius, more string) string {
	return `{"width":600,"height":600,"center":{"re":` + re + `,"im":0},"radius":"` + radius + `"` + more + `}`
}

// TestEveryDecimalIsACentre: a short decimal is exact, and marked where the radius would have more digits.
func TestEveryDecimalIsACentre(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"short":                 deepAt(`"0.25"`, "1e-21", ""),
		"a number":              deepAt(`-1.25`, "1e-1000", ""),
		"perhaps cut short":     deepAt(`"-1.754877666246692760"`, "1e-30", ""),
		"the other part":        `{"width":600,"height":600,"center":{"re":-2,"im":"1e-20"},"radius":"1e-30"}`,
		"one digit too few":     deepAt(`"-1.7548776662466927600495088963"`, "1e-30", ""),
		"too few for a stretch": deepAt(`"-1.75487766624669276004950889635"`, "1e-30", `,"stretch":{"amount":4}`),
	} {
		assert.Contains(t, string(parse(t, text).Canonical()), `"exact":true`, name)
	}
}

func TestCentersWithAllTheirDigitsAreNotMarked(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"whole numbers":                                    deepAt(`-2`, "1e-30", ""),
		"as many digits as it takes":                       deepAt(`"-1.75487766624669276004950889635"`, "1e-30", ""),
		"a radius that is no deeper than anybody's digits": deepAt(`"-0.75"`, "1e-12", ""),
		"another formula":                                  deepAt(`"-0.75"`, "1e-30", `,"formula":"tricorn"`),
	} {
		assert.NotContains(t, string(parse(t, text).Canonical()), "exact", name)
	}
}

// TestExactCentersHaveOneForm: zeros that were written and the word for them are one picture, whose form is short.
func TestExactCentersHaveOneForm(t *testing.T) {
	t.Parallel()
	for _, re := range []string{"0.25", "-0.75", "-1.25"} {
		plain := parse(t, deepAt(`"`+re+`"`, "1e-15", ""))
		assert.Contains(t, string(plain.Canonical()), `"re":"`+re+`"`)
		assert.Equal(t, plain, parse(t, string(plain.Canonical())))
		assert.Equal(t, plain, parse(t, deepAt(`"`+re+`"`, "1e-15", `,"exact":true`)), "said to be exact")
		assert.Equal(t, plain, parse(t, deepAt(re+"000000000000", "1e-15", "")), "zeros in a number")
		assert.Equal(t, plain, parse(t, deepAt(`"`+re+`0000000000000000000000"`, "1e-15", "")), "zeros in a string")
		asked, err := spec.FromQuery(600, 600, map[string][]string{"re": {re}, "radius": {"1e-15"}})
		require.NoError(t, err)
		assert.Equal(t, plain, asked)
		d := plain.Draft()
		d.Width = 60
		again, err := spec.Normalize(d)
		require.NoError(t, err, "a change keeps it")
		assert.True(t, again.Exact)
	}
}

// TestExactIsDroppedWhereItHasNoEffect: one picture has one ID, whatever is said beside it.
func TestExactIsDroppedWhereItHasNoEffect(t *testing.T) {
	t.Parallel()
	for _, text := range []string{deepAt(`"0.25"`, "1e-3", ""), deepAt(`-2`, "1e-30", ""), deepAt(`"-1.75487766624669276004950889635"`, "1e-30", "")} {
		said := text[:len(text)-1] + `,"exact":true}`
		assert.Equal(t, parse(t, text), parse(t, said), text)
		assert.Equal(t, parse(t, text), parse(t, text[:len(text)-1]+`,"exact":false}`), text)
	}
	assert.Equal(t, parse(t, `{"width":8,"height":6,"radius":0.5}`), parse(t, `{"width":8,"height":6,"radius":0.5000}`))
	_, err := spec.Parse([]byte(`{"width":8,"height":6,"exact":1}`))
	require.ErrorContains(t, err, "exact: must be true or false")
	_, err = spec.Parse([]byte(`{"width":8,"height":6,"exact":true,"window":{"re":[-1,1],"im":[-1,1]}}`))
	require.ErrorContains(t, err, "window: excludes")
}
