//go:build linux

package main

import (
	"context"
	"encoding/xml"
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

// TestZooms: a view of a zoom is drawn at any depth, and takes time; one that does not end in time has none.
func TestZooms(t *testing.T) {
	t.Parallel()
	for _, z := range zooms {
		_, err := z.spec(0x1p-66)
		require.NoError(t, err, z.Name)
	}
	f, err := zooms[len(zooms)-1].draw(0x1p-60, time.Minute)
	require.NoError(t, err)
	require.Equal(t, 0x1p-60, f.Radius) //nolint:testifylint // exactly
	f, err = zooms[0].draw(0x1p-60, time.Nanosecond)
	require.NoError(t, err)
	require.Zero(t, f.User)
}

// TestPlots: a line for each zoom and a row for each, with the greatest rise between neighbours that both took their time.
func TestPlots(t *testing.T) {
	t.Parallel()
	frames := []frame{{1, 0.001}, {0.5, 0.1}, {0.25, 0.3}, {0.125, 0}, {0.0625, 2}, {0.03125, 1}}
	rise, at := steepest(frames)
	require.InDelta(t, 5, rise, 1e-9, "0.1 s after next to nothing")
	require.Equal(t, frames[1], at)
	drawn := make([][]frame, len(zooms))
	for i := range drawn {
		drawn[i] = frames
	}
	plot := string(plotZooms(zooms, drawn))
	require.Equal(t, len(zooms), strings.Count(plot, "<polyline"))
	table := strings.Split(strings.TrimSpace(zoomTable(zooms, drawn)), "\n")
	require.Len(t, table, len(zooms)+2)
	require.Contains(t, table[2], "| 5.0, 5.0e-01 |")
	require.NoError(t, xml.Unmarshal([]byte(plot), new(struct{})))
}
