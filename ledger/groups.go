package ledger

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage"
)

// groupWriters is how many objects of a group are written at a time.
const groupWriters = 64

// groupRecord is what is stored of a group under its two keys: its jobs while it is open, and either how they ended or that it is
// dissolved. Records of jobs are apart from each other: one that makes no sense to this version is no matter of the others.
type groupRecord struct {
	ID        spec.ID           `json:"group"`
	Dissolved bool              `json:"dissolved,omitempty"`
	IDs       []spec.ID         `json:"ids,omitempty"` // of the jobs, for who looks for one of them
	Jobs      []json.RawMessage `json:"jobs,omitempty"`
}

func newGroupRecord(id spec.ID, entries []entry) (g groupRecord, err error) {
	g = groupRecord{ID: id, IDs: make([]spec.ID, len(entries)), Jobs: make([]json.RawMessage, len(entries))}
	for i, e := range entries {
		g.IDs[i] = e.ID
		if g.Jobs[i], err = json.Marshal(e); err != nil {
			break
		}
	}
	return g, err
}

// entry is what is said of one of the jobs.
func (g groupRecord) entry(i int) (entry, error) {
	e, err := parseEntry(g.Jobs[i])
	if err == nil && (e.Group != g.ID || e.ID != g.IDs[i]) {
		err = fmt.Errorf("%w: it is not of group %s", errUnreadable, g.ID)
	}
	return e, err
}

// entries are what is said of the jobs, but for those that make no sense to this version.
func (g groupRecord) entries() []entry {
	entries := make([]entry, 0, len(g.Jobs))
	for i := range g.Jobs {
		if e, err := g.entry(i); err == nil {
			entries = append(entries, e)
		}
	}
	return entries
}

// find is what is said of a job.
func (g groupRecord) find(id spec.ID) (entry, bool) {
	i := slices.Index(g.IDs, id)
	if i < 0 {
		return entry{}, false
	}
	e, err := g.entry(i)
	return e, err == nil
}

// readGroup reads the record of a group, which its key names.
func (l *Ledger) readGroup(ctx context.Context, key string) (g groupRecord, err error) {
	data, err := l.load(ctx, key)
	if err == nil {
		err = parse(data, &g)
	}
	if err == nil && (g.ID != groupOfKey(key) || len(g.IDs) != len(g.Jobs)) {
		err = fmt.Errorf("%w: it is of group %s", errUnreadable, g.ID)
	}
	return g, err
}

// newGroupID is an ID that no other group has. It ends with how many jobs the group is made of, two digits, so that whoever lists markers
// knows without reading them.
func newGroupID(size int) spec.ID {
	var id [19]byte
	_, _ = rand.Read(id[:]) // never fails
	return spec.ID(hex.EncodeToString(id[:]) + fmt.Sprintf("%02x", size))
}

// groupSize is how many jobs a group was made of, of which some may have been known before.
func groupSize(id spec.ID) int {
	digits, err := hex.DecodeString(string(id[max(0, len(id)-2):]))
	if err != nil || len(digits) == 0 {
		return 1
	}
	return int(digits[0])
}

// Accepted is what has come of accepting a Spec.
type Accepted struct {
	job.Status
	Err error
}

// AcceptTogether is [Ledger.AcceptAs] for up to [job.MaxGroup] different Specs at once, on terms without a webhook. Those that nobody has accepted
// before become a group, which is returned without jobs if there are none.
func (l *Ledger) AcceptTogether(ctx context.Context, specs []spec.Spec, t job.Terms) ([]Accepted, job.Group) {
	fresh := job.Job{AcceptedAt: l.now().UTC().Truncate(time.Millisecond), Terms: t, Layout: layoutGroup, Group: newGroupID(len(specs))}
	answers := make([]Accepted, len(specs))
	known := make([]bool, len(specs))
	together(len(specs), func(i int) {
		j := fresh
		j.ID, j.Spec = specs[i].ID(), specs[i]
		answers[i].Job, answers[i].Progress = j, job.Progress{State: job.Queued}
		answers[i].Err = l.create(ctx, jobKey(j.ID), recordOf(j))
		known[i] = errors.Is(answers[i].Err, storage.ErrExists)
	})
	g := job.Group{ID: fresh.Group}
	for _, a := range answers {
		if a.Err == nil {
			g.Jobs = append(g.Jobs, a.Job)
		}
	}
	err := l.enterGroup(ctx, g)
	together(len(specs), func(i int) {
		switch a := &answers[i]; {
		case known[i]:
			a.Status, a.Err = l.AcceptAs(ctx, specs[i], t)
		case a.Err == nil && err != nil:
			a.Err = err
		}
		if err := answers[i].Err; err != nil && !known[i] {
			answers[i].Err = fmt.Errorf("accept job %s: %w", answers[i].ID, err)
		}
	})
	if err != nil {
		g.Jobs = nil
	}
	return answers, g
}

