package embedded_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"mandelfarm/queue/embedded"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestKeysRunOut(t *testing.T) {
	t.Parallel()
	s, rdb := start(t)
	require.NoError(t, rdb.Set(t.Context(), "short", 1, time.Second).Err())
	require.NoError(t, rdb.Set(t.Context(), "long", 1, time.Hour).Err())
	require.NoError(t, rdb.Set(t.Context(), "for ever", 1, 0).Err())
	began := time.Now()
	require.Eventually(t, func() bool {
		return rdb.Exists(t.Context(), "short").Val() == 0
	}, 10*time.Second, 5*time.Millisecond)
	require.WithinRange(t, time.Now(), began.Add(700*time.Millisecond), began.Add(3*time.Second))
	require.Equal(t, int64(2), rdb.Exists(t.Context(), "long", "for ever").Val())
	require.Contains(t, s.URL(), "redis://127.0.0.1:")
}

func TestServersAreStrangers(t *testing.T) {
	t.Parallel()
	_, one := start(t)
	_, other := start(t)
	require.NoError(t, one.Set(t.Context(), "key", 1, 0).Err())
	require.ErrorIs(t, other.Get(t.Context(), "key").Err(), redis.Nil)
}

func start(tb testing.TB) (*embedded.Server, *redis.Client) {
	tb.Helper()
	s, err := embedded.Start()
	require.NoError(tb, err)
	tb.Cleanup(s.Close)
	options, err := redis.ParseURL(s.URL())
	require.NoError(tb, err)
	rdb := redis.NewClient(options)
	tb.Cleanup(func() { require.NoError(tb, rdb.Close()) })
	return s, rdb
}

// BenchmarkSetBesideManyKeys shows what the clock costs other commands: its ticks
// look at every key.
func BenchmarkSetBesideManyKeys(b *testing.B) {
	for _, keys := range []int{0, 10_000, 100_000} {
		b.Run("keys="+strconv.Itoa(keys), func(b *testing.B) {
			_, rdb := start(b)
			pipe := rdb.Pipeline()
			for i := range keys {
				pipe.Set(b.Context(), "key:"+strconv.Itoa(i), i, 0)
			}
			_, err := pipe.Exec(b.Context())
			require.NoError(b, err)
			for b.Loop() {
				require.NoError(b, rdb.Set(b.Context(), "a", 1, time.Hour).Err())
			}
		})
	}
}
