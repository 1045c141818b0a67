package ledger

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"mandelfarm/job"
)

// operationKey orders operations as [recentKey] orders jobs: the newest first. Two of
// one millisecond have different keys.
func operationKey(at time.Time) string {
	return fmt.Sprintf("%s%0*d-%s", operationsPrefix, timeDigits, lastMilli-at.UnixMilli(), strings.ToLower(rand.Text()[:8]))
}

// Log records what an operator is about to do. Nothing that is recorded is ever
// changed or removed by the farm.
func (l *Ledger) Log(ctx context.Context, o job.Operation) error {
	o.At = l.now().UTC().Truncate(time.Millisecond)
	if err := l.create(ctx, operationKey(o.At), o); err != nil {
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
