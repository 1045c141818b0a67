package client_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/api/client"
	"mandelfarm/job"
	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
)

func TestAJobFromSpecToFile(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	c := connect(t, f.url)
	want := parse(t, 60)
	st, err := c.Submit(t.Context(), want)
	require.NoError(t, err)
	assert.Equal(t, want, st.Spec)
	assert.Equal(t, job.Queued, st.State)
	f.work()
	var last job.Status
	for last, err = range c.Watch(t.Context(), st.ID) {
		require.NoError(t, err)
	}
	assert.Equal(t, job.Done, last.State)
	now, err := c.Job(t.Context(), st.ID)
	require.NoError(t, err)
	assert.Equal(t, last, now)

	var drawn, copied bytes.Buffer
	require.NoError(t, renderer.Write(t.Context(), &drawn, want, renderer.Options{}))
	n, err := c.Copy(t.Context(), st.ID, &copied)
	require.NoError(t, err)
	assert.EqualValues(t, drawn.Len(), n)
	assert.Equal(t, drawn.Bytes(), copied.Bytes())
}

func TestFind(t *testing.T) {
	t.Parallel()
	c := connect(t, newFarm(t).url)
	view, err := spec.Parse([]byte(`{"width": 90, "height": 60, "center": {"re": "-1.7597", "im": "-0.0126"}, "radius": "0.001", "samples": 4}`))
	require.NoError(t, err)
	want, err := renderer.Find(t.Context(), view, 1000, 0)
	require.NoError(t, err)
	got, err := c.Find(t.Context(), view, 0)
	require.NoError(t, err)
	assert.Equal(t, want, got)
	_, err = c.Find(t.Context(), view, 38)
	require.ErrorIs(t, err, spec.ErrNoMinibrot)
	tricorn, err := spec.Parse([]byte(`{"width": 90, "height": 60, "formula": "tricorn"}`))
	require.NoError(t, err)
	_, err = c.Find(t.Context(), tricorn, 0)
	var refusal *client.Error
	require.ErrorAs(t, err, &refusal)
	assert.Equal(t, "formula", refusal.Field)
	assert.NotErrorIs(t, err, spec.ErrNoMinibrot)
}

func TestJobsOfAllPages(t *testing.T) {
	t.Parallel()
	c := connect(t, newFarm(t).url)
	var want []spec.ID
	for i := range 7 {
		st, err := c.Submit(t.Context(), parse(t, 10+i))
		require.NoError(t, err)
		want = append(want, st.ID)
	}
	_, err := c.Cancel(t.Context(), want[3])
	require.NoError(t, err)
	list := func(state job.State, most int) (got []spec.ID) {
		for st, err := range c.Jobs(t.Context(), client.Selection{State: state}, 3) {
			require.NoError(t, err)
			if got = append(got, st.ID); len(got) == most {
				break
			}
		}
		return got
	}
	assert.ElementsMatch(t, want, list("", 0))
	assert.Equal(t, want[3:4], list(job.Canceled, 0))
	assert.ElementsMatch(t, slices.Delete(slices.Clone(want), 3, 4), list(job.Queued, 0))
	assert.Len(t, list("", 4), 4, "a consumer may have enough")
	assert.Empty(t, list(job.Failed, 0))
	for _, err := range c.Jobs(t.Context(), client.Selection{State: "finished"}, 3) {
		var refusal *client.Error
		require.ErrorAs(t, err, &refusal)
		assert.Equal(t, "state", refusal.Field)
	}
}

func TestCancelAndRetry(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	c := connect(t, f.url)
	st, err := c.Submit(t.Context(), parse(t, 60))
	require.NoError(t, err)
	_, err = c.Retry(t.Context(), st.ID)
	require.ErrorIs(t, err, job.ErrState)
	canceled, err := c.Cancel(t.Context(), st.ID)
	require.NoError(t, err)
	assert.Equal(t, job.Canceled, canceled.State)
	again, err := c.Retry(t.Context(), st.ID)
	require.NoError(t, err)
	assert.Equal(t, job.Queued, again.State)
	assert.Equal(t, st.ID, again.ID)
}

