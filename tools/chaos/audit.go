package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage/s3"
)

// settleLimit is how long the farm may take to finish what it owes once all is well.
const settleLimit = 2 * time.Minute

// audit waits until everything that was accepted has ended, and looks at all of it.
func audit(tb testing.TB, f *farm, r *record) {
	tb.Helper()
	c := newClients(f, r)
	defer c.http.CloseIdleConnections()
	source := rand.New(rand.NewPCG(0, 0)) //nolint:gosec // any will do
	ctx, cancel := context.WithTimeout(context.Background(), settleLimit)
	defer cancel()
	owed := r.owed()
	for _, id := range slices.Sorted(maps.Keys(owed)) {
		for !c.settled(ctx, source, id, owed[id]) {
			if ctx.Err() != nil {
				r.contradicted("job %s is lost: it is %q", id, owed[id].state)
				break
			}
			pause(ctx, pollPause)
		}
	}
}

// settled reports whether a job has ended, and its picture is what it should be.
func (c *clients) settled(ctx context.Context, source *rand.Rand, id spec.ID, was seen) bool {
	answer, content := c.ask(ctx, source, http.MethodGet, "/jobs/"+string(id), nil, http.StatusOK)
	if answer == nil || answer.StatusCode != http.StatusOK {
		return false
	}
	var st job.Status
	if json.Unmarshal(content, &st) != nil || !st.State.Final() {
		return false
	}
	if st.State == job.Canceled && !was.canceled {
		c.record.contradicted("job %s is canceled, and nobody was told so", id)
	}
	return c.poll(ctx, source, st.Spec) || st.State != job.Done
}

// requireNothingLeft fails unless storage and Redis hold nothing that a farm without open jobs does not need.
func requireNothingLeft(tb testing.TB, f *farm) {
	tb.Helper()
	since := time.Now()
	defer func() { tb.Logf("nothing was left after %s", time.Since(since).Round(time.Millisecond)) }()
	require.EventuallyWithT(tb, func(c *assert.CollectT) {
		stored, err := leftInStorage(f)
		assert.NoError(c, err)
		assert.Empty(c, stored, "in storage")
		queued, err := leftInRedis(f)
		assert.NoError(c, err)
		assert.Empty(c, queued, "in Redis")
		if os.Getenv("DEBUGLEFT")!="" {tb.Log(time.Since(since), stored, queued)}
	}, settleLimit, time.Second)
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

// leftInRedis are tasks and claims. What expires by itself, such as what was said about progress, is not looked at.
func leftInRedis(f *farm) (left []string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), readyLimit)
	defer cancel()
	client := redis.NewClient(&redis.Options{Addr: f.redis.Addr})
	defer client.Close()
	keys, err := client.Keys(ctx, "*").Result()
	if err != nil {
		return nil, err
	}
	for _, key := range keys {
		if strings.HasPrefix(key, "mandelfarm:claim:") {
			left = append(left, key)
		}
		if !strings.HasPrefix(key, "asynq:{") {
			continue
		}
		switch _, set, _ := strings.Cut(key, "}:"); set {
		case "pending", "active":
			n, err := client.LLen(ctx, key).Result()
			if err != nil {
				return nil, err
			}
			left = append(left, fmt.Sprintf("%s: %d", key, n))
		case "scheduled", "retry", "lease", "archived":
			n, err := client.ZCard(ctx, key).Result()
			if err != nil {
				return nil, err
			}
			left = append(left, fmt.Sprintf("%s: %d", key, n))
		}
	}
	return left, nil
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
