package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

// TestDamagedRecordsAreNobodysMistake: whatever has become of the record of a job, a
// correct request is answered, and the job is done in the end.
func TestDamagedRecordsAreNobodysMistake(t *testing.T) {
	t.Parallel()
	for name, record := range map[string]string{
		"cut":            `{"version":"VERSION","id":"`,
		"empty":          ``,
		"another's Spec": `{"version":"VERSION","id":"ID","spec":{"width":61,"height":40},"accepted_at":"2026-01-02T03:04:05Z"}`,
		"no Spec":        `{"version":"VERSION","id":"ID","spec":{"width":-1},"accepted_at":"2026-01-02T03:04:05Z"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFarm(t)
			location := f.post(small).header.Get("Location")
			id := strings.TrimPrefix(location, "/jobs/")
			f.put("jobs/"+id+"/job.json", strings.NewReplacer("VERSION", spec.Version, "ID", id).Replace(record))
			for _, a := range []answer{
				f.get(location), f.get(location + "/events"), f.get(location + "/image"), f.ask(http.MethodDelete, location, nil),
				f.ask(http.MethodPost, location+"/retry", nil), f.ask(http.MethodPost, location+"/pause", nil),
			} {
				p := a.problem(t)
				require.Equal(t, http.StatusNotFound, p.Status, "%s", a.body)
				require.Empty(t, p.Field, "no field of the request is at fault")
				require.Contains(t, p.Detail, "damaged; submit its Spec again")
			}
			require.Equal(t, http.StatusOK, f.get("/jobs").status)

			a := f.post(small)
			require.Equal(t, http.StatusAccepted, a.status, "%s", a.body)
			f.work()
			f.until(location, job.Done)
			for _, key := range []string{"result.json", "job.json"} {
				f.put("jobs/"+id+"/"+key, "")
				a = f.post(small)
				require.Contains(t, []int{http.StatusOK, http.StatusAccepted}, a.status, "%s", a.body)
				f.until(location, job.Done)
			}
			f.put("jobs/"+id+"/results/000001.json", "{}")
			f.until(location, job.Done)
			require.Equal(t, http.StatusOK, f.get(location+"/image").status)
			require.EqualValues(t, 1, f.store.pictures.Load(), "it was there all the time")
		})
	}
}

// TestPicturesOfJobsThatAreNotDoneAreLeftAlone: a worker that is about to record that a picture is there finds it there.
func TestPicturesOfJobsThatAreNotDoneAreLeftAlone(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	location := f.post(small).header.Get("Location")
	key := "renders/" + strings.TrimPrefix(location, "/jobs/") + ".png"
	f.put(key, "no picture")
	require.Equal(t, http.StatusServiceUnavailable, f.get(location+"/image").problem(t).Status)
	_, err := f.store.Stat(t.Context(), key)
	require.NoError(t, err)
}

// put stores something under a key of the ledger's.
func (f *farm) put(key, data string) {
	f.t.Helper()
	require.NoError(f.t, f.store.Put(f.t.Context(), key, "", strings.NewReader(data)))
}

// TestADamagedPlanFailsNoJob.
func TestADamagedPlanFailsNoJob(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	var location string
	j, _ := f.begin(&location)
	f.put("jobs/"+string(j.ID)+"/plan.json", `{"bands":[{"start":0,"end":7}]}`)
	require.Equal(t, http.StatusOK, f.get(location).status)
	f.work()
	require.NotEqual(t, job.Failed, f.until(location, job.Done).State)
	got, err := f.ledger.Image(j.ID, spec.PNG).Read(t.Context(), 1<<20)
	require.NoError(t, err)
	require.Equal(t, drawn(t, j.Spec), got)
}
