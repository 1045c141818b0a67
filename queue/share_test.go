package queue_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mandelfarm/internal/requestid"
	"mandelfarm/job"
	"mandelfarm/queue"
	"mandelfarm/renderer/spec"
)

// enough is how many tasks of a lane are pending where no workers are.
const enough = 4

// jobOf is the job of task n, of a client.
func jobOf(tb testing.TB, n int, client string, priority job.Priority) job.Job {
	tb.Helper()
	j := task(tb, n, job.Control).Job()
	j.Client, j.Priority, j.AcceptedAt = client, priority, time.UnixMilli(int64(n))
	return j
}

func offer(tb testing.TB, q *queue.Queue, j job.Job, bands int, seconds float64) {
	tb.Helper()
	next, err := q.Offer(tb.Context(), j, job.Offer{End: bands, Seconds: seconds})
	require.NoError(tb, err)
	require.Less(tb, next, bands)
}

// take takes the task that is next in a lane, as a worker would that has it done at once, and returns its name; empty if there
// is none.
func (f *farm) take(tb testing.TB, q *queue.Queue, lane job.Lane) string {
	tb.Helper()
	ctx := tb.Context()
	name := f.rdb.RPop(ctx, "asynq:{"+string(lane)+"}:pending").Val()
	if name != "" {
		require.NoError(tb, f.rdb.Del(ctx, "asynq:{"+string(lane)+"}:t:"+name).Err())
		require.NoError(tb, q.HandOut(ctx))
	}
	return name
}

// takeAll takes so many tasks, or all there are, and counts them by job.
func (f *farm) takeAll(tb testing.TB, q *queue.Queue, lane job.Lane, most int) map[spec.ID]int {
	tb.Helper()
	counts := make(map[spec.ID]int)
	for range most {
		name := f.take(tb, q, lane)
		if name == "" {
			break
		}
		id, _, _ := strings.Cut(name, "/")
		counts[spec.ID(id)]++
	}
	return counts
}

// clientsTakeTurnsByCost: one with many jobs gets no more than one with one, and one whose bands cost
// three times as much a third of them.
func clientsTakeTurnsByCost(t *testing.T, f *farm) {
	t.Helper()
	q := f.open(t)
	many := make(map[spec.ID]bool)
	for n := range 20 {
		j := jobOf(t, 1+n, "many", "")
		many[j.ID] = true
		offer(t, q, j, 30, 1)
	}
	one, dear := jobOf(t, 100, "one", ""), jobOf(t, 101, "dear", "")
	offer(t, q, one, 200, 1)
	offer(t, q, dear, 200, 3)
	counts := f.takeAll(t, q, job.Batch, 210+enough)
	ofMany := 0
	for id, n := range counts {
		if many[id] {
			ofMany += n
		}
	}
	require.InDelta(t, 90, ofMany, 2+enough)
	require.InDelta(t, 90, counts[one.ID], 2)
	require.InDelta(t, 30, counts[dear.ID], 2)
}

// whatIsBegunIsFinishedFirst: of many jobs two are begun at a time, in the order in which they were accepted; so one that is
// short passes one that is long.
func whatIsBegunIsFinishedFirst(t *testing.T, f *farm) {
	t.Helper()
	q := f.open(t)
	var ids []spec.ID
	for n := range 40 {
		j := jobOf(t, 1+n, "a", "")
		bands := 10
		if n == 0 {
			bands = 150
		}
		offer(t, q, j, bands, 1)
		ids = append(ids, j.ID)
	}
	left := make(map[spec.ID]int)
	var ended []spec.ID
	for range 240 {
		id, _, _ := strings.Cut(f.take(t, q, job.Batch), "/")
		if left[spec.ID(id)]++; left[spec.ID(id)] == 10 && spec.ID(id) != ids[0] {
			ended = append(ended, spec.ID(id))
			delete(left, spec.ID(id))
		}
		require.LessOrEqual(t, len(left), 2+1, "one more while the last bands of a job are handed out")
	}
	require.GreaterOrEqual(t, len(ended), 10)
	require.Equal(t, ids[1:1+len(ended)], ended)

	// A job of which bands are stored comes before those that were only accepted, even before older ones.
	begun := jobOf(t, 200, "b", "")
	for n := range 10 {
		offer(t, q, jobOf(t, 100+n, "b", ""), 50, 1)
	}
	_, err := q.Offer(t.Context(), begun, job.Offer{First: 7, End: 20, Seconds: 1, Begun: true})
	require.NoError(t, err)
	require.GreaterOrEqual(t, f.takeAll(t, q, job.Batch, 30)[begun.ID], 5, "those before it have a hundred bands")
}

