package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage"
)

// History is what is on record of who has worked on a job: its runs that have ended.
// What cannot be read is as good as nothing.
func (l *Ledger) History(ctx context.Context, id spec.ID) ([]job.Stint, error) {
	kept, err := l.keptHistory(ctx, id)
	var ends []job.Stint
	if err == nil {
		ends, err = l.stintsOfEnds(ctx, id)
	}
	if err != nil {
		return nil, fmt.Errorf("history of job %s: %w", id, err)
	}
	return job.MergeHistory(kept, ends), nil
}

// keptHistory is what is on record beside the ends of the runs.
func (l *Ledger) keptHistory(ctx context.Context, id spec.ID) (stints []job.Stint, err error) {
	err = l.read(ctx, historyKey(id), &stints)
	if errors.Is(err, storage.ErrNotFound) || errors.Is(err, errUnreadable) || errors.Is(err, storage.ErrDamaged) {
		return nil, nil
	}
	return stints, err
}

// stintsOfEnds is what the ends of the runs say.
func (l *Ledger) stintsOfEnds(ctx context.Context, id spec.ID) (stints []job.Stint, err error) {
	j, last, err := l.status(ctx, id)
	if notOurs(err) {
		return nil, nil
	}
	for n := 0; n <= last.number && err == nil; n++ {
		var end job.Progress
		if end, err = l.result(ctx, run{of: j, number: n}); errors.Is(err, errUnreadable) {
			err = nil
		}
		if s, told := job.StintOf(j, end); told {
			stints = append(stints, s)
		}
	}
	return stints, err
}

// AddHistory puts stints on record, beside those that are. It is for what the end of a run does not say ([job.StintOf]).
func (l *Ledger) AddHistory(ctx context.Context, id spec.ID, stints []job.Stint) error {
	known, err := l.keptHistory(ctx, id)
	var data []byte
	if err == nil {
		data, err = json.Marshal(job.MergeHistory(known, stints))
	}
	if err == nil {
		err = l.store.Put(ctx, historyKey(id), jsonType, bytes.NewReader(data))
	}
	if err != nil {
		return fmt.Errorf("add to history of job %s: %w", id, err)
	}
	return nil
}
