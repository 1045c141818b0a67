package job_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mandelfarm/job"
)

func TestMergedHistoriesHaveEachStintOnceWithItsEnd(t *testing.T) {
	t.Parallel()
	at := func(second int64) time.Time { return time.Unix(second, 0).UTC() }
	first := job.Stint{Task: "a", Worker: "w", BeganAt: at(1)}
	ended := first
	ended.EndedAt = at(2)
	other, again := job.Stint{Task: "b", Worker: "w", BeganAt: at(0)}, job.Stint{Task: "a", Worker: "v", BeganAt: at(1)}
	want := []job.Stint{other, again, ended}
	require.Equal(t, want, job.MergeHistory([]job.Stint{first, other}, []job.Stint{again, ended}))
	require.Equal(t, want, job.MergeHistory([]job.Stint{ended, again}, []job.Stint{other, first}))
	require.Empty(t, job.MergeHistory(nil, nil))
}

func TestStintsSayWhatTheyTookOver(t *testing.T) {
	t.Parallel()
	for why, d := range map[string]job.Delivery{
		"": {Try: 1}, "the try before has failed": {Try: 2}, "the worker before has died": {Try: 1, Deaths: 1},
	} {
		require.Equal(t, why, d.Stint(job.Task{}).TakenOver)
	}
}