// together calls do with the numbers from 0 on, less n, some of them at a time.
func together(n int, do func(i int)) {
	var g errgroup.Group
	g.SetLimit(groupWriters)
	for i := range n {
		g.Go(func() error {
			do(i)
			return nil
		})
	}
	_ = g.Wait() // there is none
}

// enterGroup has the jobs of a group owed, and visible to those who list jobs.
func (l *Ledger) enterGroup(ctx context.Context, g job.Group) error {
	if len(g.Jobs) == 0 {
		return nil
	}
	entries := make([]entry, len(g.Jobs))
	for i, j := range g.Jobs {
		entries[i] = newEntry(j)
	}
	record, err := newGroupRecord(g.ID, entries)
	if err != nil {
		return err
	}
	return l.replace(ctx, openGroupKey(g.Jobs[0]), record)
}

// WantedGroup returns the group that a task is to draw, and whether it is to be drawn, because it is open.
func (l *Ledger) WantedGroup(ctx context.Context, t job.Task) (job.Group, bool, error) {
	g, err := l.openGroup(ctx, openGroupKey(job.Job{Group: t.ID, AcceptedAt: t.AcceptedAt}))
	switch {
	case errors.Is(err, storage.ErrNotFound) || errors.Is(err, errUnreadable): // see OwedGroup
		return g, false, nil
	case err != nil:
		return g, false, fmt.Errorf("group %s: %w", t.ID, err)
	}
	return g, true, nil
}

// OwedGroup returns the group of a marker and whether it is owed. It removes the marker of one that has ended or is dissolved, and
// dissolves one whose marker cannot be read.
func (l *Ledger) OwedGroup(ctx context.Context, m Marker) (job.Group, bool, error) {
	ended, err := l.exists(ctx, endGroupKeyOf(m.key))
	var g job.Group
	if err == nil && !ended {
		g, err = l.openGroup(ctx, m.key)
	}
	switch {
	case ended && err == nil:
		err = l.retire(ctx, m.key)
	case errors.Is(err, errUnreadable):
		err = l.dissolve(ctx, m.key)
	case errors.Is(err, storage.ErrNotFound) || errors.Is(err, job.ErrVersion):
		err = nil
	case err == nil:
		return g, true, nil
	}
	if err != nil {
		err = fmt.Errorf("group %s: %w", m.ID, err)
	}
	return g, false, err
}

// openGroup reads a group by its marker. The error is [job.ErrVersion] if another version has put a job there that makes no sense to
// this one.
func (l *Ledger) openGroup(ctx context.Context, key string) (job.Group, error) {
	record, err := l.readGroup(ctx, key)
	g := job.Group{ID: record.ID}
	for _, e := range record.entries() {
		g.Jobs = append(g.Jobs, e.job())
	}
	if err == nil && (len(g.Jobs) < len(record.Jobs) || len(g.Jobs) == 0) {
		err = job.ErrVersion
	}
	return g, err
}

// retire removes the marker of a group that has its end. If that says that the group is dissolved, whoever has said so may not have known
// the group's jobs.
func (l *Ledger) retire(ctx context.Context, key string) error {
	end, err := l.readGroup(ctx, endGroupKeyOf(key))
	if err == nil && !end.Dissolved {
		return l.removals.Do(ctx, key)
	}
	return l.dissolve(ctx, key)
}

// FinishGroup records that all jobs of a group are done, in the order of its jobs, and reports whether that stands: false if
// the group has been dissolved or ended before.
func (l *Ledger) FinishGroup(ctx context.Context, g job.Group, ends []job.Progress) (bool, error) {
	entries := make([]entry, len(g.Jobs))
	for i, j := range g.Jobs {
		entries[i] = entryOf(run{of: j, Progress: ends[i]})
	}
	key := openGroupKey(g.Jobs[0])
	record, err := newGroupRecord(g.ID, entries)
	if err == nil {
		err = l.create(ctx, endGroupKeyOf(key), record)
	}
	stands := err == nil
	if stands || errors.Is(err, storage.ErrExists) {
		err = l.retireAs(ctx, key, stands)
	}
	if err != nil {
		return false, fmt.Errorf("finish group %s: %w", g.ID, err)
	}
	return stands, nil
}

// retireAs is retire for whoever may know that the end is none that dissolves the group.
func (l *Ledger) retireAs(ctx context.Context, key string, done bool) error {
	if done {
		return l.removals.Do(ctx, key)
	}
	return l.retire(ctx, key)
}

// DissolveGroup has the jobs of a group go on as if each had been accepted alone, unless the group has ended.
func (l *Ledger) DissolveGroup(ctx context.Context, g job.Group) error {
	if err := l.dissolve(ctx, openGroupKey(g.Jobs[0])); err != nil {
		return fmt.Errorf("dissolve group %s: %w", g.ID, err)
	}
	return nil
}

