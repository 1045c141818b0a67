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
	var stints []job.Stint
	err := l.read(ctx, historyKey(id), &stints)
	if errors.Is(err, storage.ErrNotFound) || errors.Is(err, errUnreadable) || errors.Is(err, storage.ErrDamaged) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("history of job %s: %w", id, err)
	}
	return stints, nil
}

// AddHistory puts stints on record, beside those that are.
func (l *Ledger) AddHistory(ctx context.Context, id spec.ID, stints []job.Stint) error {
	known, err := l.History(ctx, id)
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
