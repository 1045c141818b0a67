package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

// How a job ended that was watched.
var (
	errJobFailed   = errors.New("the job failed")
	errJobCanceled = errors.New("the job was canceled")
)

func watchCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "watch JOB",
		Short: "Show a job's progress until it ends",
		Long: `Show a job's progress until it ends: as a bar on a terminal, otherwise as a line
for every change. A farm that restarts meanwhile is waited for.`,
	}
	return jobCommand(env, cmd, func(ctx context.Context, c *caller, id spec.ID) error {
		_, err := c.watch(ctx, id, c.stdout)
		return err
	})
}

// watch shows a job's progress until it ends, in lines on w if it is neither JSON
// nor a terminal. A job that does not end well is an error.
func (c *caller) watch(ctx context.Context, id spec.ID, w io.Writer) (last job.Status, err error) {
	show := c.shower(w)
	for last, err = range c.farm.Watch(ctx, id) {
		if err != nil {
			break
		}
		if err := show(last); err != nil {
			return last, err
		}
	}
	if ctx.Err() != nil {
		return last, fmt.Errorf("interrupted; job %s goes on", id)
	}
	if err != nil {
		return last, err
	}
	return last, ending(last)
}

// shower returns what shows the statuses of one job.
func (c *caller) shower(w io.Writer) func(job.Status) error {
	switch {
	case c.json:
		return func(st job.Status) error { return c.print(st, nil) }
	case isTerminal(c.stderr):
		return jobBar(c.stderr)
	}
	said := ""
	return func(st job.Status) error {
		now := standing(st)
		if now == said {
			return nil
		}
		said = now
		_, err := fmt.Fprintln(w, now)
		return err
	}
}

// ending is the error of a job that ended without a picture.
func ending(st job.Status) error {
	switch st.State {
	case job.Failed:
		return fmt.Errorf("%w: %s", errJobFailed, st.Error)
	case job.Canceled:
		return errJobCanceled
	case job.Queued, job.Running, job.Done:
	}
	return nil
}

// barSteps is how finely a bar shows the fraction that is done.
const barSteps = 1000

// jobBar is a bar on a terminal.
func jobBar(w io.Writer) func(job.Status) error {
	bar := progressbar.NewOptions(barSteps,
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetPredictTime(false), // the farm knows better
		progressbar.OptionShowDescriptionAtLineEnd(),
		progressbar.OptionSetWidth(30),
		progressbar.OptionClearOnFinish(),
	)
	return func(st job.Status) error {
		if !st.State.Final() {
			bar.Describe(standing(st))
			return bar.Set(min(int(barSteps*st.Fraction), barSteps-1))
		}
		_ = bar.Clear() // the line below says it all
		_, err := fmt.Fprintln(w, standing(st))
		return err
	}
}
