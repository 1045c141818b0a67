package s3

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// TestFreshness is what Ping goes by.
func TestFreshness(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := freshness{began: time.Now()}
		require.False(t, f.within(time.Minute), "it has never happened")
		f.now()
		require.True(t, f.within(time.Minute), "not even at once is never")
		<-time.After(59 * time.Second)
		require.True(t, f.within(time.Minute))
		<-time.After(time.Second + 1)
		require.False(t, f.within(time.Minute))
		f.now()
		f.forget()
		require.False(t, f.within(time.Minute))
	})
}
