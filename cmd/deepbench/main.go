//go:build linux

// Command deepbench draws the places of ../shared/deepzoom, each by one thread and by two in a process of its own, and prints
// what they take as a Markdown table, beside what two other programs take. `make bench-deep` runs it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	var (
		folder  = flag.String("folder", filepath.Join("..", "shared", "deepzoom", "locations"), "where the places are")
		pattern = flag.String("places", "*", "glob pattern of their names")
		limit   = flag.Duration("limit", 2*time.Minute, "time for one drawing")
		draw    = flag.String("draw", "", "draw the place of this file and print what it takes, as JSON")
		threads = flag.Int("threads", 1, "for -draw")
	)
	flag.Parse()
	var err error
	if *draw != "" {
		err = printDrawing(*draw, *threads, *limit)
	} else {
		err = bench(filepath.Join(*folder, *pattern+".json"), *limit)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "deepbench:", err)
		os.Exit(1)
	}
}

// printDrawing is what a child does.
func printDrawing(file string, threads int, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	d, err := drawing(ctx, file, threads)
	if errors.Is(err, context.DeadlineExceeded) {
		d.Unfinished, err = true, nil
	}
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(d)
}

// bench draws all places and prints the table.
func bench(pattern string, limit time.Duration) error {
	files, err := filepath.Glob(pattern)
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("there is no place %s", pattern)
	}
	fmt.Fprint(os.Stdout, tableHead)
	var all ratios
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		one, err := inChild(file, 1, limit)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		two, err := inChild(file, 2, limit)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		number, _, _ := strings.Cut(name, "_")
		fmt.Fprint(os.Stdout, row(name, one, two, others[number]))
		all.add(one, two, others[number])
	}
	fmt.Fprint(os.Stdout, all.String())
	return nil
}

// inChild draws a place in a process of its own, whose memory and time are the drawing's alone.
func inChild(file string, threads int, limit time.Duration) (spent, error) {
	const grace = 10 * time.Second
	ctx, cancel := context.WithTimeout(context.Background(), limit+grace)
	defer cancel()
	program, err := os.Executable()
	if err != nil {
		return spent{}, err
	}
	child := exec.CommandContext(ctx, program, "-draw", file, "-threads", strconv.Itoa(threads), "-limit", limit.String()) //nolint:gosec // this program
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
