//go:build linux

package main

import (
	"context"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mandelfarm/internal/places"
)

// TestRows have the table's columns, also where there are no figures.
func TestRows(t *testing.T) {
	t.Parallel()
	lines := strings.Split(strings.TrimSpace(tableHead), "\n")
	columns := strings.Count(lines[len(lines)-1], "|")
	for want, line := range map[string]string{
		"| 03_place | 0.46 | 1.25/0.75 | - | - | 9.00 | 12.3 |\n": row("03_place",
			spent{User: 0.456, Wall: 1.25, Pixels: 9}, spent{Wall: 0.75, PeakMB: 12.34}),
		"| 04_place | did not finish |  |  |  |  |  |\n": row("04_place", spent{Unfinished: true}, spent{}),
	} {
		require.Equal(t, want, line)
		require.Equal(t, columns, strings.Count(line, "|"), line)
	}
	require.Equal(t, "423", figure(423.4))
}

// TestPlaces are those of the tree, by patterns of their names. All are views that can be drawn.
func TestPlaces(t *testing.T) {
	t.Parallel()
	archive := filepath.Join("..", "..", filepath.FromSlash(places.Archive))
	all, err := choose(archive, "*")
	require.NoError(t, err)
	for _, p := range all {
		s, err := rawCounts(p)
		require.NoError(t, err, p.Name)
		require.Equal(t, [2]int{places.Width, places.Height}, [2]int{s.Width, s.Height})
	}
	some, err := choose(archive, "0[36]_*")
	require.NoError(t, err)
	require.Equal(t, []string{"03_kf_1e14", "06_kf_1e50"}, []string{some[0].Name, some[1].Name})
	_, err = choose(archive, "99*")
	require.ErrorContains(t, err, "no place 99*")
	_, err = choose(archive, "[")
	require.ErrorIs(t, err, path.ErrBadPattern)
}

// TestDrawing draws a place, all of whose parts cost something, and stops when time is up.
func TestDrawing(t *testing.T) {
	t.Parallel()
	p := places.Place{Name: "00_place", Re: "0", Im: "1", Radius: "1e-30", MaxIterations: 500}
	d, err := drawing(t.Context(), p, 1)
	require.NoError(t, err)
	require.Positive(t, d.Wall)
	require.Positive(t, d.Pixels)
	ctx, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancel()
	_, err = drawing(ctx, p, 1)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}
