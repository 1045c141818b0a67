package ledger

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"mandelfarm/access"
	"mandelfarm/storage"
)

func accessKey(id string) string { return keysPrefix + id + ".json" }

// parseAccessKey reads the ID of a key from where it is stored.
func parseAccessKey(key string) (id string, ok bool) {
	id = strings.TrimSuffix(strings.TrimPrefix(key, keysPrefix), ".json")
	return id, access.ValidID(id) && accessKey(id) == key
}

// AddKey records a key. The error is that of the store if there is one of its ID.
func (l *Ledger) AddKey(ctx context.Context, k access.Key) error {
	if err := l.create(ctx, accessKey(k.ID), k); err != nil {
		return fmt.Errorf("add key %s: %w", k.ID, err)
	}
	return nil
}

// FindKey makes sure that there is a key, damaged or not. The error is [access.ErrNoKey] if there is none.
func (l *Ledger) FindKey(ctx context.Context, id string) error {
	there := false
	var err error
	if access.ValidID(id) {
		there, err = l.exists(ctx, accessKey(id))
	}
	if err == nil && !there {
		err = access.ErrNoKey
	}
	if err != nil {
		return fmt.Errorf("find key %s: %w", id, err)
	}
	return nil
}

// RemoveKey removes a key, damaged or not. The error is [access.ErrNoKey] if there is none.
func (l *Ledger) RemoveKey(ctx context.Context, id string) error {
	err := l.FindKey(ctx, id)
	if err == nil {
		err = l.store.Delete(ctx, accessKey(id))
	}
	if err != nil {
		return fmt.Errorf("remove key %s: %w", id, err)
	}
	return nil
}

// Keys returns the keys there are, by their IDs. Keys never change, so that of those among known only their presence is looked at. One that is damaged opens
// nothing, and is left out.
func (l *Ledger) Keys(ctx context.Context, known map[string]access.Key) (map[string]access.Key, error) {
	all := make(map[string]access.Key)
	for info, err := range l.store.List(ctx, keysPrefix, "") {
		if err != nil {
			return nil, fmt.Errorf("list keys: %w", err)
		}
		id, ok := parseAccessKey(info.Key)
		if !ok {
			continue
		}
		k, ok := known[id]
		if !ok {
			k, err = l.key(ctx, id)
		}
		switch {
		case errors.Is(err, storage.ErrNotFound): // it is being removed
		case errors.Is(err, errUnreadable):
			l.damages.found(ctx, KindKey, info.Key, err)
		case err != nil:
			return nil, fmt.Errorf("read key %s: %w", id, err)
		default:
			all[id] = k
		}
	}
	return all, nil
}

func (l *Ledger) key(ctx context.Context, id string) (k access.Key, err error) {
	if err = l.read(ctx, accessKey(id), &k); err == nil && k.ID != id {
		err = fmt.Errorf("%w: it is of key %s", errUnreadable, k.ID)
	}
	return k, err
}
