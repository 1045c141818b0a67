package renderer_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
)

func TestLimits(t *testing.T) {
	t.Parallel()
	tests := []struct{ text, field string }{
		{`{"width":262144,"height":131072}`, ""},
		{`{"width":262144,"height":131073}`, "width"},
		{`{"width":131073,"height":262144}`, "height"},
		{`{"width":262145,"height":1}`, "width"},
		{`{"width":1,"height":262145}`, "height"},
		{`{"width":2147483647,"height":2147483647}`, "width"},
		{`{"width":8,"height":6,"max_iterations":25000000}`, ""},
		{`{"width":8,"height":6,"max_iterations":25000001}`, "max_iterations"},
		{`{"width":8,"height":6,"samples":65}`, "samples"},
		{`{"width":8,"height":6,"center":{"re":"0.` + strings.Repeat("3", 25_001) + `"}}`, "center.re"},
		{`{"width":8,"height":6,"center":{"re":-2},"radius":"1e-25001"}`, "radius"},
		{`{"formula":"tricorn","center":{"re":-0.5},"width":600,"height":600,"radius":"2e-13"}`, ""},
		{`{"formula":"tricorn","center":{"re":-0.5},"width":600,"height":600,"radius":"1e-13"}`, "radius"},
		{`{"formula":"tricorn","center":{"re":-0.5},"width":600,"height":600,"radius":"1e-1000"}`, "radius"},
		{`{"width":600,"height":600,"center":{"re":-2},"radius":"1e-1000"}`, ""},
		{`{"width":3,"height":3,"window":{"re":["1","1.0000000000000001"],"im":[0,1]}}`, "window.re"},
		{`{"width":3,"height":3,"window":{"im":["1","1.000000000000001"],"re":[0,1]}}`, "window.im"},
	}
	for _, test := range tests {
		err := renderer.DefaultLimits().Check(parse(t, test.text))
		if test.field == "" {
			require.NoError(t, err, "%.80s", test.text)
			continue
		}
		var fault *spec.FieldError
		require.ErrorAs(t, err, &fault, "%.80s", test.text)
		assert.Equal(t, test.field, fault.Field, "%.80s: %v", test.text, err)
	}
	require.NoError(t, renderer.Limits{}.Check(parse(t, `{"width":99999,"height":99999,"samples":999,"max_iterations":99999999}`)),
		"a limit of 0 is none")
}

// TestTheSmallestRadiusIsNamed takes the radius that the error names, which must be accepted.
func TestTheSmallestRadiusIsNamed(t *testing.T) {
	t.Parallel()
	err := renderer.DefaultLimits().Check(parse(t, `{"formula":"tricorn","center":{"re":"0.5"},"width":600,"height":600,"radius":"1e-30"}`))
	require.EqualError(t, err,
		`radius: is finer than double precision resolves: here and at height 600 it must be at least 1.33e-13, got "1e-30"`)
	require.NoError(t, renderer.DefaultLimits().Check(parse(t, `{"formula":"tricorn","width":600,"height":600,"radius":"1.34e-13"}`)))
}

func TestReferencesHaveABudget(t *testing.T) {
	t.Parallel()
	limits := renderer.DefaultLimits()
	s := parse(t, `{"width":600,"height":600,"center":{"re":"-2","im":"0"},"radius":"1e-10000","max_iterations":20000000}`)
	require.ErrorContains(t, limits.Check(s), "at most 15m0s is allowed")
	limits.Reference = 0
	require.NoError(t, limits.Check(s))
	s = changed(t, s, func(d *spec.Draft) { d.MaxIterations = 1000 })
	limits.Reference = time.Second
	require.NoError(t, limits.Check(s))
}

func TestOriginalsAreWithinTheLimits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := spec.Original(rapid.Int().Draw(t, "width"), rapid.Int().Draw(t, "height"))
		require.NoError(t, renderer.DefaultLimits().Check(s))
	})
}

// FuzzCheck: the checks cope with whatever Parse accepts.
func FuzzCheck(f *testing.F) {
	f.Add(spec.Original(800, 600).Canonical())
	f.Add([]byte(`{"width":2147483647,"height":2147483647,"radius":"1e-100000","center":{"re":"1e-99999"},"format":"npy"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := spec.Parse(data)
		if err != nil {
			return
		}
		if err := renderer.DefaultLimits().Check(s); err != nil {
			var fault *spec.FieldError
			require.ErrorAs(t, err, &fault)
		}
	})
}
