//go:build linux

package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestRatios are geometric means over the places that are finished and known.
func TestRatios(t *testing.T) {
	t.Parallel()
	var r ratios
	require.Contains(t, r.String(), "Imagina user -")
	r.add(spent{User: 1, Wall: 1}, spent{Wall: 1, PeakMB: 10}, other{user: 4, wall1: 1, wall2: 2, mb: 5})
	r.add(spent{User: 2, Wall: 1}, spent{Wall: 1, PeakMB: 10}, other{user: 2, wall1: 1, mb: 20, f3User: 6})
	r.add(spent{Unfinished: true}, spent{}, other{user: 1000, wall1: 1000, mb: 1000})
	require.Equal(t, "\nGeometric means of the others' figures by ours: Imagina user 2.00 (of 2), wall 1T 1.00 (of 2), "+
		"wall 2T 2.00 (of 1), MB 1.00 (of 2); F3 user 3.00 (of 1), MB -.\n", r.String())
}

// TestRows have the table's columns, also where there are no figures.
func TestRows(t *testing.T) {
	t.Parallel()
	lines := strings.Split(strings.TrimSpace(tableHead), "\n")
	columns := strings.Count(lines[len(lines)-1], "|")
	for _, line := range []string{
		row("03_place", spent{User: 0.456}, spent{PeakMB: 12.34}, others["03"]),
		row("04_place", spent{Unfinished: true}, spent{}, other{}),
	} {
		require.Equal(t, columns, strings.Count(line, "|"), line)
	}
	require.Contains(t, row("", spent{Unfinished: true}, spent{}, other{}), "did not finish")
}

// TestDrawing takes a place's file, all of whose parts cost something, and stops when time is up.
func TestDrawing(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "00_place.json")
	require.NoError(t, os.WriteFile(file, []byte(`{"re":"0","im":"1","radius":"1e-30","max_iterations":500,"name":"00_place"}`), 0o600))
	d, err := drawing(t.Context(), file, 1)
	require.NoError(t, err)
	require.Positive(t, d.Wall)
	require.Positive(t, d.Pixels)
	ctx, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancel()
	_, err = drawing(ctx, file, 1)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}
