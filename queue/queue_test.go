package queue_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"mandelfarm/internal/testenv"
	"mandelfarm/job"
	"mandelfarm/queue"
	"mandelfarm/queue/embedded"
	"mandelfarm/renderer/spec"
)

// TestMain is also the program of the worker processes that tests kill: see
// startWorker.
func TestMain(m *testing.M) {
	flag.Parse()
	if flag.Arg(0) == "worker" {
		work(flag.Arg(1), flag.Arg(2))
		return
	}
	// The tests wait for clocks and servers more than they compute.
	if err := flag.Set("test.parallel", strconv.Itoa(4*runtime.GOMAXPROCS(0))); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

func TestOnRedis(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T) *farm {
		t.Helper()
		return farmAt(t, testenv.Redis(t).URL())
	})
}

func TestOnEmbedded(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T) *farm {
		t.Helper()
		s, err := embedded.Start()
		require.NoError(t, err)
		t.Cleanup(s.Close)
		return farmAt(t, s.URL())
	})
}

// run has every test use a server of its own, and returns how many there are.
func run(t *testing.T, start func(t *testing.T) *farm) int {
	t.Helper()
	tests := []struct {
		name  string
		check func(t *testing.T, f *farm)
	}{
		{"TasksArriveAsTheyWereSent", tasksArriveAsTheyWereSent},
		{"TasksCarryTheirRequest", tasksCarryTheirRequest},
		{"TheSameTaskIsQueuedOnce", theSameTaskIsQueuedOnce},
		{"DistinctTasksAreAllDelivered", distinctTasksAreAllDelivered},
		{"LanesKeepToTheirConcurrency", lanesKeepToTheirConcurrency},
		{"RoomEndsAtTheLimit", roomEndsAtTheLimit},
		{"FailuresAreTriedAgainLaterAndLater", failuresAreTriedAgainLaterAndLater},
		{"ThePanickingHandlerIsTriedAgain", thePanickingHandlerIsTriedAgain},
		{"OtherVersionsAreNoFailure", otherVersionsAreNoFailure},
		{"PayloadsOfOtherVersionsWait", payloadsOfOtherVersionsWait},
		{"HandlersThatTakeTooLongFail", handlersThatTakeTooLongFail},
		{"CancelTakesWhatIsQueued", cancelTakesWhatIsQueued},
		{"CancelStopsWhatRuns", cancelStopsWhatRuns},
		{"CancelSparesSynchronousRequests", cancelSparesSynchronousRequests},
		{"WithdrawTakesWhatNoWorkerHas", withdrawTakesWhatNoWorkerHas},
		{"NoticesReachAllProcesses", noticesReachAllProcesses},
		{"WakeUpsBeatThePoll", wakeUpsBeatThePoll},
		{"LongTasksKeepTheirLease", longTasksKeepTheirLease},
		{"OneWorkerDrawsAnImage", oneWorkerDrawsAnImage},
		{"ProgressIsWhatTheWorkerSaid", progressIsWhatTheWorkerSaid},
		{"ReviveLeavesTheLivingAlone", reviveLeavesTheLivingAlone},
		{"ReviveQueuesWhatWasFlushed", reviveQueuesWhatWasFlushed},
		{"ReviveNumbersTheAttempts", reviveNumbersTheAttempts},
		{"WrongClocksHoldUpNothing", wrongClocksHoldUpNothing},
		{"KilledWorkersAreFoundOut", killedWorkersAreFoundOut},
		{"DeadWorkersAreBuried", deadWorkersAreBuried},
		{"TheLivingAreNotBuried", theLivingAreNotBuried},
		{"ClaimsOfOthersAreNotGivenUp", claimsOfOthersAreNotGivenUp},
		{"GhostsAreRemoved", ghostsAreRemoved},
		{"WhatIsWorkedOnIsNoGhost", whatIsWorkedOnIsNoGhost},
		{"SoftStopWaits", softStopWaits},
		{"HardStopHandsBack", hardStopHandsBack},
		{"ServeReturnsAfterItsHandlers", serveReturnsAfterItsHandlers},
		{"LockHoldsForItsTime", lockHoldsForItsTime},
		{"BudgetsAreSharedAndNeverOverspent", budgetsAreSharedAndNeverOverspent},
		{"BudgetsFillUp", budgetsFillUp},
		{"WhatIsPaidForIsFree", whatIsPaidForIsFree},
		{"MoreThanTheQuotaIsADebt", moreThanTheQuotaIsADebt},
		{"KeysAreHeardOf", keysAreHeardOf},
		{"ClientsTakeTurnsByCost", clientsTakeTurnsByCost},
		{"WhatIsBegunIsFinishedFirst", whatIsBegunIsFinishedFirst},
		{"PrioritiesWeighAndDoNotStarve", prioritiesWeighAndDoNotStarve},
		{"APriorityCanBeChangedWhileItWaits", aPriorityCanBeChangedWhileItWaits},
		{"WhoIsAwaySavesNothing", whoIsAwaySavesNothing},
		{"EverNewClientsStarveNobody", everNewClientsStarveNobody},
		{"CostIsSettled", costIsSettled},
		{"SubmittingAgainChangesNothing", submittingAgainChangesNothing},
		{"GroupsTakeTurnsAsJobsDo", groupsTakeTurnsAsJobsDo},
		{"OffersAreMadeOnce", offersAreMadeOnce},
		{"WhatIsRetractedIsNotHandedOut", whatIsRetractedIsNotHandedOut},
		{"AFlushedRedisIsFilledAgain", aFlushedRedisIsFilledAgain},
		{"AnOrderThatIsDamagedMends", anOrderThatIsDamagedMends},
		{"ADamagedOrderKeepsNobodyWaiting", aDamagedOrderKeepsNobodyWaiting},
		{"ClientsAreShown", clientsAreShown},
		{"TasksThatWaitForTheirTurnCarryTheirRequest", tasksThatWaitForTheirTurnCarryTheirRequest},
		{"StoredBandsAreCountedOnce", storedBandsAreCountedOnce},
		{"WorkersWithoutWorkAreIdle", workersWithoutWorkAreIdle},
		{"DoublesAreNoted", doublesAreNoted},
		{"ProgressOfLargeJobs", progressOfLargeJobs},
		{"RowsOfABandDoNotBecomeLess", rowsOfABandDoNotBecomeLess},
		{"PrepassesAreToldWhileTheyAreComputed", prepassesAreToldWhileTheyAreComputed},
		{"StatsAreWhatTheLanesHold", statsAreWhatTheLanesHold},
		{"PreviewsAreKeptUntilRemoved", previewsAreKeptUntilRemoved},
		{"BandsOfOneJobAreDrawnAtOnce", bandsOfOneJobAreDrawnAtOnce},
		{"NotWaitingAreThoseToLookAt", notWaitingAreThoseToLookAt},
		{"WorkersSayWhatTheyAreAt", workersSayWhatTheyAreAt},
		{"DrainingWorkersTakeNothingMore", drainingWorkersTakeNothingMore},
		{"WorkersThatStopSayThatTheyDrain", workersThatStopSayThatTheyDrain},
		{"WorkersAtWhichAllFailsAreBlocked", workersAtWhichAllFailsAreBlocked},
		{"PoolsHaveWorkersOfTheirOwn", poolsHaveWorkersOfTheirOwn},
		{"JobsOfPoolsAreFoundAndCanceled", jobsOfPoolsAreFoundAndCanceled},
		{"OutagesOfOneWorkerBlockIt", outagesOfOneWorkerBlockIt},
		{"OutagesOfAllBlockNobody", outagesOfAllBlockNobody},
		{"WorkersAreBlockedByOrder", workersAreBlockedByOrder},
		{"WorkersDrawWhatTheyAreComparedBy", workersDrawWhatTheyAreComparedBy},
		{"BacklogsSayWhatWaits", backlogsSayWhatWaits},
		{"PositionsCountFromTheNext", positionsCountFromTheNext},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.check(t, start(t))
		})
	}
	return len(tests)
}

