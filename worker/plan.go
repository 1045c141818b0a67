package worker

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"slices"
	"time"

	"mandelfarm/internal/tracing"
	"mandelfarm/job"
	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
)

const (
	// wholePixels is what is drawn in one task without a survey, if no pixel can
	// take long.
	wholePixels     = 1 << 20
	wholeIterations = 10_000
	// wholeBands is how many bands' work is drawn in one task all the same:
	// dividing it would save less than it costs.
	wholeBands = 2
	// maxBands bounds a plan. What would have more has longer bands.
	maxBands = 10_000
	// encodeSeconds is what turning a pixel into PNG data takes, roughly, on one
	// thread; the survey times only the drawing.
	encodeSeconds = 5e-9
)

// plan sees to it that a large job is drawn in bands, and reports whether it is
// large.
func (w *Worker) plan(ctx context.Context, j job.Job) (large bool, err error) {
	ctx, span := tracing.Start(ctx, tracing.Internal, "plan")
	defer func() { span.End(err) }()
	plan, planned, err := w.deps.Ledger.Plan(ctx, j)
	if err != nil {
		return false, err
	}
	if planned { // a planner has died, or the job is asked for again
		return true, w.scheduler.advance(ctx, j, plan)
	}
	plan, err = w.survey(ctx, j)
	if err != nil || len(plan.Bands) == 0 {
		return false, err
	}
	begun, err := w.scheduler.begin(ctx, j, plan)
	if begun {
		w.announce(ctx, job.Notice{ID: j.ID, State: job.Running})
	}
	return true, err
}

// survey looks at the picture coarsely, stores what it sees as the base of the
// preview, and cuts the picture into bands of about equal cost. A plan of no
// bands is that of a picture not worth dividing.
func (w *Worker) survey(ctx context.Context, j job.Job) (job.Plan, error) {
	s := j.Spec
	if int64(s.Width)*int64(s.Height)*int64(s.Samples) <= wholePixels && s.MaxIterations != spec.Auto && s.MaxIterations <= wholeIterations {
		return job.Plan{}, nil
	}
	start := time.Now()
	options, err := w.drawer.options(ctx, s, true)
	if err != nil {
		return job.Plan{}, fmt.Errorf("prepass of %s: %w", j.ID, err)
	}
	small, seconds, err := probe(ctx, s, options.Prepass, w.cfg.Band/2)
	if err != nil {
		return job.Plan{}, fmt.Errorf("survey %s: %w", j.ID, err)
	}
	plan := cut(s.Height, segmentSeconds(s, small, seconds, w.share()), w.cfg.Band.Seconds())
	if len(plan.Bands) <= wholeBands {
		return job.Plan{}, nil
	}
	if _, err := w.drawer.stream(ctx, w.deps.Ledger.Preview(j.ID), func(out io.Writer) error {
		options.Prepass = options.Prepass.As(small)
		return renderer.Write(ctx, out, small, w.drawer.counted(options, small))
	}); err != nil {
		return job.Plan{}, fmt.Errorf("preview of %s: %w", j.ID, err)
	}
	w.deps.Log.LogAttrs(ctx, slog.LevelInfo, "planned", slog.String("id", string(j.ID)),
		slog.Int("bands", len(plan.Bands)), slog.Duration("took", time.Since(start)))
	plan.MadeAt = start.UTC().Truncate(time.Millisecond)
	if err := w.deps.Progress.Forget(ctx, j.ID); err != nil { // of a plan that was lost, which may have been cut otherwise
		return job.Plan{}, err
	}
	return w.deps.Ledger.StorePlan(ctx, j, plan)
}

// probe draws the picture small, and then larger as long as that can be expected
// to take no longer than the limit, on one thread. It returns the last small
// picture and what each of its rows took in seconds.
func probe(ctx context.Context, s spec.Spec, p *renderer.Prepass, limit time.Duration) (small spec.Spec, seconds []float64, err error) {
	expected := time.Duration(0)
	for _, size := range [][2]int{{32, 24}, {128, 96}, {256, 192}} {
		larger := s.Reduced(size[0], size[1])
		if len(seconds) > 0 {
			expected = expected * time.Duration(larger.Width*larger.Height) / time.Duration(small.Width*small.Height)
			if expected > limit || larger == small {
				break
			}
		}
		start := time.Now()
		if seconds, err = timeRows(ctx, larger, p.As(larger)); err != nil {
			return small, nil, err
		}
		small, expected = larger, time.Since(start)
	}
	return small, seconds, nil
}

// timeRows measures what each row of a small picture takes one thread, in
// seconds.
func timeRows(ctx context.Context, s spec.Spec, p *renderer.Prepass) ([]float64, error) {
	seconds, first := make([]float64, 0, s.Height), 0
	last := time.Now()
	_, err := renderer.Render(ctx, s, spec.Rows{Start: 0, End: s.Height}, renderer.Options{Threads: 1, Prepass: p, Progress: func(rows int, _ renderer.Work) {
		now := time.Now()
		each := now.Sub(last).Seconds() / float64(rows)
		if first == 0 {
			first = rows
		} else if len(seconds) == first { // the first rows were timed with what comes before any row
			copy(seconds, slices.Repeat([]float64{min(seconds[0], each)}, first))
		}
		seconds = append(seconds, slices.Repeat([]float64{each}, rows)...)
		last = now
	}})
	return seconds, err
}

// share is how many cores a band has while this process draws as many as it may.
func (w *Worker) share() float64 {
	cores := float64(runtime.GOMAXPROCS(0)) / float64(max(1, w.cfg.AtOnce))
	return min(cores, float64(w.cfg.Threads))
}

// segmentSeconds is what each segment of a picture takes a task with so many
// cores, given what each row of the same picture, small, takes one.
func segmentSeconds(s, small spec.Spec, seconds []float64, cores float64) []float64 {
	scale := float64(s.Width) / float64(small.Width) * float64(s.Samples)
	encoding := float64(s.Width) * encodeSeconds
	segments := make([]float64, (s.Height+spec.SegmentRows-1)/spec.SegmentRows)
	for row := range s.Height {
		drawing := seconds[int(int64(row)*int64(small.Height)/int64(s.Height))] * scale
		segments[row/spec.SegmentRows] += (drawing + encoding) / cores
	}
	return segments
}

// cut divides a picture, given what each of its segments takes in seconds, into
// bands that take about the target.
func cut(height int, segments []float64, target float64) job.Plan {
	total := 0.0
	for _, s := range segments {
		total += s
	}
	target = max(target, 2*total/(maxBands-1)) // two neighbours take longer than the target
	var plan job.Plan
	band := job.Band{}
	for i, seconds := range segments {
		// A segment goes to the band before if that comes nearer to the target.
		if band.Seconds > 0 && band.Seconds+seconds/2 > target {
			plan.Bands = append(plan.Bands, band)
			band = job.Band{Start: band.End}
		}
		band.End = min(height, (i+1)*spec.SegmentRows)
		band.Seconds += seconds
	}
	plan.Bands = append(plan.Bands, band)
	return plan
}
