package ledger

import (
	"context"
	"fmt"

	"mandelfarm/job"
)

// Purge removes a job that has ended, its picture and all that is on record of it. It
// is complete when it returns nil, and can be repeated until then: the job's record,
// without which the job is unknown, goes last. Whoever submits the Spec in the same
// moment may find that the job is unknown, and submits it again.
func (l *Ledger) Purge(ctx context.Context, j job.Job) error {
	if err := l.purge(ctx, j); err != nil {
		return fmt.Errorf("purge job %s: %w", j.ID, err)
	}
	return nil
}

func (l *Ledger) purge(ctx context.Context, j job.Job) error {
	number, err := l.number(ctx, j.ID)
	if err != nil {
		return err
	}
	keys := []string{imageKey(j.ID, j.Spec.Format), recentKey(j), openEntryKey(j), pausedKey(j.ID)}
	for n := range number + 1 {
		keys = append(keys, openKey(j.ID, n))
	}
	for info, err := range l.store.List(ctx, jobPrefix(j.ID), "") {
		if err != nil {
			return err
		}
		if info.Key != jobKey(j.ID) {
			keys = append(keys, info.Key)
		}
	}
	if err := l.store.Delete(ctx, keys...); err != nil {
		return err
	}
	if j.Layout == layoutGroup {
		if err := l.takeOut(ctx, endGroupKey(j), j.ID); err != nil {
			return err
		}
	}
	return l.store.Delete(ctx, jobKey(j.ID))
}