// prioritiesWeighAndDoNotStarve: of one client's share four parts, two and one; and none of other clients'.
func prioritiesWeighAndDoNotStarve(t *testing.T, f *farm) {
	t.Helper()
	q := f.open(t)
	high, normal, low, other := jobOf(t, 1, "a", job.High), jobOf(t, 2, "a", ""), jobOf(t, 3, "a", job.Low), jobOf(t, 4, "b", job.Low)
	for _, j := range []job.Job{low, normal, high, other} {
		offer(t, q, j, 200, 1)
	}
	counts := f.takeAll(t, q, job.Batch, 140)
	require.InDelta(t, 40, counts[high.ID], enough)
	require.InDelta(t, 20, counts[normal.ID], enough)
	require.InDelta(t, 10, counts[low.ID], enough)
	require.InDelta(t, 70, counts[other.ID], enough)
}

func aPriorityCanBeChangedWhileItWaits(t *testing.T, f *farm) {
	t.Helper()
	q := f.open(t)
	first, second := jobOf(t, 1, "a", ""), jobOf(t, 2, "a", "")
	offer(t, q, first, 300, 1)
	offer(t, q, second, 300, 1)
	counts := f.takeAll(t, q, job.Batch, 40)
	require.InDelta(t, counts[first.ID], counts[second.ID], 2+enough)
	second.Priority = job.High
	next, err := q.Offer(t.Context(), second, job.Offer{End: 300, Seconds: 1})
	require.NoError(t, err)
	require.Greater(t, next, 10, "it goes on where it was")
	counts = f.takeAll(t, q, job.Batch, 60)
	require.InDelta(t, 20, counts[first.ID], enough)
	require.InDelta(t, 40, counts[second.ID], enough)

	// So can that of a job nothing of which is handed out.
	for n := range 10 {
		require.NoError(t, q.Submit(t.Context(), jobOf(t, 10+n, "a", "")))
	}
	last := jobOf(t, 19, "a", job.High)
	require.NoError(t, q.Submit(t.Context(), last))
	f.takeAll(t, q, job.Control, enough)
	require.Equal(t, string(last.ID), f.take(t, q, job.Control))
}

// whoIsAwaySavesNothing: a client that comes anew gets its share from now on, and no more; nor does one that always has one thing
// waiting, and is away between.
func whoIsAwaySavesNothing(t *testing.T, f *farm) {
	t.Helper()
	q := f.open(t)
	offer(t, q, jobOf(t, 1, "busy", ""), 500, 1)
	f.takeAll(t, q, job.Batch, 100)
	late := jobOf(t, 2, "late", "")
	offer(t, q, late, 500, 1)
	counts := f.takeAll(t, q, job.Batch, enough+1)
	require.Positive(t, counts[late.ID], "it is the next")
	counts = f.takeAll(t, q, job.Batch, 100)
	require.InDelta(t, 50, counts[late.ID], 2)

	sly := 0
	for n, waiting := 0, ""; n < 210; n++ {
		if waiting == "" {
			j := jobOf(t, 100+n, "sly", "")
			offer(t, q, j, 1, 5)
			waiting = string(j.ID) + "/0"
		}
		if f.take(t, q, job.Batch) == waiting {
			sly, waiting = sly+1, ""
		}
	}
	require.InDelta(t, 210/11, sly, 4, "a fifth of what each of the others gets, in bands")
}

// everNewClientsStarveNobody, nor do jobs of high priority that come one by one.
func everNewClientsStarveNobody(t *testing.T, f *farm) {
	t.Helper()
	q := f.open(t)
	patient, high := jobOf(t, 1, "patient", job.Low), 0
	offer(t, q, patient, 300, 1)
	f.takeAll(t, q, job.Batch, 3)
	got := 0
	for n := range 100 {
		offer(t, q, jobOf(t, 10+n, "client "+strconv.Itoa(n), ""), 1, 1)
		if strings.HasPrefix(f.take(t, q, job.Batch), string(patient.ID)) {
			got++
		}
	}
	require.Greater(t, got, 10)

	f.takeAll(t, q, job.Batch, 20)
	for n := range 100 {
		j := jobOf(t, 400+n, "patient", job.High)
		offer(t, q, j, 1, 1)
		if !strings.HasPrefix(f.take(t, q, job.Batch), string(patient.ID)) {
			high++
		}
	}
	require.InDelta(t, 80, high, 2+enough)
}

