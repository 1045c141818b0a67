package api_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mandelfarm/api"
	"mandelfarm/job"
	"mandelfarm/queue"
	"mandelfarm/renderer/spec"
)

// submit posts a Spec with a query.
func (f *farm) submit(s, query string) answer {
	f.t.Helper()
	return f.ask(http.MethodPost, "/jobs?"+query, strings.NewReader(s), "Content-Type", "application/json")
}

type jobsBody struct{ Jobs []job.Status }

func TestTitlesAndTagsAreKeptAndFound(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	st := f.submit(`{"width": 20, "height": 10}`, "title="+url.QueryEscape("Größe & Meer")+"&tag=sea&tag=2026&tag=sea").job(t)
	require.Equal(t, job.Terms{Title: "Größe & Meer", Tags: []string{"2026", "sea"}, Client: "network:127.0.0.0/24"}, st.Terms)
	other := f.submit(`{"width": 30, "height": 10}`, "tag=land").job(t)
	f.post(`{"width": 40, "height": 10}`)
	require.Equal(t, st.Terms, f.get("/jobs/"+string(st.ID)).job(t).Terms)
	for query, want := range map[string][]spec.ID{
		"tag=sea": {st.ID}, "tag=land": {other.ID}, "tag=sea&state=queued": {st.ID}, "tag=sea&state=done": nil, "tag=se": nil,
	} {
		var found []spec.ID
		for _, st := range read[jobsBody](t, f.get("/jobs?"+query)).Jobs {
			found = append(found, st.ID)
		}
		require.Equal(t, want, found, query)
	}
	for query, detail := range map[string]string{
		"priority=urgent":                   "must be high, normal or low",
		"priority=high&priority=low":        "must be given once",
		"title=" + strings.Repeat("x", 201): "1 to 200 characters",
		"title=a%0Ab":                       "can be printed",
		"tag=":                              "1 to 64 characters",
		manyTags(17):                        "at most 16 times",
	} {
		refused := f.submit(`{"width": 50, "height": 10}`, query)
		require.Equal(t, http.StatusBadRequest, refused.status, query)
		require.Contains(t, refused.problem(t).Detail, detail, query)
	}
}

// TestJobsAskForPoolsThatThereAre, and requests that wait for a picture never do.
func TestJobsAskForPoolsThatThereAre(t *testing.T) {
	t.Parallel()
	f := newFarm(t, func(a *api.Config, _ *queue.Config) { a.Pools = []string{"gpu", "large-memory"} })
	st := f.submit(`{"width": 20, "height": 10}`, "pool=large-memory").job(t)
	require.Equal(t, job.Pool("large-memory"), st.Pool)
	require.Equal(t, st.Pool, f.get("/jobs/"+string(st.ID)).job(t).Pool)
	require.Equal(t, 1, f.get("/jobs/"+string(st.ID)).job(t).Position, "in the lane of the pool")
	require.Equal(t, st.Pool, f.submit(`{"width": 20, "height": 10}`, "pool=gpu").job(t).Pool, "the first that is said stands")
	lanes := map[job.Lane]int{}
	for _, lane := range read[queuesBody](t, f.get("/queues")).Lanes {
		lanes[lane.Lane] = lane.Pending
	}
	require.Equal(t, map[job.Lane]int{job.Interactive: 0, job.Control: 0, job.Batch: 0, "control@large-memory": 1}, lanes)
	for query, detail := range map[string]string{
		"pool=large":        "pool: must be gpu or large-memory",
		"pool=Gpu":          "pool: must be of 1 to 32 of the characters",
		"pool=":             "pool: must not be empty",
		"pool=gpu&pool=gpu": "pool: must be given once",
	} {
		refused := f.submit(`{"width": 50, "height": 10}`, query)
		require.Equal(t, http.StatusBadRequest, refused.status, query)
		require.Contains(t, refused.problem(t).Detail, detail, query)
	}
	require.Contains(t, f.get("/generate/30/20?pool=gpu").problem(t).Detail, "pool")
	canceled := f.ask(http.MethodDelete, "/jobs/"+string(st.ID), nil)
	require.Equal(t, http.StatusOK, canceled.status)
	require.Zero(t, read[queuesBody](t, f.get("/queues")).Lanes[3].Pending)
	require.Equal(t, st.Pool, f.ask(http.MethodPost, "/jobs/"+string(st.ID)+"/retry", nil).job(t).Pool)
}

