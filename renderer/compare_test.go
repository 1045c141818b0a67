//go:build unix

package renderer_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"mandelfarm/renderer"
	"mandelfarm/renderer/bandpng"
	"mandelfarm/renderer/spec"
)

// cpuSeconds is what the process has used of all CPUs. Ratios of it hold on a machine that others use too.
func cpuSeconds(tb testing.TB) float64 {
	tb.Helper()
	var usage syscall.Rusage
	require.NoError(tb, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
}

// BenchmarkOriginal is the picture that GET /generate/800/600 shows, from Spec to file on one thread, beside the same in
// numpy: "xnumpy" is how many times the CPU time that takes.
func BenchmarkOriginal(b *testing.B) {
	s := spec.Original(800, 600)
	start := cpuSeconds(b)
	for b.Loop() {
		if err := renderer.Write(b.Context(), io.Discard, s, renderer.Options{Threads: 1}); err != nil {
			b.Fatal(err)
		}
	}
	ours := (cpuSeconds(b) - start) / float64(b.N)
	b.ReportMetric(ours*1e6, "cpu-us/op")
	const times = 5
	out, err := exec.CommandContext(b.Context(), "/usr/bin/python3", filepath.Join("testdata", "original.py"), strconv.Itoa(times)).Output()
	if err != nil {
		b.Logf("no comparison: it needs python3-numpy and python3-pil: %v", err)
		return
	}
	white := 0
	p := render(b, s, renderer.Options{})
	for i := range s.Width * s.Height {
		white += int(p.Pix[i/8] >> (7 - i%8) & 1)
	}
	numpy := leastSeconds(b, out, white, 1)
	b.ReportMetric(numpy*1e6, "numpy-cpu-us/op")
	b.ReportMetric(numpy/ours, "xnumpy")
}

// leastSeconds reads lines of a time and a count, in the order that the count's column says, checks the count, and returns
// the least time.
func leastSeconds(b *testing.B, out []byte, count, countColumn int) float64 {
	b.Helper()
	var least float64
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		require.Len(b, fields, 2)
		seconds, err := strconv.ParseFloat(fields[1-countColumn], 64)
		require.NoError(b, err)
		require.Equal(b, strconv.Itoa(count), fields[countColumn])
		if least == 0 || seconds < least {
			least = seconds
		}
	}
	return least
}

// BenchmarkMethods computes the default view, and one of long orbits, by each method on one thread.
func BenchmarkMethods(b *testing.B) {
	for _, view := range []string{"full", "seahorse"} {
		for _, method := range spec.Methods() {
			b.Run(view+"/"+string(method), func(b *testing.B) {
				s := changed(b, parse(b, benchSpecs()[view]), func(d *spec.Draft) { d.Coloring = spec.Coloring{Method: method} })
				start := cpuSeconds(b)
				for b.Loop() {
					render(b, s, renderer.Options{Threads: 1})
				}
				b.ReportMetric((cpuSeconds(b)-start)*1e9/float64(b.N*s.Width*s.Height), "cpu-ns/pixel")
			})
		}
	}
}

// BenchmarkEncode compresses the pixels of three views in each format, on one thread, and then once or twice by image/png
// and by libpng at their defaults. "MB/s" is of raw pixels and wall-clock time; "xpng" and "xlibpng" are how many times
// our CPU time the others take, "%size" and so on are the sizes in percent of the raw pixels'.
func BenchmarkEncode(b *testing.B) {
	formats := map[string]string{
		"gray1": `"coloring":{"method":"set"}`, "gray8": `"samples":2,"coloring":{"method":"set"}`, "indexed8": `"coloring":{"steps":32}`,
		"rgb8": `"samples":1`, "rgb16": `"depth":16`,
	}
	for _, view := range []string{"full", "seahorse", "interior"} {
		for _, format := range []string{"gray1", "gray8", "indexed8", "rgb8", "rgb16"} {
			size := 1024
			if format == "gray1" {
				size = 4096
			}
			places := map[string]string{
				"full":     ``,
				"interior": `"center":{"re":"-0.1"},"radius":"0.1",`,
				"seahorse": `"center":{"re":"-0.743643887037151","im":"0.131825904205330"},"radius":"5e-6","max_iterations":2000,`,
			}
			b.Run(format+"/"+view, func(b *testing.B) {
				s := parse(b, fmt.Sprintf(`{"width":%d,"height":%d,%s%s}`, size, size, places[view], formats[format]))
				benchEncode(b, render(b, s, renderer.Options{}))
			})
		}
	}
}