// costIsSettled: a client whose jobs cost more than they were taken for gets the fewer.
func costIsSettled(t *testing.T, f *farm) {
	t.Helper()
	q := f.open(t)
	jobs := make(map[string]job.Job)
	for n := range 60 {
		for i, client := range []string{"cheap", "dear"} {
			j := jobOf(t, 1+2*n+i, client, "")
			j.Spec.Width, j.Spec.Height, j.Spec.MaxIterations = 1000, 1000, 1000 // a second, at most
			jobs[string(j.ID)] = j
			require.NoError(t, q.Submit(t.Context(), j))
		}
	}
	got := map[string]int{}
	for range 50 {
		j := jobs[f.take(t, q, job.Control)]
		got[j.Client]++
		cost := 1.0
		if j.Client == "dear" {
			cost = 4
		}
		require.NoError(t, q.Settle(t.Context(), j, cost-j.Estimate()))
	}
	require.InDelta(t, 40, got["cheap"], 2+enough)
}

// groupsTakeTurnsAsJobsDo: each waits as one, is charged what all of its jobs are taken to cost, and is submitted once.
func groupsTakeTurnsAsJobsDo(t *testing.T, f *farm) {
	t.Helper()
	q, groups := f.open(t), make(map[string]bool)
	for n := range 50 {
		alone := jobOf(t, 1000+n, "alone", "")
		alone.Spec.Width, alone.Spec.Height, alone.Spec.MaxIterations = 100, 100, 4000 // 0.04 s, at most
		require.NoError(t, q.Submit(t.Context(), alone))
		g := job.Group{ID: jobOf(t, 1+n, "grouped", "").ID}
		for range 4 {
			j := jobOf(t, 1, "grouped", "")
			j.Spec = alone.Spec
			g.Jobs = append(g.Jobs, j)
		}
		groups[string(g.ID)] = true
		for range 2 {
			require.NoError(t, q.SubmitGroup(t.Context(), g))
		}
	}
	f.requireCount(t, job.Control, enough, 0, 0)
	require.ErrorIs(t, f.open(t, func(c *queue.Config) { c.Limit = 100 }).Room(t.Context(), job.Control), job.ErrQueueFull)
	require.NoError(t, f.open(t, func(c *queue.Config) { c.Limit = 101 }).Room(t.Context(), job.Control))
	grouped := 0
	for range 50 {
		if groups[f.take(t, q, job.Control)] {
			grouped++
		}
	}
	require.InDelta(t, 10, grouped, 2+enough)
}

func submittingAgainChangesNothing(t *testing.T, f *farm) {
	t.Helper()
	q := f.open(t)
	for range 3 {
		for n := range 10 {
			require.NoError(t, q.Submit(t.Context(), jobOf(t, 1+n, "a", "")))
		}
	}
	f.requireCount(t, job.Control, enough, 0, 0)
	for limit, want := range map[int]error{10: job.ErrQueueFull, 11: nil} {
		room := f.open(t, func(c *queue.Config) { c.Limit = limit }).Room(t.Context(), job.Control)
		require.ErrorIs(t, room, want, "jobs that wait for their turn take room")
	}
	place, err := q.Position(t.Context(), task(t, 10, job.Control))
	require.NoError(t, err)
	require.Equal(t, 10, place)
	owed := make([]job.Task, 12)
	for n := range owed {
		owed[n] = task(t, 1+n, job.Control)
	}
	others, err := q.NotWaiting(t.Context(), owed...)
	require.NoError(t, err)
	require.Equal(t, owed[10:], others, "what waits for its turn waits")
	var names []string
	for name := f.take(t, q, job.Control); name != ""; name = f.take(t, q, job.Control) {
		names = append(names, name)
	}
	require.Len(t, names, 10)
	require.Equal(t, string(owed[0].ID), names[0])
}

