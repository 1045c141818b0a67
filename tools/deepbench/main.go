//go:build linux

// Command deepbench draws published places of deep zoom, each by one thread and by two in a process of its own, and prints what
// they take as a Markdown table. With -zoom it draws zooms, view by view, and a plot of what each view takes. `make bench-deep` and
// `make bench-zoom` run it; docs/benchmarks.md holds such a table, beside the figures of other
// programs.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"mandelfarm/internal/places"
)

func main() {
	var (
		archive = flag.String("archive", filepath.Join("..", "..", filepath.FromSlash(places.Archive)), "file of the places")
		pattern = flag.String("places", "*", "glob pattern of their names")
		limit   = flag.Duration("limit", 2*time.Minute, "time for one drawing")
		draw    = flag.String("draw", "", "draw the place of this name and print what it takes, as JSON")
		threads = flag.Int("threads", 1, "for -draw")
		plot    = flag.String("zoom", "", "draw zooms instead, and their times into this SVG `file`")
	)
	flag.Parse()
	var err error
	switch {
	case *plot != "":
		err = benchZooms(*plot, *limit)
	case *draw != "":
		err = printDrawing(*archive, *draw, *threads, *limit)
	default:
		err = bench(*archive, *pattern, *limit)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "deepbench:", err)
		os.Exit(1)
	}
}

// choose returns the places of an archive whose names match a pattern, at least one.
func choose(archive, pattern string) ([]places.Place, error) {
	all, err := places.Read(archive)
	if err != nil {
		return nil, err
	}
	var chosen []places.Place
	for _, p := range all {
		if matches, err := path.Match(pattern, p.Name); err != nil {
			return nil, fmt.Errorf("%s: %w", pattern, err)
		} else if matches {
			chosen = append(chosen, p)
		}
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("%s has no place %s", archive, pattern)
	}
	return chosen, nil
}

// printDrawing is what a child does.
func printDrawing(archive, name string, threads int, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	chosen, err := choose(archive, name)
	if err != nil {
		return err
	}
	d, err := drawing(ctx, chosen[0], threads)
	if errors.Is(err, context.DeadlineExceeded) {
		d.Unfinished, err = true, nil
	}
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(d)
}

// bench draws places and prints the table.
func bench(archive, pattern string, limit time.Duration) error {
	chosen, err := choose(archive, pattern)
	if err != nil {
		return err
	}
	fmt.Fprint(os.Stdout, tableHead)
	for _, p := range chosen {
		var by [2]spent
		for i := range by {
			if by[i], err = inChild(archive, p.Name, i+1, limit); err != nil {
				return fmt.Errorf("%s: %w", p.Name, err)
			}
		}
		fmt.Fprint(os.Stdout, row(p.Name, by[0], by[1]))
	}
	return nil
}

// inChild draws a place in a process of its own, whose memory and time are the drawing's alone.
func inChild(archive, name string, threads int, limit time.Duration) (spent, error) {
	const grace = 10 * time.Second
	ctx, cancel := context.WithTimeout(context.Background(), limit+grace)
	defer cancel()
	program, err := os.Executable()
	if err != nil {
		return spent{}, err
	}
	child := exec.CommandContext(ctx, program, "-archive", archive, "-draw", name, //nolint:gosec // this program
		"-threads", strconv.Itoa(threads), "-limit", limit.String())
	child.Stderr = os.Stderr
	out, err := child.Output()
	if ctx.Err() != nil {
		return spent{Unfinished: true}, nil
	}
	if err != nil {
		return spent{}, err
	}
	var s spent
	if err := json.Unmarshal(out, &s); err != nil {
		return spent{}, err
	}
	s.User = child.ProcessState.UserTime().Seconds()
	if usage, ok := child.ProcessState.SysUsage().(*syscall.Rusage); ok {
		s.PeakMB = float64(usage.Maxrss) / 1024
	}
	return s, nil
}
