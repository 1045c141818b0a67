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

// maxRecord bounds what is read of a record. A Spec within any sensible limit
// of digits is far below it.
const maxRecord = 4 << 20

// The media types that a store with a web face of its own serves objects with.
const (
	jsonType   = "application/json"
	binaryType = "application/octet-stream"
	pngType    = "image/png"
)

// The layouts of jobs ([job.Job.Layout]).
const (
	// layoutResult: the end of the first run is in result.json, and the index entry stays in its place. So is what
	// earlier versions have accepted.
	layoutResult = iota
	// layoutEntry: the index entry is the marker while the first run is open, and another one is its end.
	layoutEntry
	// layoutGroup: as layoutEntry, but marker and end are those of a group, unless that is dissolved (groups.go).
	layoutGroup
)

// jobRecord is a job as it is stored: with the version by which its Spec has its
// ID ([spec.Spec.Version]), so that the job of another version is told from a
// damaged one, and with its layout.
type jobRecord struct {
	Version string  `json:"version"`
	Layout  int     `json:"layout,omitempty"`
	Group   spec.ID `json:"group,omitempty"`
	job.Job
}

func recordOf(j job.Job) jobRecord {
	return jobRecord{Version: spec.Version, Layout: j.Layout, Group: j.Group, Job: j}
}

// job is the job of a record.
func (r jobRecord) job() job.Job {
	r.Job.Layout, r.Job.Group = r.Layout, r.Group
	return r.Job
}

// check reports what is wrong with a record under an ID.
func (r jobRecord) check(id spec.ID) error {
	if r.ID != id {
		return fmt.Errorf("%w: it is of job %s", errUnreadable, r.ID)
	}
	if own := r.Spec.ID(); r.Version == spec.Version && own != id {
		return fmt.Errorf("%w: its Spec is that of job %s", errUnreadable, own)
	}
	return nil
}

// parseJob reads into v the record of a job that may be of another version, which
// is [job.ErrVersion] if it makes no sense to this one.
func parseJob(data []byte, v any) error {
	err := parse(data, v)
	if err == nil {
		return nil
	}
	var of struct {
		Version string `json:"version"`
	}
	if json.Unmarshal(data, &of) == nil && of.Version != "" && of.Version != spec.Version {
		return fmt.Errorf("%w: the job is of version %q of the renderer, and this is %q", job.ErrVersion, of.Version, spec.Version)
	}
	return err
}

// parse reads a record. What is wrong with it is no error of whoever asks for it,
// so that the reason is text alone.
func parse(data []byte, v any) error {
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("%w: %v", errUnreadable, err) //nolint:errorlint // see above
	}
	return nil
}

// job reads the record of a job. The error is [job.ErrUnknown] if there is none,
// [job.ErrUnreadable] if it is damaged, and [job.ErrVersion] if another version
// wrote what makes no sense to this one.
func (l *Ledger) job(ctx context.Context, id spec.ID) (job.Job, error) {
	j, err := l.readJob(ctx, id)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return j, job.ErrUnknown
	case errors.Is(err, errUnreadable):
		l.damages.found(ctx, KindJob, jobKey(id), err)
		return j, job.ErrUnreadable
	}
	return j, err
}

func (l *Ledger) readJob(ctx context.Context, id spec.ID) (job.Job, error) {
	data, err := l.load(ctx, jobKey(id))
	if err != nil {
		return job.Job{}, err
	}
	var r jobRecord
	if err = parseJob(data, &r); err == nil {
		err = r.check(id)
	}
	return r.job(), err
}

// notOurs reports whether an error says that there is no record of the job that
// this version can act on.
func notOurs(err error) bool {
	return errors.Is(err, job.ErrUnknown) || errors.Is(err, job.ErrUnreadable) || errors.Is(err, job.ErrVersion)
}

// load returns a record as it was stored, or errUnreadable. Bytes that were
// damaged on their way from storage are right the second time.
func (l *Ledger) load(ctx context.Context, key string) ([]byte, error) {
	data, err := storage.ReadAll(ctx, l.store, key, maxRecord)
	if errors.Is(err, storage.ErrDamaged) {
		data, err = storage.ReadAll(ctx, l.store, key, maxRecord)
	}
	if errors.Is(err, storage.ErrDamaged) || errors.Is(err, storage.ErrTooLarge) {
		return nil, fmt.Errorf("%w: %w", errUnreadable, err)
	}
	return data, err
}

// read reads a record that is no job's.
func (l *Ledger) read(ctx context.Context, key string, v any) error {
	data, err := l.load(ctx, key)
	if err != nil {
		return err
	}
	return parse(data, v)
}

func (l *Ledger) create(ctx context.Context, key string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return l.store.Create(ctx, key, jsonType, data)
}

// replace stores a record in the place of what is there.
func (l *Ledger) replace(ctx context.Context, key string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return l.store.Put(ctx, key, jsonType, bytes.NewReader(data))
}

// mark stores an empty object; storing it again changes nothing.
func (l *Ledger) mark(ctx context.Context, key string) error {
	return l.store.Put(ctx, key, binaryType, bytes.NewReader(nil))
}

// exists reports whether there is an object: what is in it does not matter.
func (l *Ledger) exists(ctx context.Context, key string) (bool, error) {
	_, err := l.store.Stat(ctx, key)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return false, nil
	case errors.Is(err, storage.ErrDamaged):
		return true, nil
	}
	return err == nil, err
}