// offersAreMadeOnce: not while bands wait for their turn, nor when all were handed out and the last is on its way.
func offersAreMadeOnce(t *testing.T, f *farm) {
	t.Helper()
	q := f.open(t)
	j := jobOf(t, 1, "a", "")
	offer(t, q, j, 6, 1)
	next, err := q.Offer(t.Context(), j, job.Offer{End: 6, Seconds: 1})
	require.NoError(t, err)
	require.Equal(t, enough, next)
	require.NotEmpty(t, f.take(t, q, job.Batch))
	require.NotEmpty(t, f.take(t, q, job.Batch))
	next, err = q.Offer(t.Context(), j, job.Offer{First: 2, End: 6, Seconds: 1})
	require.NoError(t, err)
	require.Equal(t, 6, next, "all were handed out")
	require.Equal(t, map[spec.ID]int{j.ID: 4}, f.takeAll(t, q, job.Batch, 100))

	next, err = q.Offer(t.Context(), j, job.Offer{First: 2, End: 6, Seconds: 1})
	require.NoError(t, err)
	require.Equal(t, 2, next, "they are lost")
	require.Equal(t, map[spec.ID]int{j.ID: 4}, f.takeAll(t, q, job.Batch, 100))
}

func whatIsRetractedIsNotHandedOut(t *testing.T, f *farm) {
	t.Helper()
	q := f.open(t)
	canceled, held, small := jobOf(t, 1, "a", ""), jobOf(t, 2, "a", job.High), jobOf(t, 9, "a", "")
	offer(t, q, canceled, 100, 1)
	offer(t, q, held, 100, 1)
	for n := range 6 {
		require.NoError(t, q.Submit(t.Context(), jobOf(t, 4+n, "a", "")))
	}
	require.NoError(t, q.Cancel(t.Context(), canceled))
	require.NoError(t, q.Retract(t.Context(), held))
	require.NoError(t, q.Cancel(t.Context(), small))
	require.NoError(t, q.Retract(t.Context(), jobOf(t, 77, "a", "")), "there is none")
	f.takeAll(t, q, job.Batch, enough)
	require.Empty(t, f.take(t, q, job.Batch))
	require.Len(t, f.takeAll(t, q, job.Control, 100), 5)
	offer(t, q, held, 100, 1)
	require.Len(t, f.takeAll(t, q, job.Batch, 100), 1, "it may be offered again")
}

// aFlushedRedisIsFilledAgain by those who know what is owed, and shares are fair from then on.
func aFlushedRedisIsFilledAgain(t *testing.T, f *farm) {
	t.Helper()
	queues := []*queue.Queue{f.open(t), f.open(t)}
	a, b := jobOf(t, 1, "a", ""), jobOf(t, 2, "b", "")
	offer(t, queues[0], a, 300, 1)
	before := f.takeAll(t, queues[0], job.Batch, 50)
	require.NoError(t, f.rdb.FlushAll(t.Context()).Err())
	require.Empty(t, f.take(t, queues[0], job.Batch))
	offer(t, queues[1], b, 300, 1)
	next, err := queues[0].Offer(t.Context(), a, job.Offer{First: before[a.ID], End: 300, Seconds: 1, Begun: true})
	require.NoError(t, err)
	require.Equal(t, 50, next)
	counts := make(map[spec.ID]int)
	for i := range 100 {
		id, _, _ := strings.Cut(f.take(t, queues[i%2], job.Batch), "/")
		counts[spec.ID(id)]++
	}
	require.InDelta(t, 50, counts[a.ID], enough)
	require.InDelta(t, 50, counts[b.ID], enough)
}

// anOrderThatIsDamagedMends, whatever key is lost, when what is owed is offered again.
func anOrderThatIsDamagedMends(t *testing.T, f *farm) {
	t.Helper()
	q := f.open(t)
	for _, key := range []string{"clients", "left", "queue", "entries", "times"} {
		require.NoError(t, f.rdb.FlushAll(t.Context()).Err())
		owed := make(map[spec.ID]int)
		jobs := []job.Job{jobOf(t, 1, "a", ""), jobOf(t, 2, "a", job.High), jobOf(t, 3, "b", job.Low)}
		for _, j := range jobs {
			owed[j.ID] = 10
			offer(t, q, j, 10, 1)
		}
		f.lose(t, job.Batch, key)
		for range 100 {
			for id, n := range f.takeAll(t, q, job.Batch, 100) {
				owed[id] -= n
			}
			for _, j := range jobs {
				if owed[j.ID] > 0 {
					_, err := q.Offer(t.Context(), j, job.Offer{First: 10 - owed[j.ID], End: 10, Seconds: 1})
					require.NoError(t, err)
				}
			}
		}
		for _, j := range jobs {
			require.LessOrEqual(t, owed[j.ID], 0, "%s of %s, without %s", j.ID, j.Client, key)
		}
	}
}

