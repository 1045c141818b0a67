package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/queue"
	"mandelfarm/renderer/parity"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage/s3"
)

const (
	// parityTimeout is how long workers may take to draw what they are compared by,
	// beside what they are at.
	parityTimeout = 2 * time.Minute
	// parityPause is how long after another the answers are asked for.
	parityPause = 100 * time.Millisecond
	// parityBlock is how long a worker takes nothing that draws otherwise than most.
	parityBlock = 24 * time.Hour
	// thisMachine is the name of the doctor's own drawing.
	thisMachine = "this machine"
)

// compareWorkers has all workers of this renderer version and this program draw the same,
// and takes the work away from those that do not.
func compareWorkers(ctx context.Context, s *settings, out io.Writer) error {
	d := &doctor{out: out}
	cfg := s.queue()
	cfg.Limit, cfg.Log = 1, slog.New(slog.DiscardHandler)
	q, err := queue.Open(ctx, cfg)
	if err != nil {
		return err
	}
	defer q.Close()
	store, err := s3.Open(ctx, s.s3)
	if err != nil {
		return fmt.Errorf("S3 at %s (S3_ENDPOINT): %w", s.s3.Endpoint, err)
	}
	defer store.Close()
	c := comparison{doctor: d, queue: q, ledger: ledger.New(store, ledger.Options{})}
	if err := c.compare(ctx); err != nil {
		return err
	}
	return d.verdict()
}

// comparison is an examination of all workers.
type comparison struct {
	doctor *doctor
	queue  *queue.Queue
	ledger *ledger.Ledger
}

func (c comparison) compare(ctx context.Context) error {
	workers, err := c.comparable(ctx)
	if err != nil {
		return err
	}
	examination, err := c.queue.Examine(ctx, workers)
	if err != nil {
		return err
	}
	own, err := parity.Draw(ctx, 0)
	if err != nil {
		return err
	}
	answers, err := c.await(ctx, examination, workers)
	if err != nil {
		return err
	}
	drawn := map[string]parity.Drawn{thisMachine: own}
	for _, w := range workers {
		switch a, answered := answers[w.Name]; {
		case !answered:
			c.doctor.say("worker", false, "%s has not answered within %s: see whether it is overloaded, or of a version that cannot", w.Name, parityTimeout)
		case a.Error != "":
			c.doctor.say("worker", false, "%s cannot draw what workers are compared by: %s", w.Name, a.Error)
		default:
			drawn[w.Name] = a.Drawn
		}
	}
	return c.judge(ctx, drawn, workers)
}

// comparable are the workers that should draw what this program draws.
func (c comparison) comparable(ctx context.Context) ([]job.Worker, error) {
	all, err := c.queue.Workers(ctx)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		c.doctor.say("workers", false, "there are none: start one")
	}
	return slices.DeleteFunc(all, func(w job.Worker) bool {
		other := w.RendererVersion != spec.Version
		if other {
			c.doctor.say("worker", false, "%s has renderer version %s, and this program %s: not compared", w.Name, w.RendererVersion, spec.Version)
		}
		return other
	}), nil
}

// await returns the answers, when all are there or the time is up.
func (c comparison) await(ctx context.Context, examination string, workers []job.Worker) (map[string]queue.Answer, error) {
	limit := time.NewTimer(parityTimeout)
	defer limit.Stop()
	tick := time.NewTicker(parityPause)
	defer tick.Stop()
	for {
		answers, err := c.queue.Answers(ctx, examination, workers)
		if err != nil || len(answers) == len(workers) {
			return answers, err
		}
		select {
		case <-tick.C:
		case <-limit.C:
			return answers, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// judge says who draws otherwise than most, and what follows.
func (c comparison) judge(ctx context.Context, drawn map[string]parity.Drawn, workers []job.Worker) error {
	verdict, sound := parity.Compare(drawn), make(map[string]bool)
	for name := range drawn {
		sound[name] = verdict.Decided && verdict.Differ[name] == nil
	}
	for _, name := range slices.Sorted(maps.Keys(drawn)) {
		what, differs := verdict.Differ[name]
		switch {
		case !differs:
			c.doctor.say("parity", true, "%s draws as most do", name)
		case !verdict.Decided:
			c.doctor.say("parity", false, "%s: no majority draws the same %s; run doctor --parity on another machine too", name, strings.Join(what, ", "))
		case name == thisMachine:
			c.doctor.say("parity", false, "this machine draws otherwise than the workers: %s. Run no worker here", strings.Join(what, ", "))
		default:
			i := slices.IndexFunc(workers, func(w job.Worker) bool { return w.Name == name })
			if err := c.condemn(ctx, workers[i], what, sound); err != nil {
				return err
			}
		}
	}
	return nil
}

// condemn takes the work away from a worker, which workers put on record, and tells what
// it has drawn. Those that are sound have drawn as most.
func (c comparison) condemn(ctx context.Context, w job.Worker, what []string, sound map[string]bool) error {
	reason := "it draws otherwise than most: " + strings.Join(what, ", ")
	if err := c.queue.Block(ctx, w.Name, reason, parityBlock); err != nil {
		return err
	}
	c.doctor.say("parity", false, "%s on %s draws otherwise than most: %s. It takes nothing for %s; end it, and examine its machine (memory, overclocking, build of the program)",
		w.Name, w.Host, strings.Join(what, ", "), parityBlock)
	return c.tellWork(ctx, w, sound)
}

// tellWork lists the jobs of which processes on a worker's machine, but for those that
// are sound, have drawn something.
func (c comparison) tellWork(ctx context.Context, w job.Worker, sound map[string]bool) error {
	jobs := 0
	all := func(context.Context, []spec.ID) (func(*job.Status) bool, error) {
		return func(*job.Status) bool { return true }, nil
	}
	for cursor, more := "", true; more; {
		page, err := c.ledger.List(ctx, cursor, 200, all)
		if err != nil {
			return err
		}
		for _, st := range page.Jobs {
			did, err := c.workOn(ctx, st.ID, w.Host, sound)
			if err != nil {
				return err
			}
			if did != "" {
				jobs++
				fmt.Fprintf(c.doctor.out, "     %-16s job %s: %s\n", "drawn there", st.ID, did)
			}
		}
		cursor, more = page.Next, page.Next != ""
	}
	if jobs > 0 {
		fmt.Fprintf(c.doctor.out, "     %-16s %d jobs; purge them (mandelfarm purge JOB) and submit them again. Pictures that were no jobs are not on record\n", "", jobs)
	}
	return nil
}

// workOn says what processes on a machine have drawn of a job. Those before the present
// one had other names, which begin with the machine's.
func (c comparison) workOn(ctx context.Context, id spec.ID, host string, sound map[string]bool) (string, error) {
	kept, err := c.ledger.History(ctx, id)
	if err != nil {
		return "", err
	}
	recent, err := c.queue.HistoryOf(ctx, id)
	if err != nil {
		return "", err
	}
	var did []string
	for _, s := range job.MergeHistory(kept, recent) {
		if !strings.HasPrefix(s.Worker, host+"-") || sound[s.Worker] || s.Error != "" {
			continue
		}
		if s.Kind == job.KindBand {
			did = append(did, fmt.Sprintf("band %d by %s", s.Band, s.Worker))
		} else {
			did = append(did, fmt.Sprintf("%s by %s", s.Kind, s.Worker))
		}
	}
	return strings.Join(slices.Compact(did), ", "), nil
}
