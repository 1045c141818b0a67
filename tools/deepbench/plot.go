//go:build linux

package main

import (
	"bytes"
	"fmt"
	"math"
	"strings"
)

// zoomTable is the Markdown table of zooms: seconds at every fifth power of 2 or so, and the greatest rise.
func zoomTable(zooms []zoom, drawn [][]frame) string {
	const every = 6
	var t strings.Builder
	t.WriteString("| zoom |")
	for k := 0; k < zoomViews; k += every {
		fmt.Fprintf(&t, " 2^-%d |", k)
	}
	t.WriteString(" greatest rise, at |\n|-|" + strings.Repeat("-|", (zoomViews+every-1)/every+1) + "\n")
	for i, z := range zooms {
		fmt.Fprintf(&t, "| %s |", z.Name)
		for k := 0; k < len(drawn[i]); k += every {
			if user := drawn[i][k].User; user > 0 {
				fmt.Fprintf(&t, " %.2f |", user)
			} else {
				t.WriteString(" - |")
			}
		}
		rise, at := steepest(drawn[i])
		fmt.Fprintf(&t, " %.1f, %.1e |\n", rise, at.Radius)
	}
	return t.String()
}

// The plot's sides in units of the user, and the range of seconds.
const (
	plotWidth, plotHeight = 900.0, 420.0
	plotLeft, plotBottom  = 60.0, 380.0
	plotRight, plotTop    = 740.0, 20.0
	leastTime, mostTime   = 0.01, 100.0
)

// colours of the lines, told apart by most people.
var colours = []string{"#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#000000", "#999933"} //nolint:gochecknoglobals // a table

// plotZooms draws seconds over radius, both by their logarithms, as SVG.
func plotZooms(zooms []zoom, drawn [][]frame) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" font-family="sans-serif" font-size="12">`+"\n", plotWidth, plotHeight)
	fmt.Fprintf(&b, `<rect width="%g" height="%g" fill="white"/>`+"\n", plotWidth, plotHeight)
	for t := leastTime; t <= mostTime; t *= 10 {
		fmt.Fprintf(&b, `<path d="M%g %gH%g" stroke="#ddd"/><text x="%g" y="%g" text-anchor="end">%g s</text>`+"\n",
			plotLeft, plotY(t), plotRight, plotLeft-6, plotY(t)+4, t)
	}
	for k := 0; k < zoomViews; k += 6 {
		x := plotX(1 / float64(int64(1)<<k))
		fmt.Fprintf(&b, `<path d="M%.1f %gV%g" stroke="#eee"/><text x="%.1f" y="%g" text-anchor="middle">2^-%d</text>`+"\n",
			x, plotTop, plotBottom, x, plotBottom+16, k)
	}
	for i, z := range zooms {
		colour := colours[i%len(colours)]
		var line strings.Builder
		for _, f := range drawn[i] {
			if f.User > 0 {
				fmt.Fprintf(&line, "%.1f,%.1f ", plotX(f.Radius), plotY(f.User))
			}
		}
		fmt.Fprintf(&b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="1.5"/>`+"\n", strings.TrimSpace(line.String()), colour)
		fmt.Fprintf(&b, `<text x="%g" y="%g" fill="%s">%s</text>`+"\n", plotRight+12, plotTop+20+18*float64(i), colour, z.Name)
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

func plotX(radius float64) float64 {
	return plotLeft - math.Log2(radius)/(zoomViews-1)*(plotRight-plotLeft)
}

func plotY(seconds float64) float64 {
	part := math.Log10(min(max(seconds, leastTime), mostTime)/leastTime) / math.Log10(mostTime/leastTime)
	return plotBottom - part*(plotBottom-plotTop)
}