// aDamagedOrderKeepsNobodyWaiting: what waits no more is said to, and what is left of others is in nobody's way.
func aDamagedOrderKeepsNobodyWaiting(t *testing.T, f *farm) {
	t.Helper()
	q := f.open(t)
	var owed []job.Task
	for n := range 2 * enough {
		j := jobOf(t, 1+n, "a", "")
		owed = append(owed, j.Task())
		require.NoError(t, q.Submit(t.Context(), j))
	}
	f.lose(t, job.Control, "clients")
	f.takeAll(t, q, job.Control, enough)
	others, err := q.NotWaiting(t.Context(), owed...)
	require.NoError(t, err)
	require.Len(t, others, 2*enough, "they are to be submitted again")

	forgotten, owing := jobOf(t, 50, "a", ""), jobOf(t, 51, "a", "")
	offer(t, q, forgotten, 20, 1)
	offer(t, q, owing, 20, 1)
	f.lose(t, job.Batch, "entries")
	offer(t, q, owing, 20, 1)
	for range 10 {
		f.takeAll(t, q, job.Batch, 100)
		require.NoError(t, q.HandOut(t.Context()))
	}
	shares, err := q.ClientsOf(t.Context(), job.Batch)
	require.NoError(t, err)
	require.Zero(t, shares[0].Waiting)
}

// lose removes one of the keys of the order of a lane.
func (f *farm) lose(tb testing.TB, lane job.Lane, key string) {
	tb.Helper()
	require.NoError(tb, f.rdb.Del(tb.Context(), "mandelfarm:share:{"+string(lane)+"}:"+key).Err())
}

func clientsAreShown(t *testing.T, f *farm) {
	t.Helper()
	q := f.open(t)
	for n := range 3 {
		offer(t, q, jobOf(t, 1+n, "a", ""), 100, 3)
	}
	offer(t, q, jobOf(t, 9, "b", ""), 100, 1)
	offer(t, q, jobOf(t, 10, "c", ""), 1, 1)
	f.takeAll(t, q, job.Batch, 100)
	shares, err := q.ClientsOf(t.Context(), job.Batch)
	require.NoError(t, err)
	total := 0.0
	for i, s := range shares {
		total += s.Share
		require.Equal(t, []string{"a", "b", "c"}[i], s.Client)
		require.Equal(t, []int{3, 1, 0}[i], s.Waiting)
	}
	require.InDelta(t, 1, total, 1e-9)
	require.InDelta(t, 0.5, shares[0].Share, 0.06, "four bands went out before others came")
	require.InDelta(t, shares[0].Seconds, shares[1].Seconds, 3*enough)
	require.InDelta(t, 1, shares[2].Seconds, 1e-9)

	for n := range 120 {
		offer(t, q, jobOf(t, 100+n, "client "+strconv.Itoa(n), ""), 9, 1)
	}
	shares, err = q.ClientsOf(t.Context(), job.Batch)
	require.NoError(t, err)
	require.Len(t, shares, 100)
	stats, err := q.Stats(t.Context())
	require.NoError(t, err)
	batch := stats.Lanes[slices.IndexFunc(stats.Lanes, func(l queue.LaneStats) bool { return l.Lane == job.Batch })]
	require.Equal(t, 124, batch.Waiting)
	require.Equal(t, 122, batch.Clients)
}

// tasksThatWaitForTheirTurnCarryTheirRequest, whoever hands them out.
func tasksThatWaitForTheirTurnCarryTheirRequest(t *testing.T, f *farm) {
	t.Helper()
	q := f.open(t)
	for n := range 8 {
		require.NoError(t, q.Submit(requestid.With(t.Context(), fmt.Sprint("request ", n)), jobOf(t, 1+n, "a", "")))
	}
	said := make(chan string, 8)
	serve(t, f.open(t), testTimeout, func(ctx context.Context, task job.Task, _ job.Delivery) error {
		said <- fmt.Sprint(requestid.Of(ctx), " ", task.Client, " ", task.Spec.Width)
		return nil
	}, queue.Assignment{Lane: job.Control, Concurrency: 1, Poll: time.Minute})
	for n := range 8 {
		require.Equal(t, fmt.Sprintf("request %d a %d", n, 1+n), receive(t, said, "a task"))
	}
}