// farm is a Redis, and what asynq and the queue keep in it.
type farm struct {
	url    string
	access queue.Access
	rdb    redis.UniversalClient // of one who may do anything
}

// farmAt is a farm on a server that lets everybody do anything.
func farmAt(tb testing.TB, url string) *farm {
	tb.Helper()
	options, err := redis.ParseURL(url)
	require.NoError(tb, err)
	return farmOf(tb, &farm{url: url, rdb: redis.NewClient(options)})
}

func farmOf(tb testing.TB, f *farm) *farm {
	tb.Helper()
	tb.Cleanup(func() { require.NoError(tb, f.rdb.Close()) })
	return f
}

// open is a process's connection to the farm.
func (f *farm) open(tb testing.TB, change ...func(*queue.Config)) *queue.Queue {
	tb.Helper()
	cfg := queue.Config{URL: f.url, Access: f.access, Limit: 1000, Log: slog.New(slog.NewTextHandler(tb.Output(), nil))}
	for _, c := range change {
		c(&cfg)
	}
	q, err := queue.Open(tb.Context(), cfg)
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, q.Close()) })
	return q
}

// count is how many tasks asynq holds in a lane, by where they are.
func (f *farm) count(t *testing.T, lane job.Lane) (pending, active, retry int64) {
	t.Helper()
	key := "asynq:{" + string(lane) + "}:"
	pending, err := f.rdb.LLen(t.Context(), key+"pending").Result()
	require.NoError(t, err)
	active, err = f.rdb.LLen(t.Context(), key+"active").Result()
	require.NoError(t, err)
	retry, err = f.rdb.ZCard(t.Context(), key+"retry").Result()
	require.NoError(t, err)
	return pending, active, retry
}