// dissolve is DissolveGroup given the group's marker. The markers of its jobs are there before it is dissolved: what is owed is so
// all the time.
func (l *Ledger) dissolve(ctx context.Context, key string) error {
	members, marked, err := l.members(ctx, key)
	if err != nil {
		return err
	}
	errs := make([]error, len(members))
	together(len(members), func(i int) {
		alone := members[i].job()
		alone.Layout, alone.Group = layoutEntry, ""
		errs[i] = l.create(ctx, openEntryKey(alone), newEntry(alone))
		if errors.Is(errs[i], storage.ErrExists) {
			errs[i] = nil
		}
	})
	if err := errors.Join(errs...); err != nil {
		return err
	}
	err = l.create(ctx, endGroupKeyOf(key), groupRecord{ID: groupOfKey(key), Dissolved: true})
	if err != nil && !errors.Is(err, storage.ErrExists) {
		return err
	}
	if !marked { // one that has come since has jobs that have no markers of their own: see retire
		return nil
	}
	return l.removals.Do(ctx, key)
}

// members are the jobs of a group with a marker, and whether that is there.
func (l *Ledger) members(ctx context.Context, key string) (entries []entry, marked bool, err error) {
	record, err := l.readGroup(ctx, key)
	entries = record.entries()
	switch {
	case errors.Is(err, errUnreadable):
		damage := err
		if entries, err = l.membersOnRecord(ctx, key); err == nil {
			l.damages.mended(ctx, KindMarker, key, damage)
		}
	case errors.Is(err, storage.ErrNotFound):
		return nil, false, nil
	case err == nil && len(entries) < len(record.Jobs):
		err = job.ErrVersion
	}
	return entries, true, err
}

// membersOnRecord are the jobs of a group whose marker cannot be read, by their records.
func (l *Ledger) membersOnRecord(ctx context.Context, key string) (members []entry, err error) {
	for id, err := range l.jobs(ctx) {
		if err != nil {
			return nil, err
		}
		j, err := l.readJob(ctx, id)
		if err == nil && j.Group == groupOfKey(key) {
			members = append(members, newEntry(j))
		}
		if err != nil && !errors.Is(err, storage.ErrNotFound) && !errors.Is(err, errUnreadable) && !errors.Is(err, job.ErrVersion) {
			return nil, err
		}
	}
	return members, nil
}

// standing returns a job as it is laid out by now, and if it has ended with its group, how. One that its group's end does not know is
// laid out alone: the group was dissolved, or the job's record was thought not to have been written.
func (l *Ledger) standing(ctx context.Context, j job.Job) (job.Job, job.Progress, error) {
	queued := job.Progress{State: job.Queued}
	if j.Layout != layoutGroup {
		return j, queued, nil
	}
	record, err := l.readGroup(ctx, endGroupKey(j))
	if errors.Is(err, storage.ErrNotFound) {
		return j, queued, nil
	}
	if err != nil {
		return j, queued, err
	}
	if e, known := record.find(j.ID); known {
		return j, e.Progress, nil
	}
	j.Layout, j.Group = layoutEntry, ""
	return j, queued, nil
}

// alone returns a job as it is laid out when it is in no group that is open: there is something to be said of it, and not of the others.
func (l *Ledger) alone(ctx context.Context, j job.Job) (job.Job, error) {
	now, p, err := l.standing(ctx, j)
	if err != nil || now.Layout != layoutGroup || p.State.Final() {
		return now, ignoreUnreadable(err)
	}
	if err := l.dissolve(ctx, openGroupKey(j)); err != nil {
		return j, err
	}
	now, _, err = l.standing(ctx, j)
	return now, ignoreUnreadable(err)
}

// ignoreUnreadable is for an end that there is, whatever it says: the group is not open.
func ignoreUnreadable(err error) error {
	if errors.Is(err, errUnreadable) {
		return nil
	}
	return err
}

// knows reports whether the marker of an open group has a job.
func (l *Ledger) knows(ctx context.Context, j job.Job) (bool, error) {
	record, err := l.readGroup(ctx, openGroupKey(j))
	if errors.Is(err, storage.ErrNotFound) || errors.Is(err, errUnreadable) {
		return false, nil
	}
	_, known := record.find(j.ID)
	return known, err
}

// takeOut removes a job from the end of its group, and all that is said of it there.
func (l *Ledger) takeOut(ctx context.Context, key string, id spec.ID) error {
	l.takingOut.Lock()
	defer l.takingOut.Unlock()
	record, err := l.readGroup(ctx, key)
	if errors.Is(err, storage.ErrNotFound) || errors.Is(err, errUnreadable) {
		return nil
	}
	if err != nil {
		return err
	}
	i := slices.Index(record.IDs, id)
	if i < 0 {
		return nil
	}
	record.IDs, record.Jobs = slices.Delete(record.IDs, i, i+1), slices.Delete(record.Jobs, i, i+1)
	if len(record.Jobs) == 0 {
		return l.store.Delete(ctx, key)
	}
	return l.replace(ctx, key, record)
}
