package chaos

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage/s3"
)

// settleLimit is how long the farm may finish nothing of what it owes once all is well.
const settleLimit = 2 * time.Minute

// audit waits until everything that was accepted has ended, and looks at all of it.
func audit(tb testing.TB, f *farm, r *record) {
	tb.Helper()
	c := newClients(f, r)
	defer c.http.CloseIdleConnections()
	open := r.owed()
	for last := time.Now(); len(open) > 0 && time.Since(last) < settleLimit; pause(tb.Context(), pollPause) {
		left := c.unsettled(tb.Context(), open)
		if len(left) < len(open) {
			last = time.Now()
		}
		open = left
	}
	for id := range open {
		r.contradicted("job %s is lost", id)
	}
}

// auditors look at jobs at the same time.
const auditors = 8

// unsettled are those of some jobs that are not settled.
func (c *clients) unsettled(ctx context.Context, jobs map[spec.ID]seen) map[spec.ID]seen {
	var mu sync.Mutex
	left := map[spec.ID]seen{}
	var looking errgroup.Group
	looking.SetLimit(auditors)
	for id, was := range jobs {
		looking.Go(func() error {
			source := rand.New(rand.NewPCG(rand.Uint64(), 0)) //nolint:gosec // any will do
			if !c.settled(ctx, source, id, was) {
				mu.Lock()
				defer mu.Unlock()
				left[id] = was
			}
			return nil
		})
	}
	_ = looking.Wait() // it has no errors
	return left
}

// settled reports whether a job has ended, and its picture is what it should be.
func (c *clients) settled(ctx context.Context, source *rand.Rand, id spec.ID, was seen) bool {
	status, content := c.ask(ctx, source, http.MethodGet, "/jobs/"+string(id), nil, http.StatusOK, http.StatusNotFound)
	if status == http.StatusNotFound {
		c.unknown(ctx, source, was.spec)
		return false
	}
	if status != http.StatusOK {
		return false
	}
	var st job.Status
	if json.Unmarshal(content, &st) != nil {
		return false
	}
	if st.Paused {
		c.order(ctx, source, st.Spec, "/resume")
	}
	if !st.State.Final() {
		return false
	}
	return c.poll(ctx, source, st.Spec) || st.State != job.Done
}

// takeovers are those of work of workers that died, by what the histories of jobs say of it, the quickest first.
func takeovers(tb testing.TB, f *farm, r *record) []takeover {
	tb.Helper()
	c := newClients(f, r)
	defer c.http.CloseIdleConnections()
	source := rand.New(rand.NewPCG(0, 0)) //nolint:gosec // any will do
	var all []takeover
	for id := range r.owed() {
		status, content := c.ask(tb.Context(), source, http.MethodGet, "/jobs/"+string(id)+"/history", nil, http.StatusOK)
		var told struct {
			History []job.Stint `json:"history"`
		}
		if status != http.StatusOK || json.Unmarshal(content, &told) != nil {
			continue
		}
		all = append(all, r.takeovers(id, told.History)...)
	}
	slices.SortFunc(all, func(a, b takeover) int { return cmp.Compare(a.after, b.after) })
	return all
}

// requireNothingLeft fails unless storage and Redis hold nothing that a farm without open jobs does not need.
func requireNothingLeft(tb testing.TB, f *farm) {
	tb.Helper()
	since := time.Now()
	require.EventuallyWithT(tb, func(c *assert.CollectT) {
		stored, err := leftInStorage(f)
		assert.NoError(c, err)
		assert.Empty(c, stored, "in storage")
		assert.Empty(c, leftInRedis(tb, f), "in Redis")
	}, settleLimit, time.Second)
	tb.Logf("nothing is left after %s", time.Since(since).Round(time.Millisecond))
}

func leftInStorage(f *farm) (left []string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), readyLimit)
	defer cancel()
	store, err := s3.Open(ctx, f.bucket)
	if err != nil {
		return nil, err
	}
	defer store.Close()
	for info, err := range store.List(ctx, "", "") {
		if err != nil {
			return nil, err
		}
		if strings.Contains(info.Key, "/bands/") || strings.HasSuffix(info.Key, "plan.json") || strings.HasPrefix(info.Key, "open/") {
			left = append(left, info.Key)
		}
	}
	return left, nil
}

// leftInRedis are tasks and claims. What expires by itself, such as what was said about progress, is not looked at, and neither are tasks that
// a dead worker has a lease of: asynq takes them back within two minutes.
func leftInRedis(tb testing.TB, f *farm) (left []string) {
	tb.Helper()
	for key := range strings.FieldsSeq(f.redis.Ask(tb, "KEYS *")) {
		queue, set, _ := strings.Cut(key, "}:")
		n := 0
		switch {
		case strings.HasPrefix(key, "mandelfarm:claim:"):
			n = 1
		case !strings.HasPrefix(key, "asynq:{"):
		case set == "pending":
			n = f.number(tb, "LLEN "+key)
		case set == "active":
			n = f.number(tb, "LLEN "+key) - f.number(tb, "ZCARD "+queue+"}:lease")
		case set == "scheduled", set == "retry", set == "archived":
			n = f.number(tb, "ZCARD "+key)
		}
		if n > 0 {
			left = append(left, fmt.Sprintf("%s: %d", key, n))
		}
	}
	return left
}

// number is what Redis answers to a command that counts.
func (f *farm) number(tb testing.TB, command string) (n int) {
	tb.Helper()
	answer := f.redis.Ask(tb, command)
	_, err := fmt.Sscanf(answer, ":%d", &n)
	require.NoError(tb, err, "%s: %s", command, answer)
	return n
}

// requireQuietLogs fails if a process has panicked or, built for it, seen a data race.
func requireQuietLogs(tb testing.TB, f *farm) {
	tb.Helper()
	for _, m := range f.members {
		log := m.logs()
		for _, alarm := range []string{"panic", "DATA RACE", "goroutine 1 ["} {
			if _, after, found := strings.Cut(log, alarm); found {
				assert.Fail(tb, m.name, "%s%s", alarm, after[:min(len(after), 2000)])
			}
		}
	}
}
