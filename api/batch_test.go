package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/access"
	"mandelfarm/api"
	"mandelfarm/job"
)

// batchItem is what an answer to a batch says of a Spec.
type batchItem struct {
	Index, Status int
	Job           *job.Status
	Problem       *problem
}

func (a answer) batch(tb testing.TB) []batchItem {
	tb.Helper()
	require.Equal(tb, http.StatusMultiStatus, a.status, "%s", a.body)
	var all struct{ Jobs []batchItem }
	require.NoError(tb, json.Unmarshal(a.body, &all))
	for i, item := range all.Jobs {
		require.Equal(tb, i, item.Index, "they are in order")
	}
	return all.Jobs
}

func numbered(n int) string { return fmt.Sprintf(`{"width": %d, "height": 10}`, 10+n) }

// TestABatchIsManySubmissions: each Spec has an answer of its own, what is wrong with one is no matter of the others, and what
// was accepted is on record with the terms of the batch.
func TestABatchIsManySubmissions(t *testing.T) {
	t.Parallel()
	for mediaType, body := range map[string]string{
		"application/json":     "\n[" + strings.Join([]string{numbered(0), `{"width": 0, "height": 1}`, numbered(1), `7`, numbered(0)}, ",") + "]",
		"application/x-ndjson": strings.Join([]string{numbered(0), `{"width": 0, "height": 1}`, "", numbered(1), `7`, numbered(0)}, "\n"),
	} {
		f := newFarm(t)
		for range 2 { // sending it again is sending it once
			items := f.ask(http.MethodPost, "/jobs?priority=low&tag=survey", strings.NewReader(body), "Content-Type", mediaType).batch(t)
			require.Len(t, items, 5)
			for _, i := range []int{0, 2, 4} {
				require.Equal(t, http.StatusAccepted, items[i].Status)
				st := f.get("/jobs/" + string(items[i].Job.ID)).job(t)
				assert.Equal(t, job.Queued, st.State)
				assert.Equal(t, job.Low, st.Priority)
				assert.Equal(t, []string{"survey"}, st.Tags)
			}
			assert.Equal(t, items[0].Job.ID, items[4].Job.ID, "the same picture is the same job")
			for _, i := range []int{1, 3} {
				assert.Equal(t, http.StatusBadRequest, items[i].Status)
				assert.Nil(t, items[i].Job)
			}
			assert.Equal(t, "width", items[1].Problem.Field)
			var listed struct{ Jobs []job.Status }
			require.NoError(t, json.Unmarshal(f.get("/jobs?tag=survey").body, &listed))
			assert.Len(t, listed.Jobs, 2)
		}
		f.work()
		done := f.until("/jobs/"+string(f.ask(http.MethodPost, "/jobs", strings.NewReader(body), "Content-Type", mediaType).batch(t)[0].Job.ID), job.Done)
		assert.Equal(t, 10, done.Spec.Width)
		assert.Equal(t, http.StatusOK, f.ask(http.MethodPost, "/jobs", strings.NewReader(body), "Content-Type", mediaType).batch(t)[0].Status)
	}
}

// TestBatchesAreRefusedWhole that are none, or too large, and nothing is on record then.
func TestBatchesAreRefusedWhole(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	cfg := f.config
	cfg.MaxBatch = 2
	front := f.serve(cfg)
	for body, want := range map[string]int{
		"[]":                    http.StatusBadRequest,
		"[" + numbered(0) + ",": http.StatusBadRequest,
		"[" + strings.Repeat(numbered(0)+",", 2) + numbered(0) + "]": http.StatusRequestEntityTooLarge,
	} {
		a := ask(t, http.MethodPost, front+"/jobs", strings.NewReader(body), "Content-Type", "application/json")
		assert.Equal(t, want, a.problem(t).Status, body)
	}
	lines := strings.Repeat(numbered(0)+"\n\n", 3)
	assert.Equal(t, http.StatusRequestEntityTooLarge, ask(t, http.MethodPost, front+"/jobs", strings.NewReader(lines), "Content-Type", "application/x-ndjson").problem(t).Status)
	a := ask(t, http.MethodPost, front+"/jobs?width=5", strings.NewReader("["+numbered(0)+"]"), "Content-Type", "application/json")
	assert.Equal(t, http.StatusBadRequest, a.problem(t).Status)
	f.untouched()
	assert.Len(t, ask(t, http.MethodPost, front+"/jobs", strings.NewReader("["+numbered(0)+","+numbered(1)+"]"), "Content-Type", "application/json").batch(t), 2)
}

// TestBatchesAreBudgetedByTheJob: what is beyond a budget is refused, and no more.
func TestBatchesAreBudgetedByTheJob(t *testing.T) {
	t.Parallel()
	count := func(items []batchItem) (accepted, refused int) {
		for _, item := range items {
			switch item.Status {
			case http.StatusAccepted:
				accepted++
			case http.StatusTooManyRequests:
				refused++
			}
		}
		return accepted, refused
	}
	specs := make([]string, 8)
	for i := range specs {
		specs[i] = fmt.Sprintf(`{"width": 100, "height": 100, "max_iterations": %d}`, 10_000-i) // a hundred units of cost, about
	}
	for name, budgets := range map[string]api.Budgets{"requests": {Requests: budget(5)}, "cost": {Cost: budget(550)}} {
		f := newFarm(t)
		cfg := f.config
		cfg.KeyBudgets = budgets
		header := append([]string{"Content-Type", "application/json"}, bearer(f.key(access.Submit))...)
		front := f.serve(cfg)
		accepted, refused := count(ask(t, http.MethodPost, front+"/jobs", strings.NewReader("["+strings.Join(specs, ",")+"]"), header...).batch(t))
		assert.Equal(t, 5, accepted, name)
		assert.Equal(t, 3, refused, name)
		var listed struct{ Jobs []job.Status }
		require.NoError(t, json.Unmarshal(f.get("/jobs").body, &listed))
		assert.Len(t, listed.Jobs, 5, "what is refused is not on record")
	}
}
