package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"mandelfarm/job"
)

func quoteCommand(env environment) *cobra.Command {
	var view viewFlags
	cmd := &cobra.Command{
		Use:   "quote [SPEC.json]",
		Short: "Tell what a picture will cost",
		Long: `Tell what a picture will cost a farm, before it is asked for: the time of its
workers, the size of the file and the memory, and whether there is anything to
see. SPEC.json says what to draw, in the form that POST /jobs takes; - reads it
from standard input. Or flags say it, as those of submit.`,
		Example: `  mandelfarm quote --width 30000 --height 20000 --re -0.743643887 --im 0.1318259 --radius 1e-4`,
		Args:    usage(cobra.MaximumNArgs(1)),
	}
	clientCommand(env, cmd, func(ctx context.Context, c *caller, args []string) error {
		s, err := view.spec(cmd.Flags(), args, c.stdin)
		if err != nil {
			return err
		}
		q, err := c.farm.Quote(ctx, s)
		if err != nil {
			return err
		}
		if c.json {
			return c.printJSON(q)
		}
		_, err = fmt.Fprintln(c.stdout, quoteText(q))
		return err
	})
	view.add(cmd.Flags())
	return cmd
}

// quoteText is a quote in words.
func quoteText(q job.Quote) string {
	var out strings.Builder
	fmt.Fprintf(&out, "cost        %s of one core", duration(q.CoreSeconds))
	if q.Seconds > 0 {
		fmt.Fprintf(&out, ", %s of all there are (workers: %d)", duration(q.Seconds), q.Workers)
	}
	fmt.Fprintf(&out, "\nprepass     %s\npoints      %d, %.1f %% inside\niterations  %d\nfile        at most %s\nmemory      about %s",
		duration(q.PrepassSeconds), q.Points, 100*q.Inside, q.Iterations, size(q.MostBytes), size(q.MemoryBytes))
	if q.Undecided > 0 {
		fmt.Fprintf(&out, "\nundecided   about %d pixels", q.Undecided)
	}
	for _, w := range q.Warnings {
		fmt.Fprintf(&out, "\nwarning     %s: %s", w.Field, w.Reason)
		if w.MaxIterations > 0 {
			fmt.Fprintf(&out, "; a limit of %d shows more", w.MaxIterations)
		}
		if w.Radius != "" {
			fmt.Fprintf(&out, "; a radius of %s shows some", w.Radius)
		}
	}
	return out.String()
}

// duration is a number of seconds in words, to as many digits as an estimate has.
func duration(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d > time.Minute:
		return d.Round(time.Second).String()
	case d > time.Second:
		return d.Round(10 * time.Millisecond).String()
	}
	return d.Round(100 * time.Microsecond).String()
}
