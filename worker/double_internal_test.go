package worker

import (
	"bytes"
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage/dir"
)

// simulated is a farm whose workers, queue and clock are simulated. The plan, what is offered of it and what is drawn twice are
// the real scheduler's.
type simulated struct {
	t         *testing.T
	ledger    *ledger.Ledger
	scheduler *scheduler
	job       job.Job
	plan      job.Plan
	clock     time.Duration // since the plan was made
	hands     []*hand
	next, end int        // bands that are offered
	pending   []job.Task // that were revived, and nobody has yet
	twice     map[int]float64
	stored    map[int]bool
	assembled bool
	drawn     float64 // seconds of work, whether it was of use or not
}

// hand is a worker that draws one band at a time.
type hand struct {
	speed func(at time.Duration) float64
	task  *job.Task
	began time.Duration
	done  float64 // seconds of the band's work
}

// step is by how much the clock goes on at a time, and turn how often the reconciler has its turn.
const (
	step = 10 * time.Millisecond
	turn = 2 * time.Second
)

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// simulate has workers of these speeds draw a picture of so many seconds of work.
func simulate(t *testing.T, work float64, speeds ...func(at time.Duration) float64) *simulated {
	t.Helper()
	folder, err := dir.Open(t.TempDir())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, folder.Close()) })
	s := &simulated{t: t, ledger: ledger.New(folder, ledger.Options{}), twice: map[int]float64{}, stored: map[int]bool{}}
	for _, speed := range speeds {
		s.hands = append(s.hands, &hand{speed: speed})
	}
	picture, err := spec.Normalize(spec.Draft{Width: 10, Height: 4000 * spec.SegmentRows})
	require.NoError(t, err)
	s.job = job.Job{ID: picture.ID(), Spec: picture}
	segments := slices.Repeat([]float64{work / 4000}, 4000)
	s.plan = cut(picture.Height, segments, 1.5, len(speeds))
	s.scheduler = &scheduler{ledger: s.ledger, tasks: s, shares: s, progress: s, fleet: s, now: func() time.Time { return epoch.Add(s.clock) }}
	require.NoError(t, s.scheduler.begin(t.Context(), s.job, s.plan))
	return s
}

// run goes on until the picture is done, or a time has passed.
func (s *simulated) run(limit time.Duration) time.Duration {
	for ; !s.assembled && s.clock < limit; s.clock += step {
		if s.clock%turn == 0 {
			require.NoError(s.t, s.scheduler.advance(s.t.Context(), s.job, s.plan))
		}
		for _, h := range s.hands {
			s.work(h)
		}
	}
	return s.clock
}

// work is what a worker does in a step.
func (s *simulated) work(h *hand) {
	if h.task == nil {
		if h.task = s.take(); h.task == nil {
			return
		}
		h.began, h.done = s.clock, 0
	}
	band := s.plan.Bands[h.task.Band]
	more := min(h.speed(s.clock)*step.Seconds(), band.Seconds-h.done)
	h.done, s.drawn = h.done+more, s.drawn+more
	// A worker looks once a second whether another has stored what it draws.
	elapsed := s.clock - h.began
	if s.stored[h.task.Band] && elapsed >= patience(*h.task, band) && elapsed%tellInterval == 0 {
		h.task = nil
		return
	}
	if h.done >= band.Seconds-1e-9 {
		s.store(*h.task)
		h.task = nil
	}
}

// Workers says nothing: the job is of this version.
func (*simulated) Workers(context.Context) ([]job.Worker, error) { return nil, nil }

func (s *simulated) store(t job.Task) {
	require.NoError(s.t, s.ledger.Band(s.job.ID, t.Band).Store(s.t.Context(), bytes.NewReader(nil)))
	s.stored[t.Band] = true
	require.NoError(s.t, s.scheduler.follow(s.t.Context(), s.job, s.plan, t.Band))
}

// take is the next task for a worker.
func (s *simulated) take() *job.Task {
	if len(s.pending) > 0 {
		t := s.pending[0]
		s.pending = s.pending[1:]
		return &t
	}
	if s.next == s.end {
		return nil
	}
	t := s.job.BandTask(s.next)
	s.next++
	return &t
}

func (s *simulated) Enqueue(_ context.Context, t job.Task) error {
	s.assembled = t.Kind == job.KindAssemble
	return nil
}

func (s *simulated) Revive(ctx context.Context, t job.Task) error {
	if t.Kind == job.KindAssemble {
		return s.Enqueue(ctx, t)
	}
	alive := func(other job.Task) bool { return other.Name() == t.Name() }
	has := func(h *hand) bool { return h.task != nil && alive(*h.task) }
	if !slices.ContainsFunc(s.pending, alive) && !slices.ContainsFunc(s.hands, has) {
		s.pending = append(s.pending, t)
	}
	return nil
}

func (s *simulated) Offer(_ context.Context, _ job.Job, o job.Offer) (int, error) {
	s.end = max(s.end, o.End)
	return s.next, nil
}

func (s *simulated) Completions(context.Context, spec.ID) ([]job.Completion, error) { return nil, nil }

