package renderer_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
)

func TestFindShowsTheWholeMinibrot(t *testing.T) {
	t.Parallel()
	// Period 2123 at 1e-22, a view that others have published.
	s, err := spec.Parse([]byte(`{"width": 60, "height": 60, "radius": "3.375e-22", "coloring": {"method": "set"},
		"center": {"re": "-1.7686678628374888126274194", "im": "0.0016455805468202094303259"}}`))
	require.NoError(t, err)
	found, err := renderer.Find(t.Context(), s, 10_000, 0)
	require.NoError(t, err)
	assert.Equal(t, 2123, found.Period)
	assert.Equal(t, "1.942e-23", found.Size.String())
	assert.Equal(t, "4.19", found.Angle.String())
	require.NoError(t, renderer.DefaultLimits().Check(found.Spec), "it can be drawn")
	data, err := json.Marshal(found)
	require.NoError(t, err)
	var again spec.Minibrot
	require.NoError(t, json.Unmarshal(data, &again))
	assert.Equal(t, found, again)

	// From its own view it is found again, and nothing else.
	same, err := renderer.Find(t.Context(), found.Spec, 10_000, 0)
	require.NoError(t, err)
	assert.Equal(t, found.Period, same.Period)
	assert.Equal(t, found.Size, same.Size)
	assert.Equal(t, found.Radius, same.Radius)
}

func TestFindIsForViewsOfTheMandelbrotSet(t *testing.T) {
	t.Parallel()
	for text, field := range map[string]string{
		`{"width": 9, "height": 9, "formula": "julia"}`:                               "formula",
		`{"width": 9, "height": 9, "formula": "multibrot"}`:                           "formula",
		`{"width": 9, "height": 9, "window": {"re": ["-1", "1"], "im": ["-1", "1"]}}`: "window",
	} {
		s, err := spec.Parse([]byte(text))
		require.NoError(t, err)
		_, err = renderer.Find(t.Context(), s, 10, 0)
		var fault *spec.FieldError
		require.ErrorAs(t, err, &fault, text)
		assert.Equal(t, field, fault.Field, text)
		assert.Zero(t, renderer.FindTime(s, 1000), text)
	}
}

func TestFindTimeGrowsWithDepthAndPeriods(t *testing.T) {
	t.Parallel()
	at := func(radius string, limit int) time.Duration {
		s, err := spec.Parse([]byte(`{"width": 9, "height": 9, "center": {"re": "-2"}, "radius": "` + radius + `"}`))
		require.NoError(t, err)
		return renderer.FindTime(s, limit)
	}
	assert.Less(t, at("1", 1_000_000), 2*time.Second)
	assert.Greater(t, at("1e-5000", 1_000_000), 10*time.Second)
	assert.InEpsilon(t, 7*float64(at("1e-5000", 1000)), float64(at("1e-5000", 7000)), 1e-6)
}
