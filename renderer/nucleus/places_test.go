package nucleus_test

import (
	"flag"
	"math"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/internal/places"
	"mandelfarm/internal/testenv"
	"mandelfarm/renderer/nucleus"
)

var everyPlace = flag.Bool("deepzoom", false, "find the nuclei of all places (make deepzoom-check)")

// Some places take a second, or many with the race detector, and one takes ten.
var (
	slow    = map[string]bool{"12": true, "16": true}
	slowest = map[string]bool{"19": true}
)

// light is the greatest period of which a test finds the nucleus by one thread as well as by two.
const light = 10_000

// TestNucleiThatOthersFound finds the nuclei of published places, which were computed elsewhere.
func TestNucleiThatOthersFound(t *testing.T) {
	t.Parallel()
	all, err := places.Read(filepath.Join(testenv.RepoRoot(t), places.Archive))
	require.NoError(t, err)
	for _, p := range all {
		if p.Nucleus == nil {
			continue
		}
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			heavy := testing.Short() && slow[p.Number()] || slowest[p.Number()]
			if heavy && !*everyPlace {
				t.Skip("it takes long")
			}
			findKnown(t, p, nucleus.Options{Limit: 1_000_000, Threads: 2})
			if p.Nucleus.Period <= light {
				findKnown(t, p, nucleus.Options{Limit: light, Threads: 1})
			}
		})
	}
}

// findKnown fails unless the nucleus of a place is found.
func findKnown(t *testing.T, p places.Place, options nucleus.Options) {
	t.Helper()
	want := p.Nucleus
	got, err := nucleus.Find(t.Context(), view(t, p.Re, p.Im, p.Radius), options)
	require.NoError(t, err)
	assert.Equal(t, want.Period, got.Period)
	const digits = 11 // below the size; the last of those known are off
	assert.Less(t, apart(t, want.Re, got.Re), want.Log10Size-digits, "%s is not %s", got.Re, want.Re)
	assert.Less(t, apart(t, want.Im, got.Im), want.Log10Size-digits, "%s is not %s", got.Im, want.Im)
	assert.InDelta(t, want.Log10Size, log10Of(got.Size.Norm()), 1e-4)
	assert.InDelta(t, want.Angle, math.Atan2(got.Size.Im, got.Size.Re), 1e-5)
}