func (f *farm) requireCount(t *testing.T, lane job.Lane, pending, active, retry int64) {
	t.Helper()
	p, a, r := f.count(t, lane)
	require.Equal(t, [3]int64{pending, active, retry}, [3]int64{p, a, r}, "tasks pending, active, in retry")
}

// abandon takes the next task of a lane as asynq does, for a worker that dies
// before it does anything else, so long ago.
func (f *farm) abandon(t *testing.T, lane job.Lane, ago time.Duration) {
	t.Helper()
	key := "asynq:{" + string(lane) + "}:"
	id, err := f.rdb.LMove(t.Context(), key+"pending", key+"active", "RIGHT", "LEFT").Result()
	require.NoError(t, err)
	require.NoError(t, f.rdb.HSet(t.Context(), key+"t:"+id, "state", "active").Err())
	f.age(t, lane, id, ago)
}

// age sets the lease of a task that was given, or last extended, so long ago.
func (f *farm) age(t *testing.T, lane job.Lane, id string, ago time.Duration) {
	t.Helper()
	end := float64(time.Now().Add(30*time.Second - ago).Unix())
	require.NoError(t, f.rdb.ZAdd(t.Context(), "asynq:{"+string(lane)+"}:lease", redis.Z{Member: id, Score: end}).Err())
}

// soon is a poll interval as the farm's own, never one that makes up for a wake-up
// that was lost.
const (
	soon  = 100 * time.Millisecond
	never = 10 * time.Minute
)

func assign(lane job.Lane, poll time.Duration) queue.Assignment {
	return queue.Assignment{Lane: lane, Concurrency: 4, Poll: poll}
}

// serve works in the background until the returned function is called, or the
// test ends.
func serve(tb testing.TB, q *queue.Queue, grace time.Duration, handle queue.Handler, assigned ...queue.Assignment) (stop func()) {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	var err error
	done.Go(func() { err = q.Serve(ctx, assigned, grace, handle) })
	stop = sync.OnceFunc(func() {
		cancel()
		done.Wait()
		require.NoError(tb, err)
	})
	tb.Cleanup(stop)
	return stop
}

