package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/maypok86/otter/v2"
	"golang.org/x/sync/singleflight"

	"mandelfarm/internal/logging"
	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/pyramid"
	"mandelfarm/renderer/bandpng"
	"mandelfarm/renderer/panics"
	"mandelfarm/renderer/spec"
)

// pyramids finds the pyramids of finished pictures, and makes those that there are none of.
type pyramids struct {
	ctx     context.Context //nolint:containedctx // one that is made outlives the request that began it, not the server
	ledger  *ledger.Ledger
	log     *slog.Logger
	kept    *otter.Cache[spec.ID, *pyramid.Index]
	shared  singleflight.Group // by ID
	making  chan struct{}      // holds the one that is made
	ongoing *sync.WaitGroup
}

const (
	// maxIndex bounds an index: some 12 bytes for each 64 rows.
	maxIndex = 64 << 20
	// indexBytes bounds the indexes that are kept.
	indexBytes = 64 << 20
)

func newPyramids(ctx context.Context, deps Dependencies, ongoing *sync.WaitGroup) *pyramids {
	return &pyramids{
		ctx: ctx, ledger: deps.Ledger, log: deps.Log, making: make(chan struct{}, 1), ongoing: ongoing,
		kept: otter.Must(&otter.Options[spec.ID, *pyramid.Index]{
			MaximumWeight: indexBytes,
			Weigher: func(_ spec.ID, index *pyramid.Index) uint32 {
				size := 1000 // of the rest
				for _, l := range index.Levels {
					size += 8 * len(l.Segments)
				}
				return uint32(min(size, indexBytes))
			},
		}),
	}
}

// levels is the store of one pyramid.
type levels struct {
	ledger *ledger.Ledger
	id     spec.ID
}

// object is the file of a level.
func (l levels) object(level int) ledger.Object {
	if level == 0 {
		return l.ledger.Image(l.id, spec.PNG)
	}
	return l.ledger.Level(l.id, level)
}

// Open implements [pyramid.Store].
func (l levels) Open(ctx context.Context, level int) (io.ReadCloser, error) {
	body, _, err := l.object(level).Open(ctx)
	return body, err
}

// Store implements [pyramid.Store].
func (l levels) Store(ctx context.Context, level int, write func(io.Writer) error) error {
	in, out := io.Pipe()
	written := make(chan struct{})
	go func() {
		defer close(written)
		var err error
		defer func() { _ = out.CloseWithError(err) }()
		defer panics.Recover(&err)
		err = write(out)
	}()
	err := l.object(level).Store(ctx, in)
	_ = in.CloseWithError(err) // lets the writer go, if it is not done
	<-written
	return err
}

// ReadAt implements [pyramid.Reader].
func (l levels) ReadAt(ctx context.Context, level int, from, to int64) ([]byte, error) {
	return l.object(level).ReadAt(ctx, from, to)
}

// draw draws a view of a finished picture.
func (p *pyramids) draw(ctx context.Context, id spec.ID, v pyramid.View) (image.Image, error) {
	index, err := p.find(ctx, id)
	if err != nil {
		return nil, err
	}
	img, err := index.Draw(ctx, levels{p.ledger, id}, v)
	if ledger.IsAbsent(err) || errors.Is(err, bandpng.ErrFormat) { // it was removed, or is damaged
		p.kept.Invalidate(id)
		err = errors.Join(fmt.Errorf("%w: %w", errNotReady, err), p.ledger.Remove(ctx, p.ledger.LevelIndex(id)))
	}
	return img, err
}

// find returns the index of a pyramid, which is made if need be, and waited for until ctx ends.
func (p *pyramids) find(ctx context.Context, id spec.ID) (*pyramid.Index, error) {
	if index, ok := p.kept.GetIfPresent(id); ok {
		return index, nil
	}
	p.ongoing.Add(1)
	results := p.shared.DoChan(string(id), func() (index any, err error) {
		defer func() { logging.Panic(p.ctx, p.log, err, slog.String("id", string(id))) }()
		defer panics.Recover(&err)
		return p.load(p.ctx, id)
	})
	finished := make(chan singleflight.Result, 1)
	go func() {
		defer p.ongoing.Done()
		finished <- <-results
	}()
	select {
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case r := <-finished:
		index, _ := r.Val.(*pyramid.Index)
		return index, r.Err
	}
}

// load reads the index from storage, or makes the pyramid.
func (p *pyramids) load(ctx context.Context, id spec.ID) (*pyramid.Index, error) {
	index := new(pyramid.Index)
	data, err := p.ledger.LevelIndex(id).Read(ctx, maxIndex)
	if err == nil {
		err = json.Unmarshal(data, index)
	}
	if err != nil {
		if index, err = p.make(ctx, id); err != nil {
			return nil, err
		}
	}
	p.kept.Set(id, index)
	return index, nil
}

// make makes a pyramid, one at a time.
func (p *pyramids) make(ctx context.Context, id spec.ID) (*pyramid.Index, error) {
	select {
	case p.making <- struct{}{}:
		defer func() { <-p.making }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	began, store := time.Now(), levels{p.ledger, id}
	index, err := pyramid.Levels(ctx, store)
	if ledger.IsAbsent(err) {
		return nil, absent(job.Status{Progress: job.Progress{State: job.Done}})
	}
	var data []byte
	if err == nil {
		data, err = json.Marshal(index)
	}
	if err == nil {
		err = p.ledger.LevelIndex(id).Store(ctx, bytes.NewReader(data))
	}
	if err != nil {
		return nil, fmt.Errorf("levels of job %s: %w", id, err)
	}
	p.log.LogAttrs(ctx, slog.LevelInfo, "levels made", slog.String("id", string(id)), slog.Int("levels", len(index.Levels)),
		slog.Duration("took", time.Since(began)))
	return index, nil
}
