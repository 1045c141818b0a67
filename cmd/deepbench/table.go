//go:build linux

package main

import (
	"fmt"
	"math"
	"strings"
)

// other is what others take for a place, as measured for ../shared/deepzoom/README.md on a machine of two cores: Imagina,
// and fraktaler-3 (F3), the quicker of its number types. Figures are 0 where there are none.
type other struct {
	user, wall1, wall2, mb float64 // Imagina's
	f3User, f3MB           float64
}

// others are by the number of the place. None of them finishes place 04.
var others = map[string]other{ //nolint:gochecknoglobals // a table
	"01": {5.2, 5.4, 4.0, 9, 44.8, 29},
	"02": {0.25, 0.25, 0.22, 9, 4.9, 29},
	"03": {0.46, 0.46, 0.37, 9, 5.2, 29},
	"05": {3.3, 3.3, 2.5, 9, 20.1, 46},
	"06": {5.5, 5.6, 4.2, 11, 30.2, 62},
	"07": {0.63, 0.68, 0.50, 9, 8.8, 75},
	"08": {4.7, 4.8, 3.6, 18, 46.1, 150},
	"09": {0.97, 0.98, 0.82, 9, 5.4, 33},
	"10": {0.31, 0.30, 0.25, 9, 3.4, 35},
	"11": {31, 42, 35, 52, 63, 730},
	"12": {12.2, 12.4, 10.2, 22, 34, 223},
	"13": {0.82, 0.82, 0.66, 12, 37.8, 319},
	"14": {0.72, 0.72, 0.56, 17, 29.6, 82},
	"15": {0.52, 0.52, 0.38, 11, 20.1, 65},
	"16": {1.18, 1.2, 1.0, 17, 23.3, 212},
	"17": {4.6, 4.7, 4.7, 28, 0, 0},
	"18": {3.6, 3.7, 3.6, 20, 0, 0},
	"19": {1.7, 1.7, 1.7, 11, 61.8, 38},
	"20": {2.9, 2.9, 2.9, 11, 0, 0},
	"21": {57.3, 0, 0, 17, 0, 0},
}

const tableHead = `1024x576, raw counts. Reference, tables and pixels are user CPU seconds by one thread; MB is the peak by two.

| place | user s | wall s 1T/2T | reference s | tables s | pixels s | MB | Imagina user s | wall s 1T/2T | MB | F3 user s | MB |
|-|-|-|-|-|-|-|-|-|-|-|-|
`

// row is the line of a place.
func row(name string, one, two spent, o other) string {
	cells := []string{name}
	if one.Unfinished {
		cells = append(cells, "did not finish", "", "", "", "", "")
	} else {
		cells = append(cells, figure(one.User), walls(one.Wall, two.Wall), figure(one.Reference), figure(one.Tables),
			figure(one.Pixels), figure(two.PeakMB))
	}
	cells = append(cells, figure(o.user), walls(o.wall1, o.wall2), figure(o.mb), figure(o.f3User), figure(o.f3MB))
	return "| " + strings.Join(cells, " | ") + " |\n"
}

func walls(one, two float64) string { return figure(one) + "/" + figure(two) }

// figure prints a number with three digits or fewer, and a dash where there is none.
func figure(x float64) string {
	switch {
	case x == 0:
		return "-"
	case x < 10:
		return fmt.Sprintf("%.2f", x)
	case x < 100:
		return fmt.Sprintf("%.1f", x)
	}
	return fmt.Sprintf("%.0f", x)
}

// ratios are geometric means of what others take by what is taken here, over the places that both finish.
type ratios struct{ user, wall1, wall2, mb, f3User, f3MB mean }

func (r *ratios) add(one, two spent, o other) {
	if one.Unfinished || two.Unfinished {
		return
	}
	r.user.add(o.user, one.User)
	r.wall1.add(o.wall1, one.Wall)
	r.wall2.add(o.wall2, two.Wall)
	r.mb.add(o.mb, two.PeakMB)
	r.f3User.add(o.f3User, one.User)
	r.f3MB.add(o.f3MB, two.PeakMB)
}

func (r *ratios) String() string {
	return fmt.Sprintf("\nGeometric means of the others' figures by ours: Imagina user %v, wall 1T %v, wall 2T %v, MB %v; F3 user %v, MB %v.\n",
		&r.user, &r.wall1, &r.wall2, &r.mb, &r.f3User, &r.f3MB)
}

// mean is a geometric mean of ratios.
type mean struct {
	logs  float64
	count int
}

// add takes the ratio of two figures, if both are there.
func (m *mean) add(theirs, ours float64) {
	if theirs > 0 && ours > 0 {
		m.logs += math.Log(theirs / ours)
		m.count++
	}
}

func (m *mean) String() string {
	if m.count == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f (of %d)", math.Exp(m.logs/float64(m.count)), m.count)
}