func TestRefusalsSayWhatIsWrong(t *testing.T) {
	t.Parallel()
	f, err := startFarm(t.TempDir(), 1)
	require.NoError(t, err)
	t.Cleanup(f.end)
	c := connect(t, f.url)
	unknown := spec.ID(strings.Repeat("0", 40))
	done, err := c.Submit(t.Context(), parse(t, 60)) // fills the queue
	require.NoError(t, err)
	huge, err := spec.Parse([]byte(`{"width": 1000000, "height": 1000000}`))
	require.NoError(t, err)
	for name, try := range map[string]struct {
		call   func(context.Context) error
		is     error
		status int
		field  string
	}{
		"job":       {func(ctx context.Context) error { _, err := c.Job(ctx, unknown); return err }, job.ErrUnknown, 404, ""},
		"cancel":    {func(ctx context.Context) error { _, err := c.Cancel(ctx, unknown); return err }, job.ErrUnknown, 404, ""},
		"retry":     {func(ctx context.Context) error { _, err := c.Retry(ctx, unknown); return err }, job.ErrUnknown, 404, ""},
		"fetch":     {func(ctx context.Context) error { return c.Fetch(ctx, unknown, t.TempDir()+"/x", nil) }, job.ErrUnknown, 404, ""},
		"watch":     {func(ctx context.Context) error { return lastError(c, ctx, unknown) }, job.ErrUnknown, 404, ""},
		"odd id":    {func(ctx context.Context) error { _, err := c.Job(ctx, "../../x?y"); return err }, job.ErrUnknown, 404, ""},
		"too large": {func(ctx context.Context) error { _, err := c.Submit(ctx, huge); return err }, nil, 400, "width"},
		"full":      {func(ctx context.Context) error { _, err := c.Submit(ctx, parse(t, 61)); return err }, job.ErrQueueFull, 429, ""},
		"not ready": {func(ctx context.Context) error { return c.Fetch(ctx, done.ID, t.TempDir()+"/x", nil) }, nil, 503, ""},
	} {
		err := try.call(t.Context())
		var refusal *client.Error
		require.ErrorAs(t, err, &refusal, name)
		assert.Equal(t, try.status, refusal.Status, name)
		assert.Equal(t, try.field, refusal.Field, name)
		assert.NotEmpty(t, refusal.Detail, name)
		for _, is := range []error{job.ErrUnknown, job.ErrState, job.ErrQueueFull, client.ErrUnreachable} {
			assert.Equal(t, errors.Is(try.is, is), errors.Is(err, is), "%s: %v is %v", name, err, is)
		}
		assert.Equal(t, try.status == 429 || try.status == 503, refusal.RetryAfter > 0, name)
	}
}

// lastError is what ends a Watch.
func lastError(c *client.Client, ctx context.Context, id spec.ID) (last error) { //nolint:revive // it is a test's
	for _, err := range c.Watch(ctx, id) {
		last = err
	}
	return last
}

func TestNoFarmThere(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	c := connect(t, gone.URL)
	began := time.Now()
	_, err := c.Job(t.Context(), "a")
	require.ErrorIs(t, err, client.ErrUnreachable)
	require.ErrorIs(t, lastError(c, t.Context(), "a"), client.ErrUnreachable)
	require.ErrorIs(t, c.Fetch(t.Context(), "a", t.TempDir()+"/x", nil), client.ErrUnreachable)
	assert.Less(t, time.Since(began), 10*time.Second, "what never was there is not waited for")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = c.Job(ctx, "a")
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, client.ErrUnreachable)
}

func TestAnotherServerIsNotTakenForAFarm(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]http.HandlerFunc{
		"page":     func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<p>welcome")) },
		"no page":  http.NotFound,
		"gateway":  func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) },
		"redirect": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) },
		"nonsense": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte("{"))
		},
	} {
		other := httptest.NewServer(handler)
		t.Cleanup(other.Close)
		_, err := connect(t, other.URL).Job(t.Context(), "a")
		require.Error(t, err, name)
		require.NotErrorIs(t, err, job.ErrUnknown, name)
	}
}

func TestBaseURLs(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "localhost:8080", "ftp://x", "http://", "http://x?y", "http://x/#y", "http://%zz", "/farm"} {
		_, err := client.New(bad, nil)
		require.Error(t, err, bad)
	}
	f := newFarm(t)
	for _, good := range []string{f.url, f.url + "/"} {
		_, err := connect(t, good).Submit(t.Context(), parse(t, 60))
		assert.NoError(t, err, good)
	}
}
