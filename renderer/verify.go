package renderer

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"mandelfarm/renderer/bandpng"
	"mandelfarm/renderer/exr"
	"mandelfarm/renderer/npy"
	"mandelfarm/renderer/spec"
)

// Reasons why a file cannot be verified.
var (
	// ErrNotOurs is that of a file that is damaged, or no PNG, or does not say how it was drawn.
	ErrNotOurs = errors.New("no picture of ours")
	// ErrOtherVersion is that of a file from a renderer whose pixels may be others.
	ErrOtherVersion = errors.New("drawn by another version of the renderer")
)

// DifferenceError says where a file is not what its Spec draws.
type DifferenceError struct{ Where, Got, Want string }

// Error implements error.
func (e *DifferenceError) Error() string {
	return fmt.Sprintf("%s is %s in the file, and %s when drawn again", e.Where, e.Got, e.Want)
}

// Picture is a PNG file of a picture with the Spec it was drawn from.
type Picture struct {
	Spec    spec.Spec
	Version string // of the renderer

	reader *bandpng.Reader
}

// OpenPicture reads a PNG file up to its pixels. Files may come from anywhere: whatever they claim, they make it hold a
// few rows of at most 16 MiB and a Spec. Errors wrap ErrNotOurs, or are r's.
func OpenPicture(r io.Reader) (*Picture, error) {
	const enough = 1 << 15 // for the reader of PNG to take it as it is
	buffered := bufio.NewReaderSize(r, enough)
	if format := rawFormat(buffered); format != spec.PNG {
		return nil, fmt.Errorf("%w: it is raw data of the format %s, and only a PNG can be verified", ErrNotOurs, format)
	}
	reader, err := bandpng.NewReader(buffered)
	if err != nil {
		return nil, notOurs(err)
	}
	p := &Picture{reader: reader}
	text, ok := p.text(specKeyword)
	if !ok {
		return nil, fmt.Errorf("%w: it has no text %q", ErrNotOurs, specKeyword)
	}
	if p.Spec, err = spec.Parse([]byte(text)); err != nil {
		return nil, fmt.Errorf("%w: its Spec: %w", ErrNotOurs, err)
	}
	text, _ = p.text(softwareKeyword)
	if p.Version, ok = strings.CutPrefix(text, software); !ok {
		return nil, fmt.Errorf("%w: it does not say which renderer drew it", ErrNotOurs)
	}
	return p, nil
}

// rawFormat recognises files of raw data by how they begin.
func rawFormat(r *bufio.Reader) spec.FileFormat {
	for format, magic := range map[spec.FileFormat]string{spec.NPY: npy.Magic, spec.EXR: exr.Magic} {
		if start, err := r.Peek(len(magic)); err == nil && string(start) == magic {
			return format
		}
	}
	return spec.PNG
}

func (p *Picture) text(keyword string) (string, bool) {
	texts := p.reader.Header.Text
	i := slices.IndexFunc(texts, func(text bandpng.Text) bool { return text.Keyword == keyword })
	if i < 0 {
		return "", false
	}
	return texts[i].Value, true
}

// notOurs adds ErrNotOurs to errors of the format.
func notOurs(err error) error {
	if errors.Is(err, bandpng.ErrFormat) {
		return fmt.Errorf("%w: %w", ErrNotOurs, err)
	}
	return err
}

// Verify reads the rows of the file and draws at least so many of them again, evenly spread in runs of 64; 0 means all of
// them. It returns how many, and a *DifferenceError for the first pixel that is not what it should be. Progress counts
// all rows of the file. Verify can be called once.
func (p *Picture) Verify(ctx context.Context, rows int, opt Options) (int, error) {
	if p.Version != spec.Version {
		return 0, fmt.Errorf("%w: version %.20q drew it and this is %q, which draws the Spec in it anew: mandelfarm render FILE.png",
			ErrOtherVersion, p.Version, spec.Version)
	}
	painter := newPainter(p.Spec)
	if err := sameHeader(p.reader.Header, painter.header()); err != nil {
		return 0, err
	}
	verified, err := p.verifySegments(ctx, rows, opt)
	if err != nil {
		return verified, notOurs(err)
	}
	return verified, notOurs(p.reader.Close())
}

