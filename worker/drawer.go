package worker

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"time"

	"mandelfarm/internal/tally"
	"mandelfarm/ledger"
	"mandelfarm/renderer"
	"mandelfarm/renderer/panics"
)

// drawer stores what the renderer makes.
type drawer struct {
	ledger    *ledger.Ledger
	render    renderer.Options
	prepasses *prepasses
	teller    teller
	observer  Observer
	log       *slog.Logger
	pixels    *tally.Tally // that were drawn of late
}

// lately is how far back the speed of drawing is measured, and history how far back that is known, in parts of that length.
const (
	lately  = 10 * time.Second
	history = 5 * time.Minute
)

// stream stores what write writes, while it writes, and returns its size. Nothing is
// stored if write fails.
func (d *drawer) stream(ctx context.Context, to ledger.Object, write func(io.Writer) error) (size int64, err error) {
	r, pw := io.Pipe()
	count := &counter{w: pw}
	var writing sync.WaitGroup
	var wrote error
	writing.Go(func() {
		defer func() { _ = pw.CloseWithError(wrote) }() // always nil
		defer panics.Recover(&wrote)
		wrote = write(count)
	})
	err = store(ctx, to, r)
	_ = r.CloseWithError(err) // always nil; ends the writer if storing failed
	writing.Wait()
	if wrote != nil && err != nil && !outage(wrote) {
		err = wrote // the store failed because the writer did
	}
	return count.n, err
}

// store stores what r yields. A panic is an error, or the writer at the other end of r
// would wait for ever.
func store(ctx context.Context, to ledger.Object, r io.Reader) (err error) {
	defer panics.Recover(&err)
	return to.Store(ctx, r)
}

// counter counts what passes through.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}
