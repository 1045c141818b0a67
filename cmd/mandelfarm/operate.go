package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

// operatorCommands are for those who look after a farm, and jobs that are under way.
func operatorCommands(env environment) []*cobra.Command {
	return []*cobra.Command{
		pauseCommand(env), resumeCommand(env), priorityCommand(env), purgeCommand(env), previewCommand(env), historyCommand(env), linkCommand(env),
		workersCommand(env), queuesCommand(env), drainCommand(env), deliveriesCommand(env), replayCommand(env),
	}
}

func pauseCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{Use: "pause JOB", Short: "Hold a job: nothing more of it is begun"}
	return jobCommand(env, cmd, func(ctx context.Context, c *caller, id spec.ID) error {
		st, err := c.farm.Pause(ctx, id)
		if err != nil {
			return err
		}
		return c.print(st, line)
	})
}

func resumeCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{Use: "resume JOB", Short: "Let a job go on that is held"}
	return jobCommand(env, cmd, func(ctx context.Context, c *caller, id spec.ID) error {
		st, err := c.farm.Resume(ctx, id)
		if err != nil {
			return err
		}
		return c.print(st, line)
	})
}

func priorityCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{
		Use: "priority JOB " + strings.Join(priorities(), "|"), Short: "Change how much of its client's share an open job gets", Args: usage(cobra.ExactArgs(2)),
	}
	return clientCommand(env, cmd, func(ctx context.Context, c *caller, args []string) error {
		if !slices.Contains(priorities(), args[1]) {
			return fmt.Errorf("%w: %q is no priority: want %s", errUsage, args[1], job.OneOf(job.Priorities()))
		}
		id, err := c.resolve(ctx, args[0])
		if err != nil {
			return err
		}
		st, err := c.farm.SetPriority(ctx, id, job.Priority(args[1]))
		if err != nil {
			return err
		}
		return c.print(st, line)
	})
}

func priorities() (names []string) {
	for _, p := range job.Priorities() {
		names = append(names, string(p))
	}
	return names
}

func purgeCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{Use: "purge JOB", Short: "Remove a job that has ended, and its picture"}
	return jobCommand(env, cmd, func(ctx context.Context, c *caller, id spec.ID) error { return c.farm.Purge(ctx, id) })
}

func previewCommand(env environment) *cobra.Command {
	var output string
	cmd := &cobra.Command{Use: "preview JOB -o FILE", Short: "Fetch the picture so far of a large job into a file, a PNG"}
	jobCommand(env, cmd, func(ctx context.Context, c *caller, id spec.ID) error {
		if output == standard {
			return c.farm.Preview(ctx, id, c.stdout)
		}
		return replaceFile("output", output, func(w io.Writer) error { return c.farm.Preview(ctx, id, w) })
	})
	addOutput(cmd, &output)
	_ = cmd.MarkFlagRequired("output") // it exists
	return cmd
}

func linkCommand(env environment) *cobra.Command {
	var validity time.Duration
	cmd := &cobra.Command{Use: "link JOB", Short: "Print an address of a job's picture that is good without a key, for a while"}
	jobCommand(env, cmd, func(ctx context.Context, c *caller, id spec.ID) error {
		l, err := c.farm.Link(ctx, id, validity)
		if err != nil {
			return err
		}
		if c.json {
			return c.printJSON(l)
		}
		_, err = fmt.Fprintln(c.stdout, l.URL)
		return err
	})
	cmd.Flags().DurationVar(&validity, "for", 24*time.Hour, "`duration` that the address is good for, up to 720h")
	arguments(cmd.Flags(), "for")
	return cmd
}

func workersCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{Use: "workers", Short: "List the processes that draw, and what they are at", Args: usage(cobra.NoArgs)}
	return clientCommand(env, cmd, func(ctx context.Context, c *caller, _ []string) error {
		all, err := c.farm.Workers(ctx)
		if err != nil {
			return err
		}
		if !c.json {
			return printWorkers(c.stdout, all, time.Now())
		}
		for _, w := range all {
			if err := c.printJSON(w); err != nil {
				return err
			}
		}
		return nil
	})
}