// sameHeader compares everything but texts.
func sameHeader(got, want bandpng.Header) error {
	if got.Width != want.Width || got.Height != want.Height {
		return &DifferenceError{"the size", fmt.Sprintf("%dx%d", got.Width, got.Height), fmt.Sprintf("%dx%d", want.Width, want.Height)}
	}
	widened := got.Format == RGB16 && want.Format == Gray16 // see widen
	if got.Format != want.Format && !widened {
		return &DifferenceError{"the format", got.Format.String(), want.Format.String()}
	}
	if got.Format == Indexed8 && !slices.Equal(got.Palette, want.Palette) {
		return &DifferenceError{"the palette", fmt.Sprintf("%d colours", len(got.Palette)), fmt.Sprintf("%d, or others", len(want.Palette))}
	}
	return nil
}

// verifySegments reads all segments and draws some of them again.
func (p *Picture) verifySegments(ctx context.Context, rows int, opt Options) (verified int, err error) {
	height, stride := p.Spec.Height, p.reader.Header.Format.Stride(p.Spec.Width)
	count := (height + spec.SegmentRows - 1) / spec.SegmentRows
	chosen := spread(count, rows)
	report := opt.Progress
	opt.Progress = nil
	if opt.Prepass == nil {
		if opt.Prepass, err = NewPrepass(ctx, p.Spec, opt.Threads, nil); err != nil {
			return 0, err
		}
	}
	buffer := make([]byte, spec.SegmentRows*stride)
	for segment := range count {
		at := spec.Rows{Start: segment * spec.SegmentRows, End: min(height, (segment+1)*spec.SegmentRows)}
		got := buffer[:at.Count()*stride]
		for row := range at.Count() {
			if err := p.reader.ReadRow(got[row*stride : (row+1)*stride]); err != nil {
				return verified, err
			}
		}
		if chosen(segment) {
			want, err := Render(ctx, p.Spec, at, opt)
			if err != nil {
				return verified, err
			}
			if p.reader.Header.Format == RGB16 {
				want = widen(want)
			}
			if !bytes.Equal(got, want.Pix) {
				return verified, firstDifference(got, want)
			}
			verified += at.Count()
		}
		if err := context.Cause(ctx); err != nil {
			return verified, err
		}
		if report != nil {
			report(at.Count(), Work{})
		}
	}
	return verified, nil
}

// widen makes three equal channels of gray ones: 16-bit gray is as good in colour, in which some files have it.
func widen(p *Pixels) *Pixels {
	if p.Format != Gray16 {
		return p
	}
	wide := &Pixels{Width: p.Width, Rows: p.Rows, Format: RGB16, Stride: RGB16.Stride(p.Width)}
	for at := 0; at < len(p.Pix); at += 2 {
		gray := p.Pix[at : at+2]
		wide.Pix = append(append(append(wide.Pix, gray...), gray...), gray...)
	}
	return wide
}

// spread tells which of so many segments to draw again for a number of rows: evenly spread ones, among them the first and
// the last, or the middle one alone.
func spread(count, rows int) func(segment int) bool {
	chosen := (rows + spec.SegmentRows - 1) / spec.SegmentRows
	switch {
	case rows <= 0 || chosen >= count:
		return func(int) bool { return true }
	case chosen == 1:
		return func(segment int) bool { return segment == count/2 }
	default:
		return func(segment int) bool {
			// Segment i*(count-1)/(chosen-1) for some i.
			i := (segment*(chosen-1) + count - 2) / (count - 1)
			return i*(count-1)/(chosen-1) == segment
		}
	}
}

// firstDifference names the first pixel that differs.
func firstDifference(got []byte, want *Pixels) error {
	at := 0
	for got[at] == want.Pix[at] {
		at++
	}
	row, bits := at/want.Stride, want.Format.BitsPerPixel()
	column := at % want.Stride * 8 / bits
	if bits == 1 {
		for mask := byte(0x80); (got[at]^want.Pix[at])&mask == 0; mask >>= 1 {
			column++
		}
	}
	pixel := func(pix []byte) string {
		start := row*want.Stride + column*bits/8
		if bits == 1 {
			return string('0' + rune(pix[start]>>(7-column%8)&1))
		}
		return hex.EncodeToString(pix[start : start+bits/8])
	}
	where := fmt.Sprintf("pixel %d of row %d", column, want.Rows.Start+row)
	return &DifferenceError{where, pixel(got), pixel(want.Pix)}
}
