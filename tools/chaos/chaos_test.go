package chaos

import (
	"context"
	"flag"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var (
	duration = flag.Duration("chaos", 0, "how long the farm is broken")
	seed     = flag.Uint64("seed", 0, "of the schedule; 0 takes one from the clock")
	race     = flag.Bool("racing", false, "build the farm with the race detector")
	only     = flag.String("fault", "", "names, with commas between, to make nothing else happen")
)

// recoveryLimit is how long no job may be done after a fault has ended. It is for machines that do much else: figures are in the report.
const recoveryLimit = 2 * time.Minute

// TestChaos breaks a farm for as long as -chaos says. A run that failed is made again by its seed.
func TestChaos(t *testing.T) { //nolint:paralleltest // it takes the machine
	if *duration == 0 {
		t.Skip("it takes minutes: make chaos")
	}
	if *seed == 0 {
		*seed = uint64(time.Now().UnixNano())
	}
	kept := *seed%2 == 1
	t.Logf("seed %d, with a Redis that keeps its data: %t", *seed, kept)
	all := faults()
	if *only != "" {
		names := strings.Split(*only, ",")
		all = slices.DeleteFunc(all, func(f fault) bool { return !slices.Contains(names, f.name) })
		require.NotEmpty(t, all, "there is no such fault")
	}
	f := newFarm(t, program(t, *race), kept)
	r := newRecord()
	before := measure(t, f)

	ctx, cancel := context.WithCancel(context.Background())
	var using sync.WaitGroup
	using.Go(func() { newClients(f, r).run(ctx, *seed) })
	table := newTrials(all)
	breakFor(t, *duration, &scene{tb: t, farm: f, record: r}, newDeck(*seed, all), table)
	cancel()
	using.Wait()

	audit(t, f, r)
	r.report(t)
	t.Log("\n" + table.markdown())
	if took := takeovers(t, f, r); len(took) > 0 {
		worst := took[len(took)-1]
		t.Logf("work of killed workers was in other hands after %s by the median of %d, %s at worst: %s of job %s",
			took[len(took)/2].after, len(took), worst.after, worst.task, worst.job)
	}
	for _, wrong := range r.contradictions() {
		t.Error(wrong)
	}
	requireNothingLeft(t, f)
	requireQuietLogs(t, f)
	requireNoGrowth(t, f, before)
}

// breakFor makes one event of a deck happen after the other, and waits after each until the farm has got a job done.
func breakFor(t *testing.T, d time.Duration, c *scene, events *deck, table *trials) {
	t.Helper()
	for end := time.Now().Add(d); time.Now().Before(end) && !t.Failed(); {
		e := events.next()
		c.rand = e.rand
		pause(t.Context(), e.before)
		name := e.name
		over := e.begin(c)
		also := func() {}
		if e.also != nil {
			name += ", and " + e.also.name
			if undo := e.also.begin(c); undo != nil {
				also = undo
			}
		}
		pause(t.Context(), e.lasts)
		also()
		if over != nil {
			over()
		}
		took := awaitProgress(t, c.record, name)
		t.Logf("%s: %s for %s, next job done after %s", time.Since(c.record.begun).Round(time.Second), name, e.lasts.Round(time.Millisecond), took.Round(time.Millisecond))
		if e.also == nil {
			table.add(e.name, took)
		}
	}
}

func awaitProgress(t *testing.T, r *record, name string) time.Duration {
	t.Helper()
	since := time.Now()
	var at time.Time
	require.Eventually(t, func() bool {
		var ok bool
		at, ok = r.endAfter(since)
		return ok
	}, recoveryLimit, 10*time.Millisecond, "no job is done after: %s", name)
	return at.Sub(since)
}

// report logs what clients saw.
func (r *record) report(t *testing.T) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	states := map[string]int{}
	for _, j := range r.jobs {
		if j.accepted {
			states[string(j.state)]++
		}
	}
	t.Logf("jobs accepted: %v; pictures compared: %d", states, len(r.pictures))
	for _, what := range slices.Sorted(maps.Keys(r.answers)) {
		t.Logf("%s: %d", what, r.answers[what])
	}
}