func (s *simulated) Stored(_ context.Context, _ spec.ID, _ time.Time, _ ...int) (int, error) {
	return len(s.stored), nil
}

func (s *simulated) Slots(context.Context, job.Pool) (int, error) { return len(s.hands), nil }

func (s *simulated) Idle(context.Context, job.Pool) (int, error) {
	idle := 0
	for _, h := range s.hands {
		if h.task == nil {
			idle++
		}
	}
	return idle, nil
}

// DrawingOf is what workers have told, once a second.
func (s *simulated) DrawingOf(context.Context, spec.ID) ([]job.Drawing, error) {
	var all []job.Drawing
	for _, h := range s.hands {
		if h.task == nil || s.clock-h.began < tellInterval {
			continue
		}
		b := s.plan.Bands[h.task.Band]
		rows := int(h.done / b.Seconds * float64(b.End-b.Start))
		all = append(all, job.Drawing{Band: h.task.Band, Rows: rows, Since: epoch.Add(h.began)})
	}
	return all, nil
}

func (s *simulated) DoublesOf(context.Context, spec.ID) (map[int]float64, error) {
	twice := make(map[int]float64)
	for band, seconds := range s.twice {
		twice[band] = seconds
	}
	return twice, nil
}

func (s *simulated) NoteDouble(_ context.Context, _ spec.ID, d job.Double) error {
	s.twice[d.Band] = d.Twice
	return nil
}

func (s *simulated) Begin(context.Context, spec.ID, int) error                   { return nil }
func (s *simulated) Failed(context.Context, spec.ID, string) error               { return nil }
func (s *simulated) Forget(context.Context, spec.ID) error                       { return nil }
func (s *simulated) NotWaiting(context.Context, ...job.Task) ([]job.Task, error) { return nil, nil }
func (s *simulated) Tidy(context.Context) error                                  { return nil }
func (s *simulated) Cancel(context.Context, job.Job) error                       { return nil }
func (s *simulated) Submit(context.Context, job.Job) error                       { return nil }
func (s *simulated) Retract(context.Context, job.Job) error                      { return nil }
func (s *simulated) SubmitGroup(context.Context, job.Group) error                { return nil }
func (s *simulated) Settle(context.Context, job.Job, float64) error              { return nil }
func (s *simulated) HandOut(context.Context) error                               { return nil }

func steady(speed float64) func(time.Duration) float64 {
	return func(time.Duration) float64 { return speed }
}

// stalls is a worker that draws nothing more from a time on, and holds on to what it has.
func stalls(after time.Duration) func(time.Duration) float64 {
	return func(at time.Duration) float64 {
		if at >= after {
			return 0
		}
		return 1
	}
}

// TestUnequalWorkersEndTogether: with one worker four times slower than the others and one that stalls, at the beginning, in
// the middle or near the end, a picture is done within 1.15 times the time that its work takes all of them, and of the work at most
// 2 % is done twice.
func TestUnequalWorkersEndTogether(t *testing.T) {
	t.Parallel()
	const work = 300.0
	for name, speeds := range map[string][]func(time.Duration) float64{
		"equal":             {steady(1), steady(1)},
		"one slow":          {steady(1), steady(0.25)},
		"stalls early":      {steady(1), steady(1), steady(1), steady(1), steady(0.25), stalls(time.Second)},
		"stalls midway":     {steady(1), steady(1), steady(1), steady(1), steady(0.25), stalls(31 * time.Second)},
		"stalls at the end": {steady(1), steady(1), steady(1), steady(1), steady(0.25), stalls(56500 * time.Millisecond)},
		"many":              append(slices.Repeat([]func(time.Duration) float64{steady(1)}, 14), steady(0.25), stalls(15*time.Second)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := simulate(t, work, speeds...)
			took := s.run(time.Hour)
			require.True(t, s.assembled)
			ideal := idealTime(work, speeds)
			t.Logf("%d bands, %s, ideal %s: %.3f, doubled %d, done twice %.2f %%", len(s.plan.Bands), took, ideal,
				took.Seconds()/ideal.Seconds(), len(s.twice), 100*(s.drawn/work-1))
			require.LessOrEqual(t, took.Seconds(), 1.15*ideal.Seconds())
			require.LessOrEqual(t, s.drawn, 1.02*work)
		})
	}
}

// idealTime is when workers of these speeds have done so much work if none of it is lost and none waits.
func idealTime(work float64, speeds []func(time.Duration) float64) (at time.Duration) {
	for ; work > 0; at += step {
		for _, speed := range speeds {
			work -= speed(at) * step.Seconds()
		}
	}
	return at
}

// TestTwoWorkersAreNearlyTwiceAsFastAsOne at a picture of few bands.
func TestTwoWorkersAreNearlyTwiceAsFastAsOne(t *testing.T) {
	t.Parallel()
	one := simulate(t, 11, steady(1)).run(time.Hour)
	two := simulate(t, 11, steady(1), steady(1)).run(time.Hour)
	t.Logf("%s and %s: %.3f times", one, two, one.Seconds()/two.Seconds())
	require.GreaterOrEqual(t, one.Seconds()/two.Seconds(), 1.92)
}
