package worker_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/worker"
)

// TestScrubCountsWhatIsStored, by the end of a round.
func TestScrubCountsWhatIsStored(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBundle(t)
		before, err := b.ledger.Inventory(t.Context())
		require.NoError(t, err)
		assert.Zero(t, before)
		j, plan := large(t, b, 3)
		drawBands(t, b, j, 0, len(plan.Bands))
		objects, bytes := int64(0), int64(0)
		for info, err := range b.store.List(t.Context(), "", "") {
			require.NoError(t, err)
			objects, bytes = objects+1, bytes+info.Size
		}
		require.Greater(t, objects, int64(3))
		sweep(t, b, worker.Config{})
		count, err := b.ledger.Inventory(t.Context())
		require.NoError(t, err)
		assert.Equal(t, [2]int64{objects, bytes}, [2]int64{count.Objects, count.Bytes})
		assert.WithinDuration(t, time.Now(), count.At, time.Hour)

		<-time.After(2 * time.Hour) // until it is somebody's turn again
		sweep(t, b, worker.Config{})
		again, err := b.ledger.Inventory(t.Context())
		require.NoError(t, err)
		assert.Equal(t, objects+1, again.Objects, "with the record of the scrub, and not added to the count before")
	})
}
