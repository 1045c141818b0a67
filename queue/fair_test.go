package queue_test

import (
	"container/heap"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
	"mandelfarm/job"
	"mandelfarm/queue"
	"mandelfarm/renderer/spec"
)

const (
	simulatedClients = 1000
	simulatedWorkers = 64
	// largestDemand is how many bands the first client wants; the n-th wants the n-th part of it.
	largestDemand = 4000
	// simulatedSeconds is when shares are compared, of time that passes in the simulation alone.
	simulatedSeconds = 190
)

// simulation is a farm whose clients, workers and clock are simulated, and whose queue is the real one.
type simulation struct {
	*farm
	queues  []*queue.Queue
	clients []*simulatedClient
	jobs    map[spec.ID]*simulatedJob
	working workings
	taken   int
	now     float64
}

type simulatedClient struct {
	demand, got float64 // seconds
	last        float64 // when it got something
	longestWait float64
	jobs        []*simulatedJob
}

type simulatedJob struct {
	client       *simulatedClient
	bands, begun int
	cost         float64 // of a band
}

// workings are the bands that workers have, by when they end.
type workings []float64

func (w workings) Len() int           { return len(w) }
func (w workings) Less(i, j int) bool { return w[i] < w[j] }
func (w workings) Swap(i, j int)      { w[i], w[j] = w[j], w[i] }
func (w *workings) Push(end any)      { *w = append(*w, end.(float64)) } //nolint:forcetypeassert // the heap's
func (w *workings) Pop() any {
	end := (*w)[len(*w)-1]
	*w = (*w)[:len(*w)-1]
	return end
}

func newSimulation(t *testing.T, seed uint64) *simulation {
	t.Helper()
	f := farmAt(t, testenv.Redis(t).URL())
	s := &simulation{farm: f, queues: []*queue.Queue{f.open(t), f.open(t)}, jobs: make(map[spec.ID]*simulatedJob)}
	random := rand.New(rand.NewPCG(seed, 0))
	for n := range simulatedClients {
		c := &simulatedClient{}
		for left := largestDemand / (n + 1); left > 0; left -= c.jobs[len(c.jobs)-1].bands {
			j := &simulatedJob{client: c, bands: min(left, 1+random.IntN(80)), cost: 0.5 + random.Float64()}
			c.jobs = append(c.jobs, j)
			c.demand += float64(j.bands) * j.cost
		}
		s.clients = append(s.clients, c)
	}
	return s
}

// submit has all clients offer all that they want at once, the greediest first. The bands that are handed out before all have
// done so are no matter of shares: nobody else is there.
func (s *simulation) submit(t *testing.T) {
	t.Helper()
	n := 0
	for i, c := range s.clients {
		for _, j := range c.jobs {
			n++
			offered := jobOf(t, n, "client "+strconv.Itoa(i), job.Priorities()[n%3])
			s.jobs[offered.ID] = j
			offer(t, s.queues[n%len(s.queues)], offered, j.bands, j.cost)
		}
	}
	for range enough {
		s.next(t)
	}
}

// next is the job of which a worker takes the next band; nil if there is none.
func (s *simulation) next(t *testing.T) *simulatedJob {
	t.Helper()
	s.taken++
	name := s.take(t, s.queues[s.taken%len(s.queues)], job.Batch)
	if name == "" {
		return nil
	}
	id, _, _ := strings.Cut(name, "/")
	j := s.jobs[spec.ID(id)]
	j.begun++
	return j
}

// run has workers take bands until a time, or until there are none.
func (s *simulation) run(t *testing.T, until float64) {
	t.Helper()
	for s.now < until {
		if len(s.working) == simulatedWorkers {
			s.now = heap.Pop(&s.working).(float64) //nolint:forcetypeassert // it is one
		}
		j := s.next(t)
		if j == nil {
			return
		}
		j.client.get(j.cost, s.now)
		heap.Push(&s.working, s.now+j.cost)
	}
}

func (c *simulatedClient) get(seconds, now float64) {
	c.got += seconds
	c.longestWait = max(c.longestWait, now-c.last)
	c.last = now
}

// fair is the most that each client may get of what all have got, such that nobody gets more than it wants and none of those
// that want more than they have get less than others.
func (s *simulation) fair() (level float64) {
	left, demands := 0.0, make([]float64, len(s.clients))
	for i, c := range s.clients {
		left, demands[i] = left+c.got, c.demand
	}
	slices.Sort(demands)
	for i, d := range demands {
		if level = left / float64(len(demands)-i); level <= d {
			return level
		}
		left -= d
	}
	return math.Inf(1)
}

// TestSharesAreFair of 1,000 clients, whose demands follow a power law and who offer all of it at once, the greediest first, with every
// priority and bands of a threefold range of costs: within 5 % of max-min fair shares, and nobody waits for long.
func TestSharesAreFair(t *testing.T) {
	t.Parallel()
	s := newSimulation(t, 1)
	s.submit(t)
	s.run(t, simulatedSeconds)
	level := s.fair()
	worst, longest, satisfied, half := 0.0, 0.0, 0, 0
	for i, c := range s.clients {
		fair := min(level, c.demand)
		worst = max(worst, math.Abs(c.got-fair)/fair)
		require.InEpsilon(t, fair, c.got, 0.05, "client %d wants %.1f s", i, c.demand)
		if longest = max(longest, c.longestWait); c.got >= c.demand-1e-6 {
			satisfied++
		}
		unfinished := 0
		for _, j := range c.jobs {
			if j.begun > 0 && j.begun < j.bands {
				unfinished++
			}
		}
		half += unfinished
		require.LessOrEqual(t, unfinished, 2*len(job.Priorities()), "client %d has begun too many", i)
	}
	require.Greater(t, level, 30.0)
	require.Greater(t, satisfied, simulatedClients/2)
	// All clients get a band of at most 1.5 s before anybody gets another.
	require.LessOrEqual(t, longest, 1.5*simulatedClients/simulatedWorkers*1.5)
	t.Logf("%d jobs, level %.1f s, %d clients satisfied, farthest from fair %.2f %%, longest wait %.1f s, %d jobs half done",
		len(s.jobs), level, satisfied, 100*worst, longest, half)
}

// TestNoJobWaitsForEver: one of low priority of a client that has hundreds of others of high priority is done while most of them wait, and all
// are done in the end.
func TestNoJobWaitsForEver(t *testing.T) {
	t.Parallel()
	f := farmAt(t, testenv.Redis(t).URL())
	q := f.open(t)
	low := jobOf(t, 1000, "a", job.Low)
	bands := map[spec.ID]int{low.ID: 10}
	for n := range 150 {
		j := jobOf(t, 1+n, "a", job.High)
		bands[j.ID] = 4
		offer(t, q, j, 4, 1)
		offer(t, q, jobOf(t, 200+n, "b", job.High), 1, 1)
		bands[jobOf(t, 200+n, "b", "").ID] = 1
	}
	offer(t, q, low, 10, 1)
	counts := f.takeAll(t, q, job.Batch, 2*5*10+2*enough)
	require.Equal(t, 10, counts[low.ID])
	for id, n := range f.takeAll(t, q, job.Batch, 10_000) {
		counts[id] += n
	}
	require.Equal(t, bands, counts)
}
