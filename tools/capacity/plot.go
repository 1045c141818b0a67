//go:build linux

package main

import (
	"fmt"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
)

// table is what was measured, in Markdown.
func table(needs []need) string {
	var t strings.Builder
	t.WriteString("| workers | Redis: connections | commands/s idle | at work | share of a core idle | at work | sent, MB/s | memory, MB | bands/s | storage: operations/s idle | at work |\n")
	t.WriteString("|-|-|-|-|-|-|-|-|-|-|-|\n")
	for _, n := range needs {
		fmt.Fprintf(&t, "| %d | %.0f | %.0f | %.0f | %.2f | %.2f | %.1f | %.0f | %.1f | %.1f | %.0f |\n", n.workers, n.connections, n.idle, n.busy,
			n.idleCPU, n.busyCPU, n.sent/1e6, n.memory/1e6, n.bands, n.idleStorage, n.operation)
	}
	return t.String()
}

// draw draws needs over the number of workers, both by their logarithms, into a file.
func draw(needs []need, file string) error {
	p := plot.New()
	p.Title.Text, p.X.Label.Text = "What workers need", "workers"
	p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
	p.X.Tick.Marker, p.Y.Tick.Marker = plot.LogTicks{Prec: -1}, plot.LogTicks{Prec: -1}
	p.Legend.Top, p.Legend.Left = true, true
	p.Add(plotter.NewGrid())
	var lines []any
	for _, line := range []struct {
		name string
		of   func(need) float64
	}{
		{"Redis: connections", func(n need) float64 { return n.connections }},
		{"Redis: commands/s, idle", func(n need) float64 { return n.idle }},
		{"Redis: commands/s, at work", func(n need) float64 { return n.busy }},
		{"storage: operations/s, at work", func(n need) float64 { return n.operation }},
		{"bands/s", func(n need) float64 { return n.bands }},
	} {
		points := make(plotter.XYs, len(needs))
		for i, n := range needs {
			points[i] = plotter.XY{X: float64(n.workers), Y: max(line.of(n), least)}
		}
		lines = append(lines, line.name, points)
	}
	if err := plotutil.AddLinePoints(p, lines...); err != nil {
		return err
	}
	return p.Save(width, height, file)
}

const (
	width, height = 20 * vg.Centimeter, 14 * vg.Centimeter
	// least is what is drawn of less, which has no logarithm.
	least = 0.1
)