// printWorkers prints a line for each worker and one for each of its tasks.
func printWorkers(out io.Writer, workers []job.Worker, now time.Time) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, w := range workers {
		fmt.Fprintf(table, "%s\t%s, renderer %s\t%d cores, %d threads\tsince %s\t%s\n",
			w.Name, w.Version, w.RendererVersion, w.Cores, w.Threads, moment(w.Since), condition(w, now))
		for _, hold := range w.Tasks {
			fmt.Fprintf(table, "\t%s\t%s\tfor %s\n", hold.Lane, hold.Task, age(now, hold.Since))
		}
	}
	return table.Flush()
}

// condition is how a worker does.
func condition(w job.Worker, now time.Time) string {
	words := []string{fmt.Sprintf("%.1f Mpixel/s", w.PixelsPerSecond/1e6)}
	if w.Pool != "" {
		words = append(words, "pool "+string(w.Pool))
	}
	if w.Draining {
		words = append(words, "draining")
	}
	for _, lane := range slices.Sorted(maps.Keys(w.Lanes)) {
		if share := w.Lanes[lane]; share.BlockedUntil.After(now) {
			words = append(words, fmt.Sprintf("blocked in lane %s until %s, because %s", lane, moment(share.BlockedUntil), share.BlockedBecause))
		}
	}
	return strings.Join(words, ", ")
}

func age(now, since time.Time) time.Duration { return max(now.Sub(since), 0).Round(time.Second) }

func queuesCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{Use: "queues", Short: "Tell what waits for workers, who gets how much, and what is stuck", Args: usage(cobra.NoArgs)}
	return clientCommand(env, cmd, func(ctx context.Context, c *caller, _ []string) error {
		q, err := c.farm.Queues(ctx)
		if err != nil {
			return err
		}
		if c.json {
			return c.printJSON(q)
		}
		if err := printLanes(c.stdout, q.Lanes, time.Now()); err != nil {
			return err
		}
		if err := printClients(c.stdout, q.Lanes); err != nil {
			return err
		}
		for _, s := range q.Stuck {
			if _, err := fmt.Fprintf(c.stdout, "stuck: %s, for %s: %s\n", stuckWhat(s), age(time.Now(), s.Since), s.Advice); err != nil {
				return err
			}
		}
		return nil
	})
}

func stuckWhat(s job.Stuck) string {
	if s.Task == "" {
		return "lane " + string(s.Lane)
	}
	return fmt.Sprintf("%s %s at %s", s.Kind, s.Task, s.Worker)
}

func printLanes(out io.Writer, lanes []job.Backlog, now time.Time) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "LANE\tWAITING\tACTIVE\tDELAYED\tOLDEST\tSLOTS\tDONE/MIN\t")
	for _, lane := range lanes {
		oldest, state := "", ""
		if !lane.Oldest.IsZero() {
			oldest = age(now, lane.Oldest).String()
		}
		if lane.Paused {
			state = "paused"
		}
		fmt.Fprintf(table, "%s\t%d of %d\t%d\t%d\t%s\t%d\t%d\t%s\n",
			lane.Lane, lane.Waiting+lane.Pending, lane.Limit, lane.Active, lane.Delayed, oldest, lane.Slots, lane.Done, state)
	}
	return table.Flush()
}

// printClients prints what clients have, and have got of late, of lanes.
func printClients(out io.Writer, lanes []job.Backlog) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	title := "\nCLIENT\tLANE\tJOBS WAITING\tCORE SECONDS\tSHARE\n"
	for _, lane := range lanes {
		for _, s := range lane.Clients {
			fmt.Fprint(table, title)
			fmt.Fprintf(table, "%s\t%s\t%d\t%.0f\t%.1f %%\n", cmp.Or(s.Client, "unknown"), lane.Lane, s.Waiting, s.Seconds, 100*s.Share)
			title = ""
		}
	}
	return table.Flush()
}

func drainCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{
		Use: "drain WORKER", Short: "Have a worker finish what it has and take nothing more", Args: usage(cobra.ExactArgs(1)),
		Long: `Have a worker finish what it has and take nothing more, for as long as its
process runs; mandelfarm workers tells the names, and when it has no task left.`,
	}
	return clientCommand(env, cmd, func(ctx context.Context, c *caller, args []string) error {
		return c.farm.Drain(ctx, args[0])
	})
}
