//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
)

// The size of the pictures.
const width, height = 1024, 576

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
func drawing(ctx context.Context, file string, threads int) (spent, error) {
	s, err := readPlace(file)
	if err != nil {
		return spent{}, err
	}
	var d spent
	opt := renderer.Options{Threads: threads}
	begun := time.Now()
	d.Reference, err = clock(func() (err error) {
		opt.Prepass, err = renderer.NewPrepass(ctx, s, opt.Threads)
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

// readPlace returns the Spec of the raw data of a place.
func readPlace(file string) (spec.Spec, error) {
	data, err := os.ReadFile(file) //nolint:gosec // whoever runs this names it
	if err != nil {
		return spec.Spec{}, err
	}
	var place struct {
		Re, Im, Radius string
		MaxIterations  int `json:"max_iterations"`
	}
	if err := json.Unmarshal(data, &place); err != nil {
		return spec.Spec{}, fmt.Errorf("%s: %w", file, err)
	}
	s := spec.Draft{
		Width: width, Height: height, MaxIterations: spec.Iterations(place.MaxIterations), Format: spec.NPY,
	}
	for _, number := range []struct {
		text string
		to   *spec.Decimal
	}{
		{place.Re, &s.Center.Re}, {place.Im, &s.Center.Im}, {place.Radius, &s.Radius},
	} {
		if *number.to, err = spec.ParseDecimal(number.text); err != nil {
			return spec.Spec{}, fmt.Errorf("%s: %w", file, err)
		}
	}
	return spec.Normalize(s)
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
