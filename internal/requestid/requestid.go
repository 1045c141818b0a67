// Package requestid names requests. What the farm does for one, in whatever process, is logged under its ID: the API makes
// it, or takes the client's, and the queue carries it with the tasks that follow from the request.
package requestid

import (
	"context"
	"crypto/rand"
	"strconv"
	"strings"
	"sync/atomic"
)

// maxLength bounds what a client may have written into every line: a UUID has 36 characters, a W3C traceparent 55.
const maxLength = 64

// Valid reports whether an ID from outside can be taken as it is: not empty, short, and of characters that mean nothing to
// a log, a shell or a header.
func Valid(id string) bool {
	if id == "" || len(id) > maxLength {
		return false
	}
	for i := range len(id) {
		c := id[i]
		isAlphanumeric := '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !isAlphanumeric && !strings.ContainsRune("-_.:", rune(c)) {
			return false
		}
	}
	return true
}

// Source makes IDs that no other source makes. It is safe for concurrent use.
type Source struct {
	prefix string // random: 60 bits
	count  atomic.Uint64
}

// NewSource is a source for a process.
func NewSource() *Source { return &Source{prefix: strings.ToLower(rand.Text()[:12]) + "-"} }

// batch is how many IDs are made at once.
const batch = 64

// Batch makes some IDs, in two allocations: one request that is answered from memory has not the time for as many.
func (s *Source) Batch() []string {
	first := s.count.Add(batch) - batch
	var text strings.Builder
	text.Grow(batch * (len(s.prefix) + 8))
	var room [16]byte
	ids := make([]string, batch)
	for i := range ids {
		start := text.Len()
		text.WriteString(s.prefix)
		text.Write(strconv.AppendUint(room[:0], first+uint64(i), 32))
		ids[i] = text.String()[start:]
	}
	return ids
}

// Key is the key of a request's ID among a context's values.
type Key struct{}

// With is a context for what follows from a request.
func With(ctx context.Context, id string) context.Context {
	if id == "" {
		return ctx
	}
	return context.WithValue(ctx, Key{}, id)
}

// Of is the ID of the request that something follows from, empty if that is not known.
func Of(ctx context.Context) string {
	id, _ := ctx.Value(Key{}).(string)
	return id
}
