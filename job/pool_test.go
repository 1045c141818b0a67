package job_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/job"
)

func TestNamesOfPools(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"", "a", "large-memory", "gpu0", strings.Repeat("x", 32)} {
		p, err := job.ParsePool(good)
		require.NoError(t, err, good)
		assert.Equal(t, job.Pool(good), p)
	}
	for _, bad := range []string{"Large", "0gpu", "-", "a b", "a@b", "a:b", "{a}", "ä", "a\n", strings.Repeat("x", 33)} {
		_, err := job.ParsePool(bad)
		require.ErrorContains(t, err, "pool: must be of 1 to 32 of the characters a-z, 0-9 and -", bad)
	}
}

// TestLanesOfPools are told from those of the default pool, which alone has one for those
// who wait.
func TestLanesOfPools(t *testing.T) {
	t.Parallel()
	const pool = job.Pool("large-memory")
	assert.Equal(t, job.Lanes(), job.Pool("").Lanes())
	assert.Equal(t, []job.Lane{"control@large-memory", "batch@large-memory"}, pool.Lanes())
	for _, lane := range append(job.Lanes(), pool.Lanes()...) {
		parsed, ok := job.ParseLane(string(lane))
		assert.True(t, ok, lane)
		assert.Equal(t, lane, parsed.Base().In(parsed.Pool()))
	}
	for _, none := range []string{"", "default", "control@", "interactive@large-memory", "batch@a@b", "batch@A"} {
		_, ok := job.ParseLane(none)
		assert.False(t, ok, none)
	}
}

// TestTasksOfAJobAreOfItsPool, and say so to who makes other tasks of them.
func TestTasksOfAJobAreOfItsPool(t *testing.T) {
	t.Parallel()
	s := parse(t, `{"width": 64, "height": 48}`)
	for _, pool := range []job.Pool{"", "large-memory"} {
		j := job.Job{ID: s.ID(), Spec: s, Terms: job.Terms{Pool: pool, Priority: job.High}}
		for _, task := range []job.Task{j.Task(), j.BandTask(3), j.AssembleTask()} {
			assert.Contains(t, pool.Lanes(), task.Lane)
			assert.Equal(t, j, task.Job())
		}
	}
}
