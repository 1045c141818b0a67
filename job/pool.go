package job

import (
	"fmt"
	"slices"
	"strings"

	"mandelfarm/renderer/spec"
)

// Pool names workers that do the tasks of the jobs that ask for it, and nothing else. The
// empty one is that of all other workers and jobs.
type Pool string

// maxPool is how many characters the name of a pool has at most: it is in keys of Redis
// and in labels of metrics.
const maxPool = 32

// ParsePool reads the name of a pool: letters a-z, digits and dashes, the first a letter.
// The empty one is the default pool.
func ParsePool(text string) (Pool, error) {
	const letters, others = "abcdefghijklmnopqrstuvwxyz", "0123456789-"
	if text == "" {
		return "", nil
	}
	if len(text) > maxPool || strings.Trim(text, letters+others) != "" || !strings.Contains(letters, text[:1]) {
		return "", &spec.FieldError{Field: "pool", Reason: fmt.Sprintf("must be of 1 to %d of the characters a-z, 0-9 and -, the first a letter", maxPool)}
	}
	return Pool(text), nil
}

// poolMark is between what a lane is for and its pool.
const poolMark = "@"

// In is the lane of a pool that is for the same as this lane of the default pool.
func (l Lane) In(p Pool) Lane {
	if p == "" {
		return l
	}
	return l + poolMark + Lane(p)
}

// Pool is the pool whose workers take the lane's tasks.
func (l Lane) Pool() Pool {
	_, p, _ := strings.Cut(string(l), poolMark)
	return Pool(p)
}

// Base is the lane of the default pool that is for the same.
func (l Lane) Base() Lane {
	base, _, _ := strings.Cut(string(l), poolMark)
	return Lane(base)
}

// Lanes lists the lanes of a pool. Nobody waits for a picture in any but the default pool.
func (p Pool) Lanes() []Lane {
	if p == "" {
		return Lanes()
	}
	return []Lane{Control.In(p), Batch.In(p)}
}

// ParseLane reads a lane of any pool; false if it is none.
func ParseLane(text string) (Lane, bool) {
	l := Lane(text)
	p, err := ParsePool(string(l.Pool()))
	return l, err == nil && slices.Contains(p.Lanes(), l)
}
