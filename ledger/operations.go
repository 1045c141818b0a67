package ledger

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"mandelfarm/job"
	"mandelfarm/storage"
)

// operationKey orders operations as [recentKey] orders jobs: the newest first. The suffix
// tells those of one millisecond apart.
func operationKey(at time.Time, suffix string) string {
	return fmt.Sprintf("%s%0*d-%s", operationsPrefix, timeDigits, lastMilli-at.UnixMilli(), suffix)
}

// Log records what an operator is about to do. Nothing that is recorded is ever
// changed or removed by the farm.
func (l *Ledger) Log(ctx context.Context, o job.Operation) error {
	o.At = l.now().UTC().Truncate(time.Millisecond)
	if err := l.create(ctx, operationKey(o.At, strings.ToLower(rand.Text()[:8])), o); err != nil {
		return fmt.Errorf("log %s of %s: %w", o.Action, o.Target, err)
	}
	return nil
}

// LogSeen records what the farm did by itself at o.At, once, however many have seen it
// and say so.
func (l *Ledger) LogSeen(ctx context.Context, o job.Operation) error {
	o.At = o.At.UTC().Truncate(time.Millisecond)
	sum := sha256.Sum256([]byte(string(o.Action) + " " + o.Target + " " + o.Detail))
	err := l.create(ctx, operationKey(o.At, hex.EncodeToString(sum[:4])), o)
	if err != nil && !errors.Is(err, storage.ErrExists) {
		return fmt.Errorf("log %s of %s: %w", o.Action, o.Target, err)
	}
	return nil
}

// Operations returns up to limit of what operators did, the newest first. What this
// version cannot read is left out.
func (l *Ledger) Operations(ctx context.Context, limit int) ([]job.Operation, error) {
	var found []job.Operation
	for info, err := range l.store.List(ctx, operationsPrefix, "") {
		if err != nil {
			return nil, fmt.Errorf("list operations: %w", err)
		}
		if len(found) == limit {
			break
		}
		var o job.Operation
		err := l.read(ctx, info.Key, &o)
		if errors.Is(err, errUnreadable) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("list operations: %w", err)
		}
		found = append(found, o)
	}
	return found, nil
}
