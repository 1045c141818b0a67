//go:build linux

package main

import (
	"fmt"
	"strings"
)

const tableHead = `1024x576, raw counts. Reference, tables and pixels are user CPU seconds by one thread; MB is the peak by two.

| place | user s | wall s 1T/2T | reference s | tables s | pixels s | MB |
|-|-|-|-|-|-|-|
`

// row is the line of a place, drawn by one thread and by two.
func row(name string, one, two spent) string {
	cells := []string{name, "did not finish", "", "", "", "", ""}
	if !one.Unfinished {
		cells = []string{
			name, figure(one.User), figure(one.Wall) + "/" + figure(two.Wall), figure(one.Reference), figure(one.Tables),
			figure(one.Pixels), figure(two.PeakMB),
		}
	}
	return "| " + strings.Join(cells, " | ") + " |\n"
}

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
