package escape_test

import (
	"testing"

	"mandelfarm/renderer/escape"
)

// BenchmarkRun iterates one batch per operation. "interior" is pure arithmetic, at a point that the shortcuts do not
// know; "full" has many points of few iterations, where changing points costs as much as iterating them.
func BenchmarkRun(b *testing.B) {
	views := []struct {
		name           string
		re, im, radius float64
		limit          int
	}{
		{"interior", -0.1225, 0.7449, 0.001, 10_000},
		{"full", -0.75, 0, 1.25, 1000},
		{"full128", -0.75, 0, 1.25, 128},
		{"seahorse", -0.743643887037151, 0.131825904205330, 5e-6, 5000},
	}
	for _, formula := range []escape.Formula{escape.Mandelbrot, escape.BurningShip} {
		for _, view := range views {
			b.Run([]string{"mandelbrot", "julia", "ship"}[formula]+"/"+view.name, func(b *testing.B) {
				const side = 32
				batch := escape.NewBatch(side * side)
				for i := range batch.Re {
					batch.Re[i] = view.re + view.radius*(float64(i%side)/side*2-1)
					batch.Im[i] = view.im + view.radius*(float64(i/side)/side*2-1)
				}
				kernel := escape.Kernel{Formula: formula, MaxIterations: view.limit, Radius2: 4}
				for b.Loop() {
					if err := kernel.Run(b.Context(), *batch); err != nil {
						b.Fatal(err)
					}
				}
				iterations := 0
				for _, count := range batch.Count {
					if count == 0 {
						count = int32(view.limit)
					}
					iterations += int(count)
				}
				b.ReportMetric(float64(iterations)*float64(b.N)/b.Elapsed().Seconds()/1e9, "Giter/s")
			})
		}
	}
}
