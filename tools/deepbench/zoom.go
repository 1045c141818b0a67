//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"strconv"
	"time"

	"mandelfarm/internal/places"
	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
)

// zoom is a way into the set: views of one centre and one limit of iterations, each of half the radius of the one before.
type zoom struct {
	Name, Re, Im  string
	MaxIterations int
}

// zooms are of every kind of place. Centres are exact.
var zooms = []zoom{ //nolint:gochecknoglobals // a table
	{"seahorse", "-0.743643887037158704752191506114774", "0.131825904205311970493132056385139", 50_000},
	{"elephant", "0.275336142511115", "0.006759649405327850670181700456194929", 20_000},
	{"cusp", "-0.75", "0.0002", 200_000},
	{"inside 0.25", "0.249999998", "0", 400_000},
	{"spiral", "-0.761574", "-0.0847596", 10_000},
	{"antenna", "-1.7590170270659", "0.01916067191295", 20_000},
	{"minibrot's edge", "-1.768778833", "0.001738996", 50_000},
	{"dendrite", "0", "1", 20_000},
}

// The views of a zoom: from radius 1 down by halves, and their size.
const (
	zoomViews  = 67 // to 1.4e-20
	zoomWidth  = 512
	zoomHeight = 288
)

// frame is a view of a zoom and the CPU time in user mode that it takes, 0 if it does not end.
type frame struct{ Radius, User float64 }

// benchZooms draws all zooms, writes the plot to a file and prints the table.
func benchZooms(plot string, limit time.Duration) error {
	runtime.GOMAXPROCS(1) // the collector's work is part of what a view takes, and no other thread's
	drawn := make([][]frame, len(zooms))
	for i, z := range zooms {
		for k := range zoomViews {
			f, err := z.draw(math.Ldexp(1, -k), limit)
			if err != nil {
				return fmt.Errorf("%s at radius %g: %w", z.Name, f.Radius, err)
			}
			drawn[i] = append(drawn[i], f)
		}
	}
	fmt.Fprint(os.Stdout, zoomTable(zooms, drawn))
	if err := os.WriteFile(plot, plotZooms(zooms, drawn), 0o644); err != nil { //nolint:gosec // a picture of the documentation
		return fmt.Errorf("write plot: %w", err)
	}
	return nil
}

// draw draws the counts of a view by one thread. A radius is a power of 2, so exact in so many digits.
func (z zoom) draw(radius float64, limit time.Duration) (frame, error) {
	f := frame{Radius: radius}
	s, err := z.spec(radius)
	if err != nil {
		return f, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	f.User, err = clock(func() error {
		opt := renderer.Options{Threads: 1}
		var err error
		if opt.Prepass, err = renderer.NewPrepass(ctx, s, 1, nil); err != nil {
			return err
		}
		return renderer.Write(ctx, io.Discard, s, opt)
	})
	if errors.Is(err, context.DeadlineExceeded) {
		f.User, err = 0, nil
	}
	return f, err
}

func (z zoom) spec(radius float64) (spec.Spec, error) {
	d, err := rawDraft(places.Place{
		Re: z.Re, Im: z.Im, Radius: strconv.FormatFloat(radius, 'e', -1, 64), MaxIterations: z.MaxIterations,
	})
	if err != nil {
		return spec.Spec{}, err
	}
	d.Width, d.Height = zoomWidth, zoomHeight
	return spec.Normalize(d)
}

// steepest returns the greatest rise of time between neighbours of a zoom, and where it ends. Views that take next to no time are
// not compared with: a clock's tick is 1 to 10 ms.
func steepest(frames []frame) (rise float64, at frame) {
	const least = 0.02
	for i := 1; i < len(frames); i++ {
		before, f := frames[i-1], frames[i]
		if before.User == 0 || f.User == 0 {
			continue
		}
		if by := max(f.User, least) / max(before.User, least); by > rise {
			rise, at = by, f
		}
	}
	return rise, at
}
