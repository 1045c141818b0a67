package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage"
)

// Examined is something stored that was read whole.
type Examined struct {
	Key    string
	Size   int64 // bytes
	Damage error // what is wrong with it; nil if it is what was stored
}

// Examine reads whole everything that is stored, in the order of keys, from the one
// after a key on, or from the first if that is empty. After an error none follow.
func (l *Ledger) Examine(ctx context.Context, after string) iter.Seq2[Examined, error] {
	return func(yield func(Examined, error) bool) {
		for info, err := range l.store.List(ctx, "", after) {
			if err != nil {
				yield(Examined{}, fmt.Errorf("examine: %w", err))
				return
			}
			e := Examined{Key: info.Key, Size: info.Size}
			err := storage.Verify(ctx, l.store, info.Key)
			switch {
			case errors.Is(err, storage.ErrNotFound): // removed since it was listed
				continue
			case errors.Is(err, storage.ErrDamaged):
				e.Damage, err = err, nil
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

// Heal removes what is damaged and can be made again: images, which jobs that are done
// get once more, bands, previews and prepasses. It reports whether it has; records stay,
// for those who read them know how to do without.
func (l *Ledger) Heal(ctx context.Context, damaged Examined) (bool, error) {
	if !canBeMade(damaged.Key) {
		return false, nil
	}
	id, isImage := parseImageKey(damaged.Key)
	if !isImage {
		err := l.store.Delete(ctx, damaged.Key)
		return err == nil, err
	}
	j, done, err := l.discard(ctx, id, damaged.Key)
	if err == nil && done {
		_, err = l.AcceptAs(ctx, j.Spec, j.Terms) // whoever saw it before it was removed may have ended the job with it
	}
	return err == nil, err
}

// Discard removes an image that is damaged. A job that was done with it is owed once
// more, and is so before the image is gone: whoever asks for it in between is told to
// wait, and not that there is none.
func (l *Ledger) Discard(ctx context.Context, image Object) error {
	id, isImage := parseImageKey(image.key)
	if !isImage {
		return l.Remove(ctx, image)
	}
	_, _, err := l.discard(ctx, id, image.key)
	return err
}

// discard returns the job of an image that it removes, and whether it was done.
func (l *Ledger) discard(ctx context.Context, id spec.ID, key string) (j job.Job, done bool, err error) {
	j, last, err := l.status(ctx, id)
	if err != nil && !notOurs(err) { // else it is nobody's but those who asked for it, or who will ask for it
		return j, false, err
	}
	if done = err == nil && last.State == job.Done && j.Spec.ID() == id; done {
		if _, err := l.owe(ctx, last); err != nil {
			return j, done, err
		}
	}
	return j, done, l.store.Delete(ctx, key)
}

// canBeMade reports whether what is under a key follows from records.
func canBeMade(key string) bool {
	inJob := strings.HasPrefix(key, jobsPrefix)
	return strings.HasPrefix(key, imagePrefix) || strings.HasPrefix(key, prepassPrefix) ||
		inJob && (strings.HasSuffix(key, previewName) || strings.Contains(key, "/"+bandsFolder))
}

// parseImageKey reads the ID from the key of an image.
func parseImageKey(key string) (spec.ID, bool) {
	name, isImage := strings.CutPrefix(key, imagePrefix)
	name, _, _ = strings.Cut(name, ".")
	id, err := spec.ParseID(name)
	return id, isImage && err == nil
}

// Inventory is what is stored, as it was counted.
type Inventory struct {
	Objects int64     `json:"objects"`
	Bytes   int64     `json:"bytes"`
	At      time.Time `json:"counted_at,omitzero"` // the end of the count; zero if there was none yet
}

// Scrub is how far a scrub has come, and what it has counted.
type Scrub struct {
	To      string    `json:"to,omitempty"` // the key that it has come to; empty if it begins anew
	Counted Inventory `json:"counted"`      // up to there
	Last    Inventory `json:"last,omitzero"`
}

// LastScrub returns how far the last scrub has come. Where that is not known, it begins anew.
func (l *Ledger) LastScrub(ctx context.Context) (s Scrub, err error) {
	data, err := storage.ReadAll(ctx, l.store, scrubKey, maxRecord)
	if IsAbsent(err) {
		return Scrub{}, nil
	}
	if err != nil {
		return Scrub{}, err
	}
	if json.Unmarshal(data, &s) != nil {
		s = Scrub{}
	}
	return s, nil
}

// NoteScrub records how far a scrub has come.
func (l *Ledger) NoteScrub(ctx context.Context, s Scrub) error {
	data, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("note scrub: %w", err)
	}
	return l.store.Put(ctx, scrubKey, "application/json", bytes.NewReader(data))
}

// Inventory returns what was stored when the scrub last came to the end.
func (l *Ledger) Inventory(ctx context.Context) (Inventory, error) {
	s, err := l.LastScrub(ctx)
	return s.Last, err
}
