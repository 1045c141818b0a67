package boundary

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/internal/places"
	"mandelfarm/internal/testenv"
)

// TestTruthIsWhatOthersFound compares with samples of published places that MPFR computed. Their counts end where |z| is
// beyond 1e10 instead of 256, which makes 4e-6 of a difference. Pixels nearer to the boundary than the last digits of the
// radius say are left out.
func TestTruthIsWhatOthersFound(t *testing.T) {
	t.Parallel()
	all, err := places.Read(filepath.Join(testenv.RepoRoot(t), places.Archive))
	require.NoError(t, err)
	compared, inside := 0, 0
	for _, p := range all {
		const short, few, nearest = 40_000, 12, 1e-9
		if p.MaxIterations > short {
			continue
		}
		truth, ok := NewTruth(p)
		require.True(t, ok, p.Name)
		for _, want := range p.Samples[:min(few, len(p.Samples))] {
			got, err := truth.At(t.Context(), want.Column, want.Row, p.MaxIterations)
			require.NoError(t, err)
			if want.Nu == nil {
				require.Nil(t, got.Nu, "%s: %v", p.Name, want)
				inside++
				continue
			}
			require.NotNil(t, got.Nu, "%s: %v", p.Name, want)
			if *got.De < nearest {
				continue
			}
			assert.InDelta(t, *want.Nu, *got.Nu, 1e-5, "%s: %v", p.Name, want)
			if want.De != nil {
				assert.InEpsilon(t, *want.De, *got.De, 1e-4, "%s: %v", p.Name, want)
			}
			compared++
		}
	}
	assert.Greater(t, compared, 30)
	assert.Positive(t, inside)
}

// TestTruthKnowsTheTip: around -2 the set is the axis to the right, at every depth. No pixel is on it.
func TestTruthKnowsTheTip(t *testing.T) {
	t.Parallel()
	for _, radius := range []string{"1e-3", "1e-30", "1e-300"} {
		truth, ok := NewTruth(places.Place{Re: "-2", Im: "0", Radius: radius})
		require.True(t, ok)
		left, err := truth.At(t.Context(), 0, places.Height/2, 2000)
		require.NoError(t, err)
		right, err := truth.At(t.Context(), places.Width-1, places.Height/2, 2000)
		require.NoError(t, err)
		require.NotNil(t, left.Nu)
		require.NotNil(t, right.Nu)
		// The tip is 512 pixels from one, the axis half a pixel from the other. An estimate is one to four times the distance.
		assert.InEpsilon(t, 4*places.Width/2, *left.De, 0.01, "%s: before the end of a line it is four times", radius)
		assert.InEpsilon(t, 2*0.5, *right.De, 0.01, "%s: beside a line it is twice", radius)
		assert.Greater(t, *right.Nu, *left.Nu, radius)
	}
}

// TestTruthOfTheMiddle: the period of 0 is 1, and nothing around it escapes.
func TestTruthOfTheMiddle(t *testing.T) {
	t.Parallel()
	truth, ok := NewTruth(places.Place{Re: "0", Im: "0", Radius: "1e-5"})
	require.True(t, ok)
	s, err := truth.At(t.Context(), 3, 4, 10_000)
	require.NoError(t, err)
	assert.Equal(t, places.Sample{Column: 3, Row: 4}, s)
}

func TestTruthOfNoPlace(t *testing.T) {
	t.Parallel()
	for _, p := range []places.Place{
		{Re: "x", Im: "0", Radius: "1"}, {Re: "0", Im: "", Radius: "1"}, {Re: "0", Im: "0", Radius: "0"}, {Re: "0", Im: "0", Radius: "-1"}, {},
	} {
		_, ok := NewTruth(p)
		assert.False(t, ok, "%v", p)
	}
}

func TestTruthEndsWithTheContext(t *testing.T) {
	t.Parallel()
	enough := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(enough)
	truth, ok := NewTruth(places.Place{Re: "0", Im: "0", Radius: "1e-5"})
	require.True(t, ok)
	_, err := truth.At(ctx, 0, 0, 10_000_000)
	require.ErrorIs(t, err, enough)
}
