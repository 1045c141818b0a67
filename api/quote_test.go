package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/job"
)

// endlessReference takes minutes to be quoted.
const endlessReference = `{"width":40,"height":30,"center":{"re":"-1.9"},"exact":true,"radius":"1e-3000","max_iterations":2000000}`

// quoted is an answer to POST /quote.
type quoted struct {
	Points      int64
	Inside      float64
	CoreSeconds float64 `json:"core_seconds"`
	Seconds     *float64
	Prepass     float64 `json:"prepass_seconds"`
	MostBytes   int64   `json:"bytes_at_most"`
	Memory      int64   `json:"memory_bytes"`
	Workers     int
	Sampled     int64
	Warnings    []struct {
		Field, Reason, Radius string
		MaxIterations         int `json:"max_iterations"`
	}
}

func (f *farm) quote(body string) (q quoted) {
	f.t.Helper()
	a := ask(f.t, http.MethodPost, f.url+"/quote", strings.NewReader(body), "Content-Type", "application/json")
	require.Equal(f.t, http.StatusOK, a.status, "%s", a.body)
	require.NoError(f.t, json.Unmarshal(a.body, &q))
	return q
}

func TestQuotes(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	small := f.quote(`{"width":400,"height":300}`)
	large := f.quote(`{"width":4000,"height":3000,"samples":2}`)
	assert.EqualValues(t, 400*300, small.Points)
	assert.EqualValues(t, 2*4000*3000, large.Points)
	assert.InEpsilon(t, 200*small.CoreSeconds, large.CoreSeconds, 0.3)
	assert.Greater(t, large.MostBytes, int64(4000*3000*3))
	assert.Greater(t, large.Memory, small.Memory)
	assert.Positive(t, small.Inside)
	assert.Less(t, small.Inside, 0.5)
	assert.Empty(t, large.Warnings)
	assert.Less(t, large.Sampled, large.Points/100)
	raw := f.quote(`{"width":400,"height":300,"format":"npy"}`)
	assert.GreaterOrEqual(t, raw.MostBytes, int64(400*300*8))
	deep := f.quote(`{"width":400,"height":300,"center":{"re":"-2"},"radius":"1e-100","max_iterations":20000}`)
	assert.Positive(t, deep.Prepass)
	assert.Greater(t, deep.CoreSeconds, small.CoreSeconds)
	f.untouched() // a quote is no job
}

// TestQuotesAreInTheWorkersTime once there are any.
func TestQuotesAreInTheWorkersTime(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	alone := f.quote(small)
	assert.Zero(t, alone.Workers)
	assert.Nil(t, alone.Seconds)
	const cores, speed = 6, 0.5
	f.queue.Introduce(func() job.Worker { return job.Worker{Cores: cores, Speed: speed} })
	f.work()
	require.Eventually(t, func() bool { return f.quote(small).Workers == 1 }, 30*time.Second, 10*time.Millisecond)
	q := f.quote(small)
	require.NotNil(t, q.Seconds)
	assert.InEpsilon(t, q.CoreSeconds, *q.Seconds*cores, 0.02)
	assert.InEpsilon(t, alone.CoreSeconds, q.CoreSeconds*speed, 0.02)
}

// TestAcceptedJobsAreQuoted if they may take long, with what a quote warns of.
func TestAcceptedJobsAreQuoted(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	quoted := func(text string) *job.Quote {
		a := f.post(text)
		require.Equal(t, http.StatusAccepted, a.status, "%s", a.body)
		var answer struct{ Quote *job.Quote }
		require.NoError(t, json.Unmarshal(a.body, &answer))
		return answer.Quote
	}
	assert.Nil(t, quoted(small))
	const large = `{"width":12000,"height":9000,"center":{"re":"1","im":"1"},"radius":"0.01"}`
	var q *job.Quote
	require.Eventually(t, func() bool { q = quoted(large); return q != nil }, 30*time.Second, 10*time.Millisecond)
	assert.EqualValues(t, 12000*9000, q.Points)
	require.Len(t, q.Warnings, 1)
	assert.Equal(t, "radius", q.Warnings[0].Field)
}

// TestQuotesWarnOfPicturesOfNothing and say what would show something.
func TestQuotesWarnOfPicturesOfNothing(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	inside := f.quote(`{"width":400,"height":300,"center":{"re":"-0.77","im":"0.1"},"radius":"0.002","max_iterations":20}`).Warnings
	require.Len(t, inside, 1)
	assert.Equal(t, "max_iterations", inside[0].Field)
	assert.Greater(t, inside[0].MaxIterations, 20)
	truly := f.quote(`{"width":400,"height":300,"center":{"re":"-0.1"},"radius":"0.01","max_iterations":5000}`).Warnings
	require.Len(t, truly, 1)
	assert.Zero(t, truly[0].MaxIterations, "no limit helps")
	outside := f.quote(`{"width":400,"height":300,"center":{"re":"1","im":"1"},"radius":"0.01"}`).Warnings
	require.Len(t, outside, 1)
	assert.Equal(t, "radius", outside[0].Field)
	seen := f.quote(`{"width":400,"height":300,"center":{"re":"1","im":"1"},"radius":"` + outside[0].Radius + `"}`)
	assert.Empty(t, seen.Warnings)
	assert.Positive(t, f.quote(`{"width":400,"height":300,"center":{"re":"1","im":"1"},"radius":"2"}`).Inside)
}