func benchEncode(b *testing.B, p *renderer.Pixels) {
	b.Helper()
	var (
		pool    bandpng.Pool
		encoder = pool.Get()
		out     []byte
		raw     = float64(len(p.Pix))
	)
	b.SetBytes(int64(len(p.Pix)))
	start := cpuSeconds(b)
	for b.Loop() {
		out = out[:0]
		for at := 0; at < len(p.Pix); at += spec.SegmentRows * p.Stride {
			end := min(len(p.Pix), at+spec.SegmentRows*p.Stride)
			out, _ = encoder.AppendSegment(out, p.Format, p.Width, p.Pix[at:end])
		}
	}
	ours := (cpuSeconds(b) - start) / float64(b.N)
	b.ReportMetric(100*float64(len(out))/raw, "%size")
	b.ReportMetric(ours*1e9/float64(p.Width)/float64(p.Rows.Count()), "cpu-ns/pixel")

	seconds, size := byImagePNG(b, p)
	b.ReportMetric(seconds/ours, "xpng")
	b.ReportMetric(100*float64(size)/raw, "%png")
	seconds, size = byLibpng(b, p)
	b.ReportMetric(seconds/ours, "xlibpng")
	b.ReportMetric(100*float64(size)/raw, "%libpng")
}

// byImagePNG returns the CPU time that image/png takes for the pixels, and the size of its file.
func byImagePNG(b *testing.B, p *renderer.Pixels) (seconds float64, size int) {
	b.Helper()
	picture := standardImage(p)
	var out bytes.Buffer
	for range 2 {
		out.Reset()
		start := cpuSeconds(b)
		require.NoError(b, png.Encode(&out, picture))
		if spent := cpuSeconds(b) - start; seconds == 0 || spent < seconds {
			seconds = spent
		}
	}
	return seconds, out.Len()
}

// byLibpng is byImagePNG for libpng. Where it is not installed it returns zeros.
func byLibpng(b *testing.B, p *renderer.Pixels) (seconds float64, size int) {
	b.Helper()
	layout := map[renderer.Format][2]string{
		renderer.Gray1: {"1", "0"}, renderer.Gray8: {"8", "0"}, renderer.Indexed8: {"8", "3"}, renderer.RGB8: {"8", "2"}, renderer.RGB16: {"16", "2"},
	}[p.Format]
	program, err := buildLibpng(b)
	if err != nil {
		return 0, 0
	}
	cmd := exec.CommandContext(b.Context(), program, "encode", strconv.Itoa(p.Width), strconv.Itoa(p.Rows.Count()),
		layout[0], layout[1], strconv.Itoa(p.Stride), "2")
	cmd.Stdin = bytes.NewReader(p.Pix)
	out, err := cmd.Output()
	require.NoError(b, err)
	size, err = strconv.Atoi(strings.Fields(string(out))[0])
	require.NoError(b, err)
	return leastSeconds(b, out, size, 0), size
}

// standardImage is what image/png encodes in the same format.
func standardImage(p *renderer.Pixels) image.Image {
	bounds := image.Rect(0, 0, p.Width, p.Rows.Count())
	switch p.Format {
	case renderer.Gray1:
		picture := image.NewPaletted(bounds, []color.Color{color.Black, color.White})
		for i := range picture.Pix {
			picture.Pix[i] = p.Pix[i/8] >> (7 - i%8) & 1
		}
		return picture
	case renderer.Gray8:
		return &image.Gray{Pix: p.Pix, Stride: p.Stride, Rect: bounds}
	case renderer.Gray16:
		return &image.Gray16{Pix: p.Pix, Stride: p.Stride, Rect: bounds}
	case renderer.Indexed8:
		var colors color.Palette
		for _, c := range p.Palette {
			colors = append(colors, color.RGBA{c[0], c[1], c[2], 255})
		}
		return &image.Paletted{Pix: p.Pix, Stride: p.Stride, Rect: bounds, Palette: colors}
	case renderer.RGB16:
		picture := image.NewRGBA64(bounds)
		for i := range p.Width * p.Rows.Count() {
			copy(picture.Pix[8*i:], p.Pix[6*i:6*i+6])
			picture.Pix[8*i+6], picture.Pix[8*i+7] = 255, 255
		}
		return picture
	case renderer.RGB8:
	}
	picture := image.NewNRGBA(bounds)
	for i := range p.Width * p.Rows.Count() {
		copy(picture.Pix[4*i:], p.Pix[3*i:3*i+3])
		picture.Pix[4*i+3] = 255
	}
	return picture
}
