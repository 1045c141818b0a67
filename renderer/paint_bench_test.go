package renderer

import (
	"testing"

	"mandelfarm/renderer/escape"
	"mandelfarm/renderer/spec"
)

// BenchmarkColor turns counts into bytes: a row of the default view, of which about a quarter is interior.
func BenchmarkColor(b *testing.B) {
	for name, text := range map[string]string{
		"rgb8":    `{"width":512,"height":512}`,
		"rgb16":   `{"width":512,"height":512,"depth":16}`,
		"indexed": `{"width":512,"height":512,"coloring":{"steps":16}}`,
		"samples": `{"width":512,"height":512,"samples":4}`,
		"set":     `{"width":512,"height":512,"coloring":{"method":"set"}}`,
	} {
		b.Run(name, func(b *testing.B) {
			s, err := spec.Parse([]byte(text))
			if err != nil {
				b.Fatal(err)
			}
			p := newPainter(s)
			work := getScratch()
			batch := work.batch.Slice(s.Width)
			p.grid.place(batch, 200, 0, p.offsets[0])
			if err := p.kernel.Run(b.Context(), batch); err != nil {
				b.Fatal(err)
			}
			dst := make([]byte, p.format.Stride(s.Width))
			for b.Loop() {
				p.color(work, batch, dst)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(s.Width*s.Samples), "ns/sample")
		})
	}
}

// BenchmarkPrepare is what every picture costs before its first pixel.
func BenchmarkPrepare(b *testing.B) {
	for name, text := range map[string]string{
		"rgb8": `{"width":256,"height":256}`, "rgb16": `{"width":256,"height":256,"depth":16}`,
		"indexed": `{"width":256,"height":256,"coloring":{"steps":200}}`, "set": `{"width":256,"height":256,"coloring":{"method":"set"}}`,
	} {
		b.Run(name, func(b *testing.B) {
			s, err := spec.Parse([]byte(text))
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				newPainter(s)
			}
		})
	}
}

// color is paintRun without the points and the kernel: all samples are the same.
func (p *painter) color(s *scratch, batch escape.Batch, dst []byte) {
	p.shader.Begin(s.shade)
	for range p.offsets {
		p.shader.Add(s.shade, batch, dst)
	}
	p.shader.Finish(s.shade, dst)
}
