package worker

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/renderer"
)

const (
	// The survey is at most so large: its cost is small beside that of any
	// picture worth planning, and it serves as a preview.
	surveyWidth  = 512
	surveyHeight = 384
	// wholePixels is what is drawn in one task without a survey.
	wholePixels = 1 << 20
	// wholeBands is how many bands' work is drawn in one task all the same:
	// dividing it would save less than it costs.
	wholeBands = 2
	// maxBands bounds a plan. At this many, bands take longer than they should.
	maxBands = 10_000
	// encodeSeconds is what turning a pixel into PNG data takes, roughly, on one
	// thread; the survey times only the drawing.
	encodeSeconds = 5e-9
)

// plan sees to it that a large job is drawn in bands, and reports whether it is
// large.
func (w *Worker) plan(ctx context.Context, j job.Job) (bool, error) {
	plan, planned, err := w.ledger.Plan(ctx, j)
	if err != nil {
		return false, err
	}
	if planned { // a planner has died, or the job is asked for again
		return true, w.advance(ctx, j, plan)
	}
	plan, err = w.survey(ctx, j)
	if err != nil || len(plan.Bands) == 0 {
		return false, err
	}
	return true, w.begin(ctx, j, plan)
}

// begin queues the first bands of a plan.
func (w *Worker) begin(ctx context.Context, j job.Job, plan job.Plan) error {
	window, err := w.window(ctx)
	if err != nil {
		return err
	}
	if err := w.board.Begin(ctx, j.ID, len(plan.Bands)); err != nil {
		return err
	}
	first, err := w.board.Next(ctx, j.ID, window)
	if err != nil {
		return err
	}
	for band := first; band < min(first+window, len(plan.Bands)); band++ {
		if err := w.queue.Enqueue(ctx, j.BandTask(band)); err != nil {
			return err
		}
	}
	w.announce(ctx, job.Notice{ID: j.ID, State: job.Running})
	return nil
}

// survey looks at the picture coarsely, stores what it sees as the preview, and
// cuts the picture into bands of about equal cost. A plan of no bands is that of
// a picture not worth dividing.
func (w *Worker) survey(ctx context.Context, j job.Job) (job.Plan, error) {
	s := j.Spec
	if int64(s.Width)*int64(s.Height)*int64(s.Samples) <= wholePixels && s.MaxIterations <= 10_000 {
		return job.Plan{}, nil
	}
	start := time.Now()
	small := s.Reduced(surveyWidth, surveyHeight)
	seconds, err := timeRows(ctx, small)
	if err != nil {
		return job.Plan{}, fmt.Errorf("survey %s: %w", j.ID, err)
	}
	// Seconds of one thread become seconds of a task with all its threads.
	threads := float64(w.render.Threads)
	scale := float64(s.Width) / float64(small.Width) * float64(s.Samples)
	encoding := float64(s.Width) * encodeSeconds
	segments := make([]float64, (s.Height+renderer.SegmentRows-1)/renderer.SegmentRows)
	for row := range s.Height {
		segments[row/renderer.SegmentRows] += (seconds[row*small.Height/s.Height]*scale + encoding) / threads
	}
	plan := cut(s.Height, segments, w.band.Seconds())
	if len(plan.Bands) <= wholeBands {
		return job.Plan{}, nil
	}
	if _, err := w.stream(ctx, ledger.PreviewKey(j.ID), "image/png", func(out io.Writer) error {
		return renderer.WritePNG(ctx, out, small, w.render)
	}); err != nil {
		return job.Plan{}, fmt.Errorf("preview of %s: %w", j.ID, err)
	}
	w.log.LogAttrs(ctx, slog.LevelInfo, "planned", slog.String("id", string(j.ID)),
		slog.Int("bands", len(plan.Bands)), slog.Duration("took", time.Since(start)))
	return w.ledger.StorePlan(ctx, j, plan)
}

// timeRows measures what each row of a small picture takes one thread, in
// seconds.
func timeRows(ctx context.Context, s renderer.Spec) ([]float64, error) {
	seconds := make([]float64, s.Height)
	for row := range seconds {
		start := time.Now()
		if _, err := renderer.Render(ctx, s, renderer.Rows{Start: row, End: row + 1}, renderer.Options{Threads: 1}); err != nil {
			return nil, err
		}
		seconds[row] = time.Since(start).Seconds()
	}
	return seconds, nil
}

// cut divides a picture, given what each of its segments takes in seconds, into
// bands that take about the target.
func cut(height int, segments []float64, target float64) job.Plan {
	total := 0.0
	for _, s := range segments {
		total += s
	}
	target = max(target, total/maxBands)
	var plan job.Plan
	band := job.Band{}
	for i, seconds := range segments {
		// A segment goes to the band before if that comes nearer to the target.
		if band.Seconds > 0 && band.Seconds+seconds/2 > target {
			plan.Bands = append(plan.Bands, band)
			band = job.Band{Start: band.End}
		}
		band.End = min(height, (i+1)*renderer.SegmentRows)
		band.Seconds += seconds
	}
	plan.Bands = append(plan.Bands, band)
	return plan
}

// Of the bands of a job, so many are in the queue at a time: some for every
// worker's slot, so that none waits while the next band is queued, and a few at
// least.
const (
	perSlot = 2
	atLeast = 4
)

// window is how many bands of a job are in the queue at a time.
func (w *Worker) window(ctx context.Context) (int, error) {
	slots, err := w.queue.Slots(ctx)
	return max(atLeast, perSlot*slots), err
}

// advance compares what is stored with the plan. It queues those of the next
// missing bands that the queue has lost, or if none is missing the assembly.
func (w *Worker) advance(ctx context.Context, j job.Job, plan job.Plan) error {
	stored, err := w.ledger.Bands(ctx, j.ID)
	if err != nil {
		return err
	}
	window, err := w.window(ctx)
	if err != nil {
		return err
	}
	if err := w.board.Begin(ctx, j.ID, len(plan.Bands)); err != nil {
		return err
	}
	done, missing := make([]int, 0, len(stored)), []int(nil)
	for band := range plan.Bands {
		if _, ok := stored[band]; ok {
			done = append(done, band)
		} else {
			missing = append(missing, band)
		}
	}
	if _, err := w.board.Stored(ctx, j.ID, done...); err != nil {
		return err
	}
	if len(missing) == 0 {
		return w.queue.Revive(ctx, j.AssembleTask())
	}
	for _, band := range missing[:min(len(missing), window)] {
		if err := w.queue.Revive(ctx, j.BandTask(band)); err != nil {
			return err
		}
	}
	return nil
}
