package renderer

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"mandelfarm/renderer/bandpng"
)

// Format is the layout of a row of pixels.
type Format = bandpng.Format

// The formats. Method "set" gives Gray1 with one sample per pixel and Gray8 with more. Method "smooth" gives RGB16 at
// depth 16, Gray8 if the palette and the interior are gray, Indexed8 if they have at most 256 colours and a pixel has one
// sample, and RGB8 otherwise.
const (
	Gray1 = bandpng.Gray1
	Gray8 = bandpng.Gray8
	RGB8  = bandpng.RGB8
)

// Rows is the half-open range of rows from Start to End. Row 0 is the top of the image.
type Rows struct{ Start, End int }

// Count returns the number of rows.
func (r Rows) Count() int { return r.End - r.Start }

// Options says how to render. It has no influence on the picture.
type Options struct {
	// Threads is the number of goroutines that compute; 0 means GOMAXPROCS.
	Threads int
	// Groundwork, if not nil, is that of the picture, which need not be computed then. That of another is of no use.
	Groundwork *Groundwork
	// Progress, if not nil, is told how many rows have been finished since the last call. Calls come from several
	// goroutines, one at a time, and should return soon.
	Progress func(rows int)
	// Segment, if not nil, is shown the pixels of each finished segment of a file that is written: those of the picture of
	// the view, if the file is raw data. Calls come from several goroutines, in any order and at the same time. The pixels
	// are used again after the call.
	Segment func(*Pixels)
}

// threads returns the number of goroutines for so many units of work.
func (o Options) threads(units int) int {
	n := o.Threads
	if n <= 0 {
		n = runtime.GOMAXPROCS(0)
	}
	return max(1, min(n, units))
}

// reporter serialises calls of Progress.
type reporter struct {
	mutex    sync.Mutex
	progress func(rows int)
}

func (r *reporter) report(rows int) {
	if r.progress == nil {
		return
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.progress(rows)
}

// Pixels is a run of rows of an image.
type Pixels struct {
	Width   int // pixels
	Rows    Rows
	Format  Format
	Palette [][3]uint8 // the colours of Indexed8
	Stride  int        // bytes from one row to the next
	Pix     []byte     // row Rows.Start first
}

// Render computes some rows of the picture. It is a pure function of the Spec and the rows: the same bytes for every
// number of threads and however an image is split into calls. It normalises the Spec; limits are for the caller to
// check before. When ctx ends it stops within milliseconds and returns the cause.
func Render(ctx context.Context, s Spec, rows Rows, opt Options) (*Pixels, error) {
	p, err := newPainter(s)
	if err != nil {
		return nil, err
	}
	if rows.Start < 0 || rows.End > p.spec.Height || rows.Start >= rows.End {
		return nil, fmt.Errorf("render: rows %d to %d are not rows of an image %d high", rows.Start, rows.End, p.spec.Height)
	}
	stride := p.format.Stride(p.spec.Width)
	if stride > math.MaxInt/rows.Count() {
		return nil, fmt.Errorf("render: %d rows of %d bytes do not fit into memory", rows.Count(), stride)
	}
	pixels := &Pixels{
		Width: p.spec.Width, Rows: rows, Format: p.format, Stride: stride,
		Palette: p.palette(), Pix: make([]byte, stride*rows.Count()),
	}
	if err := p.paintAll(ctx, pixels, opt); err != nil {
		return nil, err
	}
	return pixels, nil
}

// recoverAs makes an error of a panic in a goroutine of the renderer's own, where nobody else can: a bug must not cost
// more than the picture that shows it.
func recoverAs(err *error) {
	if cause := recover(); cause != nil {
		*err = &PanicError{Cause: cause, Stack: debug.Stack()}
	}
}

// PanicError is a bug of the renderer that a picture has shown.
type PanicError struct {
	Cause any    // what was panicked with
	Stack []byte // of the goroutine, for a log; Error leaves it out, because clients are shown that
}

// Error names the cause.
func (e *PanicError) Error() string { return fmt.Sprintf("renderer panicked: %v", e.Cause) }

// paintAll computes all rows of the pixels. Goroutines take the next few when they are done with some.
func (p *painter) paintAll(ctx context.Context, pixels *Pixels, opt Options) error {
	if err := p.prepare(ctx, opt); err != nil {
		return err
	}
	var (
		next   atomic.Int64
		group  sync.WaitGroup
		failed = make([]error, opt.threads(pixels.Rows.Count()))
		report = reporter{progress: opt.Progress}
		count  = p.portion(pixels.Rows.Count(), len(failed))
	)
	for i := range failed {
		group.Go(func() {
			defer recoverAs(&failed[i])
			b := getBrush()
			defer brushes.Put(b)
			for failed[i] == nil {
				end := int(next.Add(int64(count)))
				rows := Rows{end - count, min(end, pixels.Rows.Count())}
				if rows.Start >= rows.End {
					return
				}
				dst := pixels.Pix[rows.Start*pixels.Stride : rows.End*pixels.Stride]
				rows.Start, rows.End = rows.Start+pixels.Rows.Start, rows.End+pixels.Rows.Start
				if failed[i] = p.paintRows(ctx, b, rows, dst); failed[i] == nil {
					report.report(rows.Count())
				}
			}
		})
	}
	group.Wait()
	for _, err := range failed {
		if err != nil {
			return err
		}
	}
	return nil
}

// portion returns the number of rows that a goroutine takes at a time: a run of pixels, unless so few goes would leave
// one with much of the work at the end.
func (p *painter) portion(rows, threads int) int {
	const goes = 8 // of each goroutine, at least
	return max(1, min(p.runRows(), rows/(goes*threads)))
}
