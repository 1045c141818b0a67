package api

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"mandelfarm/access"
	"mandelfarm/ledger"
)

const (
	// keysReread is how soon a process hears of a key that was added or removed, if nobody tells it before.
	keysReread = 5 * time.Second
	// keysGood is for how long keys are taken that were read and can no longer be: a key that is removed must not go on
	// where storage cannot be reached.
	keysGood = time.Minute
)

// KeyNews is how processes tell each other that keys were added or removed.
type KeyNews interface {
	// PublishKeys tells every process.
	PublishKeys(ctx context.Context) error
	// KeysChanged returns a channel that receives when keys may have changed, and its end.
	KeysChanged() (<-chan struct{}, func())
}

// keyring holds the keys of the farm. Times are since the start of the server: a request knows when it came, and another look
// at the clock would take a tenth of an answer from memory.
type keyring struct {
	ledger *ledger.Ledger
	log    *slog.Logger
	began  time.Time
	held   atomic.Pointer[heldKeys]
}

// heldKeys are the keys as they were read.
type heldKeys struct {
	read  time.Duration // when
	known map[string]access.Key
	open  map[string]*heldKey // those that open something
	// taken are texts that were found to fit, by their slots: to hash a text takes a fifth of an answer from memory. They are
	// forgotten when the keys are read again.
	taken [1 << takenBits]atomic.Pointer[takenKey]
}

const takenBits = 6

// takenKey is the text of a key that fits.
type takenKey struct {
	text string
	key  *heldKey
}

// heldKey is a key that opens something.
type heldKey struct {
	id   string
	role access.Role
	lock access.Lock
	ends time.Duration // 0 is never
}

// find is the key of a text that was sent at a time.
func (k *keyring) find(text string, at time.Duration) (*heldKey, error) {
	held := k.held.Load()
	if held == nil || at-held.read > keysGood {
		return nil, errKeysAway
	}
	key := held.find(text)
	if key == nil || key.ends != 0 && at >= key.ends {
		return nil, errBadKey
	}
	return key, nil
}

// find is the key that a text fits, however old it is; nil if there is none.
func (h *heldKeys) find(text string) *heldKey {
	slot := &h.taken[access.Slot(text, takenBits)]
	if taken := slot.Load(); taken != nil && access.Same(taken.text, text) {
		return taken.key
	}
	id, secret, ok := access.Split(text)
	key := h.open[id]
	if !ok || key == nil || !key.lock.Fits(secret) {
		return nil
	}
	slot.Store(&takenKey{strings.Clone(text), key}) // not all of the request's header
	return key
}

// signer is the key that signs links and was made last; false if there is none.
func (k *keyring) signer() (last access.Key, ok bool) {
	held := k.held.Load()
	if held == nil {
		return last, false
	}
	for _, key := range held.known {
		if key.Signs() && (!ok || key.CreatedAt.After(last.CreatedAt)) {
			last, ok = key, true
		}
	}
	return last, ok
}

// signedBy is the key that signs links and has an ID; the zero key, which opens nothing, if there is none.
func (k *keyring) signedBy(id string) access.Key {
	if held := k.held.Load(); held != nil {
		return held.known[id]
	}
	return access.Key{}
}

// reread reads what has changed.
func (k *keyring) reread(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	var known map[string]access.Key
	if held := k.held.Load(); held != nil {
		known = held.known
	}
	read := time.Since(k.began) // what is removed while it is read may be among it
	all, err := k.ledger.Keys(ctx, known)
	if err != nil {
		return err
	}
	k.held.Store(&heldKeys{read: read, known: all, open: k.openers(all)})
	return nil
}

// openers are the keys that open something.
func (k *keyring) openers(all map[string]access.Key) map[string]*heldKey {
	open := make(map[string]*heldKey, len(all))
	for id, key := range all {
		lock, ok := key.Lock()
		if !ok {
			continue
		}
		held := &heldKey{id: id, role: key.Role, lock: lock}
		if !key.ExpiresAt.IsZero() {
			held.ends = max(key.ExpiresAt.Sub(k.began), 1)
		}
		open[id] = held
	}
	return open
}

// follow reads the keys again whenever they may have changed, until ctx ends.
func (k *keyring) follow(ctx context.Context, changed <-chan struct{}) {
	tick := time.NewTicker(keysReread)
	defer tick.Stop()
	away := false
	for {
		err := k.reread(ctx)
		if err != nil && !away && ctx.Err() == nil {
			k.log.LogAttrs(ctx, slog.LevelError, "keys not read", slog.Any("err", err))
		}
		away = err != nil
		select {
		case <-ctx.Done():
			return
		case <-changed:
		case <-tick.C:
		}
	}
}
