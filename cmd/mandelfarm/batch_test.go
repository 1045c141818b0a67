package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/job"
)

// TestABatchIsSubmittedByTheLine: an ID for each Spec, in order and in as many requests as it takes, and a word on each that is refused.
func TestABatchIsSubmittedByTheLine(t *testing.T) {
	t.Parallel()
	farm := serve(t, map[string]string{"DATA": t.TempDir(), "MAX_SIDE": "2000"})
	var lines strings.Builder
	for n := range batchSize + 2 {
		fmt.Fprintf(&lines, "{\"width\": %d, \"height\": 1}\n", 1+n)
	}
	ids := strings.Fields(asked(t, farm.url, lines.String(), "submit", "--batch", "-", "--title", "survey", "--priority", "low"))
	require.Len(t, ids, batchSize+2)
	for _, n := range []int{0, batchSize + 1} {
		st := statuses(t, asked(t, farm.url, "", "status", ids[n], "--json"))[0]
		assert.Equal(t, n+1, st.Spec.Width)
		assert.Equal(t, job.Low, st.Priority)
		assert.Equal(t, "survey", st.Title)
	}
	r := ask(t, farm.url, "{\"width\": 3000, \"height\": 1}\n{\"width\": 1, \"height\": 1}\n", "submit", "--batch", "-")
	assert.Equal(t, exitFailure, r.code)
	assert.Equal(t, ids[0]+"\n", r.stdout)
	assert.Contains(t, r.stderr, "line 1: width")
	r = ask(t, farm.url, "{\"width\": 1, \"height\": 1}\nno\n", "submit", "--batch", "-")
	assert.Equal(t, exitUsage, r.code)
	assert.Contains(t, r.stderr, "line 2")
}
