package api

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestSampleIsSoManyOfEachSecond and tells of those that it leaves out.
func TestSampleIsSoManyOfEachSecond(t *testing.T) {
	t.Parallel()
	var s sample
	const each = sampledLines + 50
	for second := range 3 {
		n, skipped := 0, int64(0)
		for i := range each {
			at := time.Duration(second)*time.Second + time.Duration(i)*time.Millisecond
			if left, drawn := s.draw(at); drawn {
				n++
				skipped += left
			}
		}
		require.Equal(t, sampledLines, n)
		require.Equal(t, min(50, int64(second)*50), skipped)
	}
}
