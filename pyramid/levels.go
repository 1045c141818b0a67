package pyramid

import (
	"context"
	"errors"
	"fmt"
	"io"

	"mandelfarm/renderer/bandpng"
	"mandelfarm/renderer/spec"
)

// Store is where the files of a pyramid lie; that of level 0 is the picture.
type Store interface {
	// Open returns a reader of a level's file.
	Open(ctx context.Context, level int) (io.ReadCloser, error)
	// Store stores what write writes as that of a level.
	Store(ctx context.Context, level int, write func(io.Writer) error) error
}

// Levels makes the levels below the picture that are in the store.
func Levels(ctx context.Context, s Store) (*Index, error) {
	picture, err := open(ctx, s, 0)
	if err != nil {
		return nil, err
	}
	index := new(Index)
	width, height := picture.Header.Width, picture.Header.Height
	for level := range Halvings(width, height) {
		if level > 0 {
			if picture, err = open(ctx, s, level); err != nil {
				return nil, err
			}
		}
		var l Level
		err := s.Store(ctx, level+1, func(out io.Writer) error { return picture.halve(ctx, out, &l) })
		if err = errors.Join(err, picture.Close()); err != nil {
			return nil, fmt.Errorf("level %d: %w", level+1, err)
		}
		index.Levels = append(index.Levels, l)
	}
	if len(index.Levels) > 0 {
		picture, err = open(ctx, s, len(index.Levels))
		if err != nil {
			return nil, err
		}
	}
	last, err := picture.scan(ctx)
	index.Levels = append(index.Levels, last)
	return index, errors.Join(err, picture.Close())
}

// source is a file of a pyramid that is read.
type source struct {
	*bandpng.Segments
	io.Closer
}

func open(ctx context.Context, s Store, level int) (source, error) {
	body, err := s.Open(ctx, level)
	if err != nil {
		return source{}, err
	}
	segments, err := bandpng.NewSegments(body, spec.SegmentRows)
	if err != nil {
		return source{}, errors.Join(err, body.Close())
	}
	return source{segments, body}, nil
}

// level is what the index says of the file but for its segments.
func (s source) level() Level {
	return Level{Width: s.Header.Width, Height: s.Header.Height, Format: s.Header.Format, Palette: s.Header.Palette}
}

// scan reads the file for where its segments begin.
func (s source) scan(ctx context.Context) (Level, error) {
	l := s.level()
	return l, s.each(ctx, &l, func([]byte) error { return nil })
}

// each calls use with each segment's pixels, and notes where segments begin.
func (s source) each(ctx context.Context, l *Level, use func(pixels []byte) error) error {
	for {
		at, pixels, err := s.Next()
		if err == nil {
			err = context.Cause(ctx)
		}
		if err == nil || errors.Is(err, io.EOF) {
			l.Segments = append(l.Segments, at)
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if err := use(pixels); err != nil {
			return err
		}
	}
}

// halve writes the picture at half its size, and describes the one that it reads.
func (s source) halve(ctx context.Context, out io.Writer, l *Level) error {
	*l = s.level()
	size := Size(l.Width, l.Height, 1)
	half := bandpng.Header{Width: size.X, Height: size.Y, Format: bandpng.RGB8}
	if _, err := out.Write(bandpng.Head(half)); err != nil {
		return err
	}
	w := halfWriter{out: out, width: size.X}
	err := s.each(ctx, l, func(pixels []byte) error {
		stride := s.Header.Format.Stride(l.Width)
		for len(pixels) > 0 {
			pair := min(len(pixels), 2*stride)
			w.add(s.Header, pixels[:pair], stride)
			pixels = pixels[pair:]
		}
		return w.flush(spec.SegmentRows)
	})
	if err == nil {
		err = w.flush(1)
	}
	if err == nil {
		_, err = out.Write(bandpng.Tail(w.sum))
	}
	return err
}

// halfWriter collects rows of half a picture and writes segments of them.
type halfWriter struct {
	out     io.Writer
	width   int
	encoder bandpng.Encoder
	sum     bandpng.Sum
	pixels  []byte // of rows that are not written yet
	rgb     []byte // of a pair of rows
	packed  []byte
}

// add makes one row of two, or of one that is the last.
func (w *halfWriter) add(h bandpng.Header, pair []byte, stride int) {
	w.rgb = w.rgb[:0]
	for row := pair; len(row) > 0; row = row[stride:] {
		w.rgb = appendRGB(w.rgb, h, row[:stride], 0, h.Width)
	}
	rows := len(pair) / stride
	for x := range w.width {
		columns := min(2, h.Width-2*x)
		for channel := range channels {
			sum := uint64(0)
			for i := range rows * columns {
				value := uint64(w.rgb[(i/columns*h.Width+2*x+i%columns)*channels+channel])
				sum += value * value
			}
			w.pixels = append(w.pixels, rootMean(sum, uint32(rows*columns))) //nolint:gosec // at most 4
		}
	}
}

// flush writes what there is, if that is so many rows.
func (w *halfWriter) flush(rows int) error {
	if len(w.pixels) < rows*w.width*channels {
		return nil
	}
	var sum bandpng.Sum
	w.packed, sum = w.encoder.AppendSegment(w.packed[:0], bandpng.RGB8, w.width, w.pixels)
	w.sum, w.pixels = w.sum.Then(sum), w.pixels[:0]
	_, err := w.out.Write(w.packed)
	return err
}
