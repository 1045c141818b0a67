package tally_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mandelfarm/internal/tally"
)

func TestWhatIsOlderThanTheSpanDoesNotCount(t *testing.T) {
	t.Parallel()
	sums, began := tally.New(10*time.Second), time.Unix(1_000_000, 0)
	sums.Add(began, 30)
	sums.Add(began.Add(999*time.Millisecond), 10)
	sums.Add(began.Add(4*time.Second), 60)
	require.EqualValues(t, 100, sums.Sum(began.Add(9*time.Second)))
	require.EqualValues(t, 60, sums.Sum(began.Add(10*time.Second)))
	sums.Add(began.Add(10*time.Second), 1) // in the place of the first
	require.EqualValues(t, 61, sums.Sum(began.Add(10*time.Second)))
	require.Zero(t, sums.Sum(began.Add(time.Minute)))
}

func TestPartsOfTheSpanHaveTheirRates(t *testing.T) {
	t.Parallel()
	sums, began := tally.New(30*time.Second), time.Unix(1_000_000, 0)
	sums.Add(began, 100)
	sums.Add(began.Add(9*time.Second), 100)
	sums.Add(began.Add(25*time.Second), 50)
	require.Equal(t, []float64{20, 0, 5}, sums.Rates(began.Add(29*time.Second), 10*time.Second))
	require.Equal(t, []float64{10, 0, 5}, sums.Rates(began.Add(30*time.Second), 10*time.Second), "what is older than the span is gone")
	require.Equal(t, []float64{0, 0, 0}, sums.Rates(began.Add(time.Hour), 10*time.Second))
}
