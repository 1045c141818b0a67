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

func TestCentersCutShortAreRefused(t *testing.T) {
	t.Parallel()
	_, err := spec.Parse([]byte(deepAt(`"-1.754877666246692760"`, "1e-30", "")))
	require.EqualError(t, err, `center.re: ends 18 places after the point: a view of radius 1e-30 needs at least 29 digits there, `+
		`zeros included; if it is exact, add "exact": true, got "-1.75487766624669276" (line 1, column 42)`)
	_, err = spec.Parse([]byte(`{"width":600,"height":600,"center":{"re":-2,"im":"1e-20"},"radius":"1e-30"}`))
	require.ErrorContains(t, err, "center.im")
	_, err = spec.FromQuery(600, 600, map[string][]string{"re": {"0.25"}, "radius": {"1e-15"}})
	var fault *spec.FieldError
	require.ErrorAs(t, err, &fault)
	assert.Equal(t, "re", fault.Field)
}

func TestCentersThatAreNotCutShort(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"whole numbers are exact":    deepAt(`-2`, "1e-30", ""),
		"as many digits as it takes": deepAt(`"-1.75487766624669276004950889635"`, "1e-30", ""),
		"a person may well mean so":  deepAt(`"-0.75"`, "1e-12", ""),
		"another formula":            deepAt(`"-0.75"`, "1e-30", `,"formula":"tricorn"`),
	} {
		s := parse(t, text)
		assert.NotContains(t, string(s.Canonical()), "exact", name)
	}
}

// TestExactCentersHaveOneForm: zeros that were written and the word for them are one picture, whose form is short.
func TestExactCentersHaveOneForm(t *testing.T) {
	t.Parallel()
	for _, re := range []string{"0.25", "-0.75", "-1.25"} {
		said := parse(t, deepAt(`"`+re+`"`, "1e-15", `,"exact":true`))
		assert.Contains(t, string(said.Canonical()), `"re":"`+re+`"`)
		assert.Contains(t, string(said.Canonical()), `"exact":true`)
		assert.Equal(t, said, parse(t, string(said.Canonical())))
		assert.Equal(t, said, parse(t, deepAt(re+"000000000000", "1e-15", "")), "zeros in a number")
		assert.Equal(t, said, parse(t, deepAt(`"`+re+`0000000000000000000000"`, "1e-15", "")), "zeros in a string")
		query := map[string][]string{"re": {re}, "radius": {"1e-15"}, "exact": {"true"}}
		asked, err := spec.FromQuery(600, 600, query)
		require.NoError(t, err)
		assert.Equal(t, said, asked)
		_, err = spec.Parse([]byte(deepAt(re+"0", "1e-15", "")))
		require.Error(t, err, "one zero is not enough")
		d := said.Draft()
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