func manyTags(n int) string {
	values := url.Values{}
	for i := range n {
		values.Add("tag", strings.Repeat("x", i+1))
	}
	return values.Encode()
}

func TestJobsThatWaitHaveAPositionAndSayThatTheyArePaused(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	first, second := f.post(`{"width": 20, "height": 10}`).job(t), f.post(`{"width": 30, "height": 10}`).job(t)
	require.Equal(t, 1, f.get("/jobs/"+string(first.ID)).job(t).Position)
	require.Equal(t, 2, f.get("/jobs/"+string(second.ID)).job(t).Position)
	held := f.ask(http.MethodPost, "/jobs/"+string(second.ID)+"/pause", nil)
	require.Equal(t, http.StatusOK, held.status)
	for _, st := range read[jobsBody](t, f.get("/jobs")).Jobs {
		require.Equal(t, st.ID == second.ID, st.Paused)
	}
	require.Zero(t, f.get("/jobs/"+string(second.ID)).job(t).Position, "a job that is held has none")
}

func TestPriorityOfOpenJobsCanBeChanged(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	st := f.submit(`{"width": 20, "height": 10}`, "priority=low&title=kept").job(t)
	location := "/jobs/" + string(st.ID)
	changed := f.ask(http.MethodPost, location+"/priority?priority=high", nil)
	require.Equal(t, http.StatusOK, changed.status, "%s", changed.body)
	require.Equal(t, job.Terms{Priority: job.High, Title: "kept", Client: "network:127.0.0.0/24"}, changed.job(t).Terms)
	require.Equal(t, job.High, f.get(location).job(t).Priority)
	for _, bad := range []string{"", "?priority=urgent", "?priority=high&priority=low"} {
		require.Equal(t, http.StatusBadRequest, f.ask(http.MethodPost, location+"/priority"+bad, nil).status, bad)
	}
	f.ask(http.MethodDelete, location, nil)
	require.Equal(t, http.StatusConflict, f.ask(http.MethodPost, location+"/priority?priority=low", nil).status)
	log := read[operationsBody](t, f.get("/operations")).Operations
	require.Len(t, log, 2)
	require.ElementsMatch(t, []string{"high", ""}, []string{log[0].Detail, log[1].Detail})
}

func TestPurgeRemovesAJobThatHasEndedAndItsPicture(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	st := f.post(`{"width": 20, "height": 10}`).job(t)
	location := "/jobs/" + string(st.ID)
	open := f.ask(http.MethodDelete, location+"?purge=true", nil)
	require.Equal(t, http.StatusConflict, open.status)
	require.Contains(t, open.problem(t).Detail, "cancel it first")
	require.Equal(t, http.StatusBadRequest, f.ask(http.MethodDelete, location+"?purge=yes", nil).status)
	f.work()
	f.until(location, job.Done)
	require.Equal(t, http.StatusOK, f.get(location+"/image").status)
	require.Equal(t, http.StatusNoContent, f.ask(http.MethodDelete, location+"?purge=true", nil).status)
	for _, path := range []string{location, location + "/image"} {
		require.Equal(t, http.StatusNotFound, f.get(path).status, path)
	}
	require.Empty(t, read[jobsBody](t, f.get("/jobs")).Jobs)
	_, err := f.ledger.Image(st.ID, spec.PNG).Stat(t.Context())
	require.Error(t, err)
	require.Equal(t, http.StatusNotFound, f.ask(http.MethodDelete, location+"?purge=true", nil).status)
	again := f.post(`{"width": 20, "height": 10}`)
	require.Equal(t, http.StatusAccepted, again.status, "it is drawn anew")
}

func TestJobsAreListedByTheBeginningOfTheirID(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	id := f.post(`{"width": 20, "height": 10}`).job(t).ID
	found := read[jobsBody](t, f.get("/jobs?limit=2&id="+string(id[:6]))).Jobs
	require.Len(t, found, 1)
	require.Equal(t, id, found[0].ID)
	for _, bad := range []string{"id=", "id=xyz", "id=..", "id=" + string(id) + "0", "id=a&state=done"} {
		require.Equal(t, http.StatusBadRequest, f.get("/jobs?"+bad).status, bad)
	}
}
