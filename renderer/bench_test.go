package renderer_test

import (
	"testing"

	"mandelfarm/renderer"
)

// benchSpecs are the views that figures are given for.
func benchSpecs() map[string]string {
	return map[string]string{
		"full": `{"width":1024,"height":1024}`,
		"seahorse": `{"width":1024,"height":1024,"center":{"re":"-0.743643887037151","im":"0.131825904205330"},"radius":"5e-6",
			"max_iterations":5000}`,
		"set": `{"width":1024,"height":1024,"coloring":{"method":"set"}}`,
	}
}

// BenchmarkRender computes pixels on one thread.
func BenchmarkRender(b *testing.B) {
	for name, text := range benchSpecs() {
		b.Run(name, func(b *testing.B) {
			s := parse(b, text)
			for b.Loop() {
				render(b, s, renderer.Options{Threads: 1})
			}
			b.ReportMetric(float64(s.Width)*float64(s.Height)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mpixel/s")
		})
	}
}
