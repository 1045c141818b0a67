package renderer_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"io"
	"testing"

	"mandelfarm/renderer"
	"mandelfarm/renderer/bandpng"
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

// BenchmarkOriginal is the picture that GET /generate/800/600 shows, from Spec to file on one thread.
func BenchmarkOriginal(b *testing.B) {
	for b.Loop() {
		if err := renderer.WritePNG(b.Context(), io.Discard, renderer.Original(800, 600), renderer.Options{Threads: 1}); err != nil {
			b.Fatal(err)
		}
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

// BenchmarkEncode compresses rendered pixels: this package's segments, and image/png at its default and fastest levels.
func BenchmarkEncode(b *testing.B) {
	for name, text := range benchSpecs() {
		pixels := render(b, parse(b, text), renderer.Options{})
		b.Run(name+"/bandpng", func(b *testing.B) { encodeSegments(b, pixels) })
		b.Run(name+"/default", func(b *testing.B) { encodeStandard(b, pixels, png.DefaultCompression) })
		b.Run(name+"/fastest", func(b *testing.B) { encodeStandard(b, pixels, png.BestSpeed) })
	}
}

func encodeSegments(b *testing.B, p *renderer.Pixels) {
	b.Helper()
	var pool bandpng.Pool
	encoder := pool.Get()
	var out []byte
	b.SetBytes(int64(len(p.Pix)))
	for b.Loop() {
		out = out[:0]
		size := bandpng.SegmentRows * p.Stride
		for at := 0; at < len(p.Pix); at += size {
			out, _ = encoder.AppendSegment(out, p.Format, p.Width, p.Pix[at:at+size])
		}
	}
	b.ReportMetric(100*float64(len(out))/float64(len(p.Pix)), "%size")
}

func encodeStandard(b *testing.B, p *renderer.Pixels, level png.CompressionLevel) {
	b.Helper()
	encoder := png.Encoder{CompressionLevel: level}
	picture := standardImage(p)
	var out bytes.Buffer
	b.SetBytes(int64(len(p.Pix)))
	for b.Loop() {
		out.Reset()
		if err := encoder.Encode(&out, picture); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(100*float64(out.Len())/float64(len(p.Pix)), "%size")
}

// standardImage is what image/png encodes in the same format.
func standardImage(p *renderer.Pixels) image.Image {
	bounds := image.Rect(0, 0, p.Width, p.Rows.Count())
	if p.Format == renderer.Gray1 {
		picture := image.NewPaletted(bounds, []color.Color{color.Black, color.White})
		for i := range picture.Pix {
			picture.Pix[i] = p.Pix[i/8] >> (7 - i%8) & 1
		}
		return picture
	}
	picture := image.NewNRGBA(bounds)
	for i := range p.Width * p.Rows.Count() {
		copy(picture.Pix[4*i:], p.Pix[3*i:3*i+3])
		picture.Pix[4*i+3] = 255
	}
	return picture
}
