//go:build linux

package main

import (
	"context"
	"io"
	"syscall"
	"time"

	"mandelfarm/internal/places"
	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
)

// spent is what a drawing takes: seconds, of the CPU in user mode but for Wall.
type spent struct {
	Unfinished bool
	Wall       float64
	User       float64 // of the whole process
	Reference  float64
	Tables     float64
	Pixels     float64
	PeakMB     float64
}

// drawing draws the counts of a place, one step after the other: the reference, the tables, the pixels.
func drawing(ctx context.Context, p places.Place, threads int) (spent, error) {
	s, err := rawCounts(p)
	if err != nil {
		return spent{}, err
	}
	var d spent
	opt := renderer.Options{Threads: threads}
	begun := time.Now()
	d.Reference, err = clock(func() (err error) {
		opt.Prepass, err = renderer.NewPrepass(ctx, s, opt.Threads, nil)
		return err
	})
	if err != nil {
		return d, err
	}
	wall := time.Since(begun)
	if d.Tables, err = tables(ctx, s, opt); err != nil {
		return d, err
	}
	wall += seconds(d.Tables) // made by one thread
	begun = time.Now()
	d.Pixels, err = clock(func() error { return renderer.Write(ctx, io.Discard, s, opt) })
	d.Wall = (wall + time.Since(begun)).Seconds()
	return d, err
}

// tables returns the time that the tables of a view take, which are made for its first row: what that takes more than
// once again.
func tables(ctx context.Context, s spec.Spec, opt renderer.Options) (float64, error) {
	row := func() error {
		_, err := renderer.Render(ctx, s, spec.Rows{Start: 0, End: 1}, opt)
		return err
	}
	first, err := clock(row)
	if err != nil {
		return 0, err
	}
	again, err := clock(row)
	return max(0, first-again), err
}

// rawCounts returns the Spec of the raw data of a place.
func rawCounts(p places.Place) (spec.Spec, error) {
	d, err := rawDraft(p)
	if err != nil {
		return spec.Spec{}, err
	}
	return spec.Normalize(d)
}

func rawDraft(p places.Place) (spec.Draft, error) {
	d := spec.Draft{
		Width: places.Width, Height: places.Height, MaxIterations: spec.Iterations(p.MaxIterations), Format: spec.NPY,
	}
	for _, number := range []struct {
		text string
		to   *spec.Decimal
	}{
		{p.Re, &d.Center.Re}, {p.Im, &d.Center.Im}, {p.Radius, &d.Radius},
	} {
		var err error
		if *number.to, err = spec.ParseDecimal(number.text); err != nil {
			return d, err
		}
	}
	return d, nil
}

// clock returns the CPU time in user mode that the process spends on something, in seconds.
func clock(do func() error) (float64, error) {
	start := userTime()
	err := do()
	return userTime() - start, err
}

func userTime() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic("the process asks for its own usage: " + err.Error())
	}
	return time.Duration(usage.Utime.Nano()).Seconds()
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
