package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/queue"
	"mandelfarm/renderer/spec"
)

// archivist puts the history of a job that has ended into storage, before anybody is
// told that it has. Notices pass it on their way.
type archivist struct {
	*queue.Queue
	ledger *ledger.Ledger
	log    *slog.Logger
}

// Publish tells every process, after what belongs to the end is in storage. Without a
// history a job has ended all the same.
func (a archivist) Publish(ctx context.Context, n job.Notice) error {
	if n.State.Final() {
		if err := a.archive(ctx, n); err != nil {
			a.log.LogAttrs(ctx, slog.LevelWarn, "history not kept", slog.String("id", string(n.ID)), slog.Any("err", err))
		}
	}
	return a.Queue.Publish(ctx, n)
}

func (a archivist) archive(ctx context.Context, n job.Notice) error {
	stints, err := a.HistoryOf(ctx, n.ID)
	if err != nil || len(stints) == 0 { // nobody has worked on it: canceled, or no job
		return err
	}
	if saidByItsEnd(n, stints) {
		return a.Archived(ctx, n.ID)
	}
	now := time.Now().UTC().Truncate(time.Millisecond)
	for i, s := range stints {
		if s.EndedAt.IsZero() && s.Kind != job.KindBand && s.Worker == a.Name() {
			stints[i].EndedAt = now // the task that has ended the job
		}
	}
	if err := a.ledger.AddHistory(ctx, n.ID, stints); err != nil {
		return err
	}
	return a.Archived(ctx, n.ID)
}

// saidByItsEnd reports whether the end of a run says all that there is in its history: one worker has drawn the picture at once. See
// [ledger.Ledger.History].
func saidByItsEnd(n job.Notice, stints []job.Stint) bool {
	s := stints[0]
	return n.State == job.Done && len(stints) == 1 && s.Kind == job.KindImage && s.TakenOver == "" && s.Error == ""
}

func historyCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{Use: "history JOB", Short: "Tell who has worked on a job, and when"}
	return jobCommand(env, cmd, func(ctx context.Context, c *caller, id spec.ID) error {
		stints, err := c.farm.History(ctx, id)
		if err != nil {
			return err
		}
		if !c.json {
			return printHistory(c.stdout, stints)
		}
		for _, s := range stints {
			if err := c.printJSON(s); err != nil {
				return err
			}
		}
		return nil
	})
}

func printHistory(out io.Writer, stints []job.Stint) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, s := range stints {
		what, took, note := string(s.Kind), "no end", s.TakenOver
		if s.Kind == job.KindBand {
			what = fmt.Sprintf("band %d", s.Band)
		}
		if !s.EndedAt.IsZero() {
			took = s.EndedAt.Sub(s.BeganAt).String()
		}
		if s.Error != "" {
			note += " failed: " + s.Error
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", moment(s.BeganAt), what, s.Worker, took, note)
	}
	return table.Flush()
}
