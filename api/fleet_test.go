package api_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/renderer/spec"
)

// read reads the body of an answer that must be a success.
func read[T any](tb testing.TB, a answer) (v T) {
	tb.Helper()
	require.Equal(tb, http.StatusOK, a.status, "%s", a.body)
	require.Equal(tb, "no-store", a.header.Get("Cache-Control"))
	require.NoError(tb, json.Unmarshal(a.body, &v))
	return v
}

type workersBody struct{ Workers []job.Worker }

type queuesBody struct {
	Lanes []job.Backlog
	Stuck []job.Stuck
}

type operationsBody struct{ Operations []job.Operation }

func TestWorkersAreListedAndDrain(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	require.JSONEq(t, `{"workers": []}`, string(f.get("/workers").body))
	f.work()
	var all []job.Worker
	require.Eventually(t, func() bool {
		all = read[workersBody](t, f.get("/workers")).Workers
		return len(all) == 1
	}, 20*time.Second, 10*time.Millisecond)

	unknown := f.ask(http.MethodPost, "/workers/nobody/drain", nil)
	require.Equal(t, http.StatusNotFound, unknown.status)
	require.Equal(t, "no such worker", unknown.problem(t).Detail)
	require.JSONEq(t, `{"operations": []}`, string(f.get("/operations").body))
	drain := f.ask(http.MethodPost, "/workers/"+all[0].Name+"/drain", nil, "X-Request-Id", "that-of-mine")
	require.Equal(t, http.StatusAccepted, drain.status, "%s", drain.body)
	require.Eventually(t, func() bool {
		all = read[workersBody](t, f.get("/workers")).Workers
		return len(all) == 1 && all[0].Draining
	}, 20*time.Second, 10*time.Millisecond)

	log := read[operationsBody](t, f.get("/operations")).Operations
	require.Len(t, log, 1)
	require.WithinDuration(t, time.Now(), log[0].At, time.Minute)
	log[0].At = time.Time{}
	require.Equal(t, job.Operation{Action: job.ActionDrain, Target: all[0].Name, Address: "127.0.0.1", Request: "that-of-mine"}, log[0])
}

func TestWhatOperatorsDoIsOnRecordNewestFirst(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	id := f.post(`{"width": 20, "height": 10}`).job(t).ID
	for _, step := range []struct{ method, path string }{
		{http.MethodPost, "/pause"}, {http.MethodPost, "/resume"}, {http.MethodDelete, ""}, {http.MethodDelete, ""},
	} {
		require.Equal(t, http.StatusOK, f.ask(step.method, "/jobs/"+string(id)+step.path, nil).status)
	}
	var did []job.Action
	for _, o := range read[operationsBody](t, f.get("/operations?limit=3")).Operations {
		require.Equal(t, string(id), o.Target)
		did = append(did, o.Action)
	}
	require.ElementsMatch(t, []job.Action{job.ActionCancel, job.ActionResume, job.ActionPause}, did, "what changed nothing is not")
	require.Equal(t, http.StatusBadRequest, f.get("/operations?limit=0").status)
	require.Equal(t, http.StatusBadRequest, f.get("/operations?since=now").status)
}

// setFleet is a fleet that is as a test says.
type setFleet struct {
	workers []job.Worker
	lanes   []job.Backlog
}

func (f setFleet) Workers(context.Context) ([]job.Worker, error) { return f.workers, nil }

func (f setFleet) Backlogs(context.Context, []job.Worker) ([]job.Backlog, error) { return f.lanes, nil }

func (setFleet) ClientsOf(context.Context, job.Lane) ([]job.ClientShare, error) { return nil, nil }

func (setFleet) Drain(context.Context, string) error { return nil }

func (setFleet) HistoryOf(context.Context, spec.ID) ([]job.Stint, error) { return nil, nil }

func (setFleet) Position(context.Context, job.Task) (int, error) { return 0, nil }

func TestStuckIsWhatTakesManyTimesAsLongAsExpected(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	s, err := spec.Normalize(spec.Draft{Width: 20, Height: 128})
	require.NoError(t, err)
	st, err := f.ledger.Accept(t.Context(), s)
	require.NoError(t, err)
	_, err = f.ledger.StorePlan(t.Context(), st.Job, job.Plan{Bands: []job.Band{{End: 64, Seconds: 1}, {Start: 64, End: 128, Seconds: 60}}})
	require.NoError(t, err)
	now := time.Now()
	hold := func(t job.Task, ago time.Duration) job.Hold {
		return job.Hold{Task: t.Name(), Kind: t.Kind, Lane: t.Lane, Job: t.ID, Band: t.Band, Since: now.Add(-ago)}
	}
	fleet := setFleet{
		workers: []job.Worker{{Name: "slow", Since: now.Add(-time.Hour), Tasks: []job.Hold{
			hold(st.BandTask(0), 2*time.Minute), // expected to take a second
			hold(st.BandTask(1), 2*time.Minute), // expected to take a minute
			hold(st.AssembleTask(), 59*time.Second),
			hold(job.ImageTask(s, job.Interactive), 2*time.Minute),
		}}},
		lanes: []job.Backlog{{Lane: job.Control, Pending: 3, Oldest: now.Add(-time.Hour)}, {Lane: job.Batch}},
	}
	deps := f.dependencies()
	deps.Fleet = fleet
	url := serveHTTP(t, f.serverOf(f.config, deps))
	body := read[queuesBody](t, ask(t, http.MethodGet, url+"/queues", nil))
	require.Len(t, body.Lanes, 2)
	require.Len(t, body.Stuck, 3)
	require.Equal(t, st.BandTask(0).Name(), body.Stuck[0].Task)
	require.InDelta(t, 5, body.Stuck[0].Expected, 0)
	require.Equal(t, "slow", body.Stuck[0].Worker)
	require.Contains(t, body.Stuck[0].Advice, "slow")
	require.Equal(t, string(st.ID), body.Stuck[1].Task, "a job's picture is expected in seconds")
	require.Equal(t, job.Control, body.Stuck[2].Lane)
	require.Contains(t, body.Stuck[2].Advice, "start one")
}

func TestQueuesAreListedByLane(t *testing.T) {
	t.Parallel()
	f := newFarm(t, queueLimit(77))
	f.post(`{"width": 20, "height": 10}`)
	body := read[queuesBody](t, f.get("/queues"))
	require.Len(t, body.Lanes, len(job.Lanes()))
	require.Equal(t, 1, body.Lanes[1].Pending)
	require.Equal(t, 77, body.Lanes[1].Limit)
	require.WithinDuration(t, time.Now(), body.Lanes[1].Oldest, time.Minute)
	require.Empty(t, body.Stuck)
}

// TestStorageIsAsItWasCounted, and zero before.
func TestStorageIsAsItWasCounted(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	a := f.get("/storage")
	require.Equal(t, http.StatusOK, a.status)
	assert.JSONEq(t, `{"objects":0,"bytes":0}`, string(a.body))
	at := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	counted := ledger.Inventory{Objects: 3, Bytes: 4567, At: at}
	require.NoError(t, f.ledger.NoteScrub(t.Context(), ledger.Scrub{To: "jobs/x", Counted: ledger.Inventory{Objects: 1}, Last: counted}))
	assert.JSONEq(t, `{"objects":3,"bytes":4567,"counted_at":"2026-11-30T12:00:00Z"}`, string(f.get("/storage").body))
}