// delivery is one call of a handler.
type delivery struct {
	task job.Task
	job.Delivery
	at time.Time
}

// recorder is a handler that tells of its calls, and answers each with what
// answer returns.
type recorder struct {
	calls  chan delivery
	answer func(ctx context.Context, n int) error

	mu sync.Mutex
	n  int
}

func record(answer func(ctx context.Context, n int) error) *recorder {
	return &recorder{calls: make(chan delivery, 1000), answer: answer}
}

func (r *recorder) handle(ctx context.Context, t job.Task, d job.Delivery) error {
	r.mu.Lock()
	r.n++
	n := r.n
	r.mu.Unlock()
	r.calls <- delivery{t, d, time.Now()}
	return r.answer(ctx, n)
}

func succeed(context.Context, int) error { return nil }

// untilStopped does not return before its context ends.
func untilStopped(ctx context.Context, _ int) error {
	<-ctx.Done()
	return context.Cause(ctx)
}

var errHandler = errors.New("handler failed")

// testTimeout is how long tests wait for what must happen on a busy machine.
const testTimeout = 30 * time.Second

func receive[T any](tb testing.TB, ch <-chan T, what string) T {
	tb.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(testTimeout):
		require.Fail(tb, "waited in vain", "for %s", what)
		panic("unreachable")
	}
}

// nothing checks that nothing comes for a while.
func nothing[T any](t *testing.T, ch <-chan T, while time.Duration, what string) {
	t.Helper()
	select {
	case v := <-ch:
		require.Fail(t, "came unexpectedly", "%s: %v", what, v)
	case <-time.After(while):
	}
}

func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	require.Eventually(t, condition, testTimeout, 5*time.Millisecond, what)
}

// task is one of as many as are asked for.
func task(tb testing.TB, n int, lane job.Lane) job.Task {
	tb.Helper()
	s, err := spec.Normalize(spec.Draft{Width: n, Height: 1})
	require.NoError(tb, err)
	return job.ImageTask(s, lane)
}

func enqueue(tb testing.TB, q *queue.Queue, tasks ...job.Task) {
	tb.Helper()
	for _, t := range tasks {
		require.NoError(tb, q.Enqueue(tb.Context(), t))
	}
}

// hearing returns when the process's subscription is in effect.
func hearing(t *testing.T, q *queue.Queue) {
	t.Helper()
	id := task(t, 999_999, job.Batch).ID
	notices, unsubscribe := q.Subscribe(id)
	defer unsubscribe()
	eventually(t, "a process hears itself", func() bool {
		require.NoError(t, q.Publish(t.Context(), job.Notice{ID: id, State: job.Done}))
		select {
		case n := <-notices:
			return n.ID == id
		case <-time.After(soon):
			return false
		}
	})
}

// startWorker runs a process that takes batch tasks and never ends one. It
// returns when the process has taken the one that is queued.
func startWorker(t *testing.T, f *farm) *testenv.Process {
	t.Helper()
	p := testenv.Start(t, workerCommand(t, f))
	require.NoError(t, p.Await(t.Context(), func(context.Context) error {
		if p.Log() == "" {
			return errors.New("has no task yet")
		}
		return nil
	}))
	return p
}

// work is what that process does.
func work(url, access string) {
	ctx := context.Background()
	cfg := queue.Config{URL: url, Limit: 1, Log: slog.New(slog.DiscardHandler)}
	err := json.Unmarshal([]byte(access), &cfg.Access)
	var q *queue.Queue
	if err == nil {
		q, err = queue.Open(ctx, cfg)
	}
	if err == nil {
		err = q.Serve(ctx, []queue.Assignment{assign(job.Batch, soon)}, time.Hour, func(ctx context.Context, t job.Task, _ job.Delivery) error {
			fmt.Fprintln(os.Stdout, "working on", t.ID)
			return untilStopped(ctx, 1)
		})
	}
	fmt.Fprintln(os.Stderr, err)
}
