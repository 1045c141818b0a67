package worker

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/renderer"
	"mandelfarm/storage"
)

// A stored band is its PNG data followed by a trailer: what the assembly needs
// to know of it, in big-endian numbers of 32 bits.
//
//	the two halves of the checksum (renderer.Sum.A, .B), the length modulo 65521
//	(.Bytes), and bandMagic
const (
	trailerSize = 16
	bandMagic   = 0x6d66_6264 // "mfbd"
)

var errBand = errors.New("not a stored band")

func trailer(sum renderer.Sum) []byte {
	var t []byte
	for _, n := range []uint32{sum.A, sum.B, sum.Bytes, bandMagic} {
		t = binary.BigEndian.AppendUint32(t, n)
	}
	return t
}

func readTrailer(t []byte) (renderer.Sum, error) {
	if len(t) != trailerSize || binary.BigEndian.Uint32(t[12:]) != bandMagic {
		return renderer.Sum{}, errBand
	}
	return renderer.Sum{
		A: binary.BigEndian.Uint32(t), B: binary.BigEndian.Uint32(t[4:]), Bytes: binary.BigEndian.Uint32(t[8:]),
	}, nil
}

// drawBand makes sure that a band is stored and queues what comes next. It
// returns errSettled then: other tasks go on with the job.
func (w *Worker) drawBand(ctx context.Context, t job.Task) error {
	j := t.Job()
	plan, planned, err := w.ledger.Plan(ctx, j)
	switch {
	case err != nil:
		return err
	case !planned || t.Band < 0 || t.Band >= len(plan.Bands): // assembled meanwhile, or never planned
		return errSettled
	}
	key, start := ledger.BandKey(t.ID, t.Band), time.Now()
	_, err = w.store.Stat(ctx, key)
	if errors.Is(err, storage.ErrNotFound) {
		_, err = w.stream(ctx, key, "application/octet-stream", func(out io.Writer) error {
			return writeBand(ctx, out, t.Spec, plan.Bands[t.Band].Rows(), w.render)
		})
		if err == nil {
			w.log.LogAttrs(ctx, slog.LevelInfo, "band drawn", slog.String("id", string(t.ID)),
				slog.Int("band", t.Band), slog.Duration("took", time.Since(start)))
		}
	}
	if err != nil {
		return fmt.Errorf("band %d of %s: %w", t.Band, t.ID, err)
	}
	if err := w.follow(ctx, j, plan, t.Band); err != nil {
		return err
	}
	w.announce(ctx, job.Notice{ID: t.ID, State: job.Running})
	return errSettled
}

func writeBand(ctx context.Context, out io.Writer, s renderer.Spec, rows renderer.Rows, opt renderer.Options) error {
	sum, err := renderer.WriteBand(ctx, out, s, rows, opt)
	if err == nil {
		_, err = out.Write(trailer(sum))
	}
	return err
}

// follow notes that a band is stored, and queues the next one, or after the last
// the assembly.
func (w *Worker) follow(ctx context.Context, j job.Job, plan job.Plan, band int) error {
	stored, err := w.board.Stored(ctx, j.ID, band)
	if err != nil {
		return err
	}
	if stored >= len(plan.Bands) {
		return w.queue.Enqueue(ctx, j.AssembleTask())
	}
	next, err := w.board.Next(ctx, j.ID, 1)
	if err != nil || next >= len(plan.Bands) {
		return err
	}
	return w.queue.Enqueue(ctx, j.BandTask(next))
}

// assemble makes one file of the bands, which must all be stored, and returns
// its size. It holds no more of it than a few kilobytes and what storage needs
// for a stream.
func (w *Worker) assemble(ctx context.Context, t job.Task) (size int64, err error) {
	j, start := t.Job(), time.Now()
	info, err := w.store.Stat(ctx, ledger.ImageKey(t.ID))
	if err == nil {
		return info.Size, w.clear(ctx, t.ID)
	}
	if !errors.Is(err, storage.ErrNotFound) {
		return 0, err
	}
	plan, planned, err := w.ledger.Plan(ctx, j)
	if err == nil && !planned { // assembled meanwhile, and the image removed
		err = errSettled
	}
	if err != nil {
		return 0, err
	}
	stored, err := w.ledger.Bands(ctx, t.ID)
	if err != nil {
		return 0, err
	}
	for band := range plan.Bands {
		if _, ok := stored[band]; !ok { // somebody counted wrong
			return 0, errors.Join(w.advance(ctx, j, plan), errSettled)
		}
	}
	size, err = w.stream(ctx, ledger.ImageKey(t.ID), "image/png", func(out io.Writer) error {
		return w.concatenate(ctx, out, j, stored)
	})
	if err != nil {
		return 0, fmt.Errorf("assemble %s: %w", t.ID, err)
	}
	w.log.LogAttrs(ctx, slog.LevelInfo, "assembled", slog.String("id", string(t.ID)), slog.Int("bands", len(plan.Bands)),
		slog.Int64("bytes", size), slog.Duration("took", time.Since(start)))
	return size, w.clear(ctx, t.ID)
}

// concatenate writes the file: head, bands of the given sizes, tail.
func (w *Worker) concatenate(ctx context.Context, out io.Writer, j job.Job, sizes map[int]int64) error {
	head, err := renderer.Head(j.Spec)
	if err != nil {
		return err
	}
	if _, err := out.Write(head); err != nil {
		return err
	}
	var sum renderer.Sum
	for band := range len(sizes) {
		of, err := w.copyBand(ctx, out, ledger.BandKey(j.ID, band), sizes[band])
		if err != nil {
			return err
		}
		sum = sum.Then(of)
	}
	_, err = out.Write(renderer.Tail(sum))
	return err
}

// copyBand writes the data of a stored band and returns its checksum.
func (w *Worker) copyBand(ctx context.Context, out io.Writer, key string, size int64) (renderer.Sum, error) {
	body, info, err := w.store.Get(ctx, key, 0, -1)
	if err != nil {
		return renderer.Sum{}, err
	}
	defer body.Close()
	if info.Size != size || size < trailerSize {
		return renderer.Sum{}, fmt.Errorf("%s: %w", key, errBand)
	}
	if _, err := io.CopyN(out, body, size-trailerSize); err != nil {
		return renderer.Sum{}, err
	}
	end := make([]byte, trailerSize)
	if _, err := io.ReadFull(body, end); err != nil {
		return renderer.Sum{}, err
	}
	return readTrailer(end)
}

// clear removes what only the making of the image needed.
func (w *Worker) clear(ctx context.Context, id renderer.ID) error {
	if err := w.ledger.RemoveParts(ctx, id); err != nil {
		return err
	}
	return w.board.Forget(ctx, id)
}
