package spec_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/renderer/spec"
)

func TestBadTiles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ z, x, y, parameter, field string }{
		{"-1", "0", "0", "", "z"},
		{"1e3", "0", "0", "", "z"},
		{"50001", "0", "0", "", "z"},
		{"99999999999999999999", "0", "0", "", "z"},
		{"0", "1", "0", "", "x"},
		{"3", "8", "0", "", "x"},
		{"3", "0", "8", "", "y"},
		{"3", "-1", "0", "", "x"},
		{"3", "", "0", "", "x"},
		{"3", strings.Repeat("9", 1_000_000), "0", "", "x"},
		{"3", "0", "0", "re", "re"},
		{"3", "0", "0", "radius", "radius"},
		{"3", "0", "0", "rotation", "rotation"},
		{"3", "0", "0", "mirror", "mirror"},
		{"3", "0", "0", "stretch_amount", "stretch_amount"},
	} {
		values := map[string][]string{}
		if c.parameter != "" {
			values[c.parameter] = []string{"1"}
		}
		_, err := spec.TileFromQuery(c.z, c.x, c.y, values)
		var fault *spec.FieldError
		require.ErrorAs(t, err, &fault, "%.20v", c)
		assert.Equal(t, c.field, fault.Field, "%v", fault)
	}
	for _, address := range [][3]string{{"0", "0", "0"}, {"0", "000", "0"}, {"3", "7", "007"}, {"1", "1", "1"}} {
		_, err := spec.TileFromQuery(address[0], address[1], address[2], nil)
		require.NoError(t, err)
	}
}

// TestDataTilesAreThoseOfTheirFormats whatever has no effect on them.
func TestDataTilesAreThoseOfTheirFormats(t *testing.T) {
	t.Parallel()
	counts, err := spec.DataTileFromQuery("3", "1", "2", nil)
	require.NoError(t, err)
	colored, err := spec.TileFromQuery("3", "1", "2", map[string][]string{"format": {"counts"}, "palette": {"fire"}, "samples": {"4"}})
	require.NoError(t, err)
	assert.Equal(t, colored, counts)
	gradients, err := spec.DataTileFromQuery("3", "1", "2", map[string][]string{"format": {"gradients"}})
	require.NoError(t, err)
	assert.Equal(t, spec.PackedGradients, gradients.Format)
	for name, value := range map[string]string{"format": "exr", "palette": "fire", "samples": "4", "counts": "float", "radius": "1"} {
		_, err := spec.DataTileFromQuery("3", "1", "2", map[string][]string{name: {value}})
		var fault *spec.FieldError
		require.ErrorAs(t, err, &fault, name)
		assert.Equal(t, name, fault.Field)
	}
}
