package ledger

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

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
	if err := l.store.Delete(ctx, damaged.Key); err != nil {
		return false, err
	}
	id, isImage := parseImageKey(damaged.Key)
	if !isImage {
		return true, nil
	}
	st, err := l.Status(ctx, id)
	if notOurs(err) {
		return true, nil // nobody's but those who asked for it, or who will ask for it
	}
	if err == nil && st.State == job.Done && st.Spec.ID() == id {
		_, err = l.AcceptAs(ctx, st.Spec, st.Priority)
	}
	return true, err
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

// ScrubbedTo returns how far the last scrub has come: a key, empty if it has come to
// the end, or that is not known.
func (l *Ledger) ScrubbedTo(ctx context.Context) (key string, err error) {
	data, err := storage.ReadAll(ctx, l.store, scrubKey, maxRecord)
	if IsAbsent(err) {
		return "", nil
	}
	return string(data), err
}

// NoteScrub records how far a scrub has come.
func (l *Ledger) NoteScrub(ctx context.Context, key string) error {
	return l.store.Put(ctx, scrubKey, "text/plain", strings.NewReader(key))
}
