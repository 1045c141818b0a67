package worker

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"log/slog"
	"time"

	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/preview"
	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage"
)

// A stored band is its data of the file followed by a trailer: what the assembly needs
// to know of it, in big-endian numbers of 32 bits.
//
//	its first row and the one after its last
//	the two halves of the checksum (renderer.Sum.A, .B) and the length modulo 65521
//	(.Bytes); zeros in raw data
//	CRC-32C of the data and these numbers, so that what storage garbles gets
//	into no file
//	bandMagic
const (
	trailerSize = 28
	bandMagic   = 0x6d66_6264 // "mfbd"
)

// errBand: the object is not the band it should be.
var errBand = errors.New("not the stored band")

func newCheck() hash.Hash32 { return crc32.New(crc32.MakeTable(crc32.Castagnoli)) }

// trailer ends the check of a band's data.
func trailer(rows spec.Rows, sum renderer.Sum, check hash.Hash32) []byte {
	var t []byte
	for _, n := range []uint32{
		uint32(rows.Start), uint32(rows.End), //nolint:gosec // a file has fewer than 2^31 rows
		sum.A, sum.B, sum.Bytes,
	} {
		t = binary.BigEndian.AppendUint32(t, n)
	}
	_, _ = check.Write(t) // never fails
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(t, check.Sum32()), bandMagic)
}

// readTrailer returns the checksum in the trailer of a band, which must be of
// these rows and fit the check of its data.
func readTrailer(t []byte, rows spec.Rows, check hash.Hash32) (renderer.Sum, error) {
	number := func(i int) uint32 { return binary.BigEndian.Uint32(t[4*i:]) }
	sum := renderer.Sum{A: number(2), B: number(3), Bytes: number(4)}
	if string(t) != string(trailer(rows, sum, check)) {
		return renderer.Sum{}, errBand
	}
	return sum, nil
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
	_, err = w.store.Stat(ctx, ledger.BandKey(t.ID, t.Band))
	if errors.Is(err, storage.ErrNotFound) {
		err = w.storeBand(ctx, t, plan.Bands[t.Band].Rows())
	}
	if err != nil {
		return fmt.Errorf("band %d of %s: %w", t.Band, t.ID, err)
	}
	err = w.follow(ctx, j, plan, t.Band)
	w.announce(ctx, job.Notice{ID: t.ID, State: job.Running})
	return settled(err)
}

// storeBand draws a band and stores it, unless the job is assembled meanwhile: a
// band that came after the others were removed would stay for good.
func (w *Worker) storeBand(ctx context.Context, t job.Task, rows spec.Rows) error {
	key, start := ledger.BandKey(t.ID, t.Band), time.Now()
	sampler := preview.NewSampler(preview.Of(t.Spec), rows)
	options, err := w.options(ctx, t.Spec, true)
	if err != nil {
		return err
	}
	options.Segment = sampler.Add
	_, err = w.stream(ctx, key, "application/octet-stream", func(out io.Writer) error {
		return writeBand(ctx, out, t.Spec, rows, options)
	})
	if err != nil {
		return err
	}
	w.log.LogAttrs(ctx, slog.LevelInfo, "band drawn", slog.String("id", string(t.ID)),
		slog.Int("band", t.Band), slog.Duration("took", time.Since(start)))
	planned, err := w.ledger.Planned(ctx, t.ID)
	if err != nil {
		return err
	}
	if !planned {
		return settled(w.store.Delete(ctx, key))
	}
	w.show(ctx, t, sampler)
	return nil
}

// show puts what a band looks like where the preview is made of it. What is
// missing there stays coarse.
func (w *Worker) show(ctx context.Context, t job.Task, sampler *preview.Sampler) {
	strip, err := sampler.Strip()
	if err == nil && strip != nil {
		err = w.farm.Show(ctx, t.ID, t.Band, strip)
	}
	if err != nil {
		w.log.LogAttrs(ctx, slog.LevelWarn, "band not shown", slog.String("id", string(t.ID)),
			slog.Int("band", t.Band), slog.Any("err", err))
	}
}

func writeBand(ctx context.Context, out io.Writer, s spec.Spec, rows spec.Rows, opt renderer.Options) error {
	check := newCheck()
	sum, err := renderer.WriteBand(ctx, io.MultiWriter(out, check), s, rows, opt)
	if err == nil {
		_, err = out.Write(trailer(rows, sum, check))
	}
	return err
}

// follow notes that a band is stored, and queues the next one, or after the last
// the assembly. A band that is delivered again was followed before, or what that
// has failed to queue is missed soon.
func (w *Worker) follow(ctx context.Context, j job.Job, plan job.Plan, band int) error {
	stored, fresh, err := w.farm.Stored(ctx, j.ID, time.Now(), band)
	if err != nil {
		return err
	}
	if stored >= len(plan.Bands) {
		return w.farm.Enqueue(ctx, j.AssembleTask())
	}
	if fresh == 0 {
		return nil
	}
	next, known, err := w.farm.Next(ctx, j.ID, 1)
	switch {
	case err != nil:
		return err
	case !known:
		if err := w.wanted(ctx, j.ID); err != nil { // canceled this moment
			return err
		}
		return w.advance(ctx, j, plan)
	case next >= len(plan.Bands):
		return nil
	}
	return w.farm.Enqueue(ctx, j.BandTask(next))
}
