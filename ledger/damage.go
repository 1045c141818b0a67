package ledger

import (
	"context"
	"errors"
	"sync"
)

// Kind is a kind of record.
type Kind string

// The kinds of records that can be damaged.
const (
	KindJob    Kind = "job"    // what was accepted
	KindResult Kind = "result" // how a run ended
	KindPlan   Kind = "plan"
	KindIndex  Kind = "index"  // what a list shows of a job
	KindMarker Kind = "marker" // that work is owed
	KindKey    Kind = "key"    // that opens the farm; never mended: it is to be removed
	// KindMessage is what a webhook is to be told; mended when the webhook is named again.
	KindMessage Kind = "message"
)

// Kinds lists every kind.
func Kinds() []Kind {
	return []Kind{KindJob, KindResult, KindPlan, KindIndex, KindMarker, KindKey, KindMessage}
}

// Damage is a record that cannot be read, or is not there though it should be.
type Damage struct {
	Kind Kind
	Key  string
	Err  error // what is wrong with it
	// Mended says that the ledger has made up for it. The record of a job that is
	// not mended waits for the same Spec to be submitted again.
	Mended bool
}

var (
	// errUnreadable: a record is there, but it is not what was stored, or somebody
	// else has put it there.
	errUnreadable = errors.New("unreadable record")
	errMissing    = errors.New("missing record")
)

// damages passes on what is damaged: what waits to be mended once, or whoever
// looks at it every few seconds would fill the log.
type damages struct {
	tell func(context.Context, Damage)

	mu   sync.Mutex
	told map[string]struct{} // by key
}

// maxTold bounds what is remembered. Beyond that some are told twice.
const maxTold = 1000

// found tells of a record that is left as it is.
func (d *damages) found(ctx context.Context, kind Kind, key string, err error) {
	if d.isNews(key) {
		d.tell(ctx, Damage{Kind: kind, Key: key, Err: err})
	}
}

func (d *damages) isNews(key string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, ok := d.told[key]; ok {
		return false
	}
	if d.told == nil || len(d.told) == maxTold {
		d.told = make(map[string]struct{})
	}
	d.told[key] = struct{}{}
	return true
}

// mended tells of a record that the ledger has made up for.
func (d *damages) mended(ctx context.Context, kind Kind, key string, err error) {
	d.mu.Lock()
	delete(d.told, key)
	d.mu.Unlock()
	d.tell(ctx, Damage{Kind: kind, Key: key, Err: err, Mended: true})
}
