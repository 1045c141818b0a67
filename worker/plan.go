package worker

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"runtime"
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
	// wholeBands is how many bands' work, of the usual length, is drawn in one task all the same:
	// dividing it would save less than it costs.
	wholeBands = 2
	// maxBands bounds a plan. What would have more has longer bands.
	maxBands = 10_000
	// encodeSeconds is what turning a pixel into PNG data takes one core of the standard
	// machine, roughly; the estimate is of the drawing alone.
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
	if err = w.scheduler.begin(ctx, j, plan); err == nil {
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
	estimate, err := renderer.EstimateWork(ctx, s, options.Prepass, time.Duration(w.cfg.Speed*float64(w.cfg.Band)/2))
	if err != nil {
		return job.Plan{}, fmt.Errorf("survey %s: %w", j.ID, err)
	}
	small := estimate.Small
	slots, err := w.deps.Fleet.Slots(ctx, j.Pool)
	if err != nil {
		return job.Plan{}, err
	}
	plan := cut(s.Height, segmentSeconds(s, estimate, w.cfg.Speed*w.share()), w.cfg.Band.Seconds(), slots)
	seconds := plan.Seconds()
	if len(plan.Bands) == 1 || seconds <= wholeBands*w.cfg.Band.Seconds() {
		return job.Plan{}, nil
	}
	plan.CoreSeconds = seconds * w.cfg.Speed * w.share()
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

// share is how many cores a band has while this process draws as many as it may.
func (w *Worker) share() float64 {
	cores := float64(runtime.GOMAXPROCS(0)) / float64(max(1, w.cfg.AtOnce))
	return min(cores, float64(w.cfg.Threads))
}

// segmentSeconds is what each segment of a picture takes a task that is so many times as fast as
// one core of the standard machine.
func segmentSeconds(s spec.Spec, e renderer.Estimate, speed float64) []float64 {
	scale := float64(s.Width) / float64(e.Small.Width) * float64(s.Samples)
	encoding := float64(s.Width) * encodeSeconds
	segments := make([]float64, (s.Height+spec.SegmentRows-1)/spec.SegmentRows)
	for row := range s.Height {
		drawing := e.Rows[int(int64(row)*int64(e.Small.Height)/int64(s.Height))].Cost.Seconds() * scale
		segments[row/spec.SegmentRows] += (drawing + encoding) / speed
	}
	return segments
}

const (
	// lastBands is how many of the last bands of each worker are shorter than others, and finest how many times as short the
	// last ones are: workers that end a picture together leave each other idle for the length of a band.
	lastBands = 2
	finest    = 4
)

// cut divides a picture, given what each of its segments takes in seconds, into
// bands that take about the target, and less towards the end: a part of what is then left for each of
// so many that draw at a time.
func cut(height int, segments []float64, target float64, slots int) job.Plan {
	left := 0.0
	for _, s := range segments {
		left += s
	}
	least := 2 * left / (maxBands - 1) // two neighbours take longer than the target
	var plan job.Plan
	band := job.Band{}
	for i, seconds := range segments {
		// A segment goes to the band before if that comes nearer to the target.
		share := left / float64(lastBands*max(1, slots))
		if band.Seconds > 0 && band.Seconds+seconds/2 > max(least, min(target, max(share, target/finest))) {
			plan.Bands = append(plan.Bands, band)
			left -= band.Seconds
			band = job.Band{Start: band.End}
		}
		band.End = min(height, (i+1)*spec.SegmentRows)
		band.Seconds += seconds
	}
	plan.Bands = append(plan.Bands, band)
	return plan
}
