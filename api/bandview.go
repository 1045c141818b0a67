package api

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"

	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/pyramid"
	"mandelfarm/renderer/bandpng"
	"mandelfarm/renderer/shade"
	"mandelfarm/renderer/spec"
)

// mostOfBands bounds the pixels of bands that are decoded for a view of a picture that is being drawn. What would take more
// is shown by the preview, which has fewer pixels than such a view.
const mostOfBands = 64 << 20

// addBands adds what is stored of a region to a canvas.
func (s *Server) addBands(ctx context.Context, st job.Status, region image.Rectangle, canvas *pyramid.Canvas) error {
	if int64(region.Dy())*int64(st.Spec.Width) > mostOfBands {
		return nil
	}
	plan, planned, err := s.deps.Ledger.Plan(ctx, st.Job)
	if err != nil || !planned {
		return err
	}
	shader := shade.New(st.Spec)
	h := bandpng.Header{Width: st.Spec.Width, Height: st.Spec.Height, Format: shader.Format(), Palette: shader.Palette()}
	for i, band := range plan.Bands {
		rows := band.Rows()
		if rows.Start >= region.Max.Y || rows.End <= region.Min.Y {
			continue
		}
		stored, there, err := s.deps.Ledger.Band(st.ID, i).Find(ctx)
		if there && err == nil {
			err = addBand(ctx, stored, rows, region, h, canvas)
		}
		if err != nil && !isNoBand(err) {
			return fmt.Errorf("band %d of %s: %w", i, st.ID, err)
		}
	}
	return nil
}

// isNoBand reports whether there is nothing to see of a band: it is assembled this moment, or damaged and to be drawn again.
func isNoBand(err error) bool {
	return ledger.IsAbsent(err) || errors.Is(err, bandpng.ErrFormat) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// addBand adds the segments of a band that are in the region: those before are passed over by the lengths of their chunks.
func addBand(ctx context.Context, stored ledger.Stored, rows spec.Rows, region image.Rectangle, h bandpng.Header, canvas *pyramid.Canvas) error {
	at := int64(0)
	for start := rows.Start; start < min(rows.End, region.Max.Y); start += spec.SegmentRows {
		if at+bandpng.ChunkFrame > stored.Size {
			return io.ErrUnexpectedEOF
		}
		length, err := stored.ReadAt(ctx, at, at+4)
		if err != nil {
			return err
		}
		size := min(int64(binary.BigEndian.Uint32(length))+bandpng.ChunkFrame, stored.Size-at)
		end := min(rows.End, start+spec.SegmentRows)
		if end > region.Min.Y {
			chunk, err := stored.ReadAt(ctx, at, at+size)
			if err != nil {
				return err
			}
			pixels, err := h.Unpack(chunk, end-start)
			if err != nil {
				return err
			}
			canvas.Add(h, start, pixels)
		}
		at += size
	}
	return nil
}
