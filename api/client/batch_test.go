package client_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"mandelfarm/api/client"
	"mandelfarm/job"
	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
)

// TestABatchHasAnAnswerForEachSpec, in order, with its job or what is wrong with it.
func TestABatchHasAnAnswerForEachSpec(t *testing.T) {
	t.Parallel()
	f, err := startFarm(t.TempDir(), 100)
	require.NoError(t, err)
	defer f.end()
	c, err := client.New(f.url, nil)
	require.NoError(t, err)
	var specs []spec.Spec
	for _, width := range []int{20, renderer.DefaultLimits().Side + 1, 30} {
		s, err := spec.Normalize(spec.Draft{Width: width, Height: 10})
		require.NoError(t, err)
		specs = append(specs, s)
	}
	all, err := c.SubmitBatch(t.Context(), specs, job.Terms{Title: "a batch"})
	require.NoError(t, err)
	require.Len(t, all, 3)
	for _, i := range []int{0, 2} {
		require.NoError(t, all[i].Err)
		require.Equal(t, specs[i].ID(), all[i].Job.ID)
		require.Equal(t, "a batch", all[i].Job.Title)
	}
	var refusal *client.Error
	require.ErrorAs(t, all[1].Err, &refusal)
	require.Equal(t, "width", refusal.Field)
}
