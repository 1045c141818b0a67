//go:build linux

// Command capacity has pretend workers, up to a thousand in one process, work on a poster whose bands take as long as real ones and
// cost nothing to draw. The queue is the real one on a real Redis, and so are the worker's tasks, turns and reconciler; storage is a folder in memory
// whose operations are counted, each of which is a request to an S3 server. It prints what they need as a Markdown table, and draws it.
// `make capacity` runs it; docs/capacity.md says what follows.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
)

func main() {
	var (
		sizes = flag.String("workers", "1,10,100,1000", "numbers of workers")
		span  = flag.Duration("span", 10*time.Second, "how long each number is measured idle, and again at work")
		band  = flag.Duration("band", 1500*time.Millisecond, "time that a band takes")
		plot  = flag.String("plot", "", "SVG `file` to draw")
	)
	flag.Parse()
	if err := run(context.Background(), *sizes, measurement{span: *span, band: *band}, *plot); err != nil {
		fmt.Fprintln(os.Stderr, "capacity:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, sizes string, m measurement, file string) error {
	var needs []need
	for size := range strings.SplitSeq(sizes, ",") {
		workers, err := strconv.Atoi(size)
		if err != nil {
			return err
		}
		n, err := m.measure(ctx, workers)
		if err != nil {
			return fmt.Errorf("%d workers: %w", workers, err)
		}
		fmt.Fprintf(os.Stderr, "%+v\n", n)
		needs = append(needs, n)
	}
	if _, err := io.WriteString(os.Stdout, table(needs)); err != nil {
		return err
	}
	if file == "" {
		return nil
	}
	return draw(needs, file)
}
