package renderer_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"mandelfarm/internal/golden"
	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
)

func writePNG(tb testing.TB, s spec.Spec, opt renderer.Options) []byte {
	tb.Helper()
	var out bytes.Buffer
	require.NoError(tb, renderer.Write(tb.Context(), &out, s, opt))
	return out.Bytes()
}

// requireSamePixels compares a decoded file with rendered pixels.
func requireSamePixels(tb testing.TB, want *renderer.Pixels, got image.Image) {
	tb.Helper()
	require.Equal(tb, image.Rect(0, 0, want.Width, want.Rows.Count()), got.Bounds())
	for y := range want.Rows.Count() {
		for x := range want.Width {
			r, g, b := colorAt(want, x, y)
			r2, g2, b2, _ := got.At(x, y).RGBA()
			if r != r2 || g != g2 || b != b2 {
				tb.Fatalf("pixel (%d,%d): got %v, want %x,%x,%x", x, y, got.At(x, y), r, g, b)
			}
		}
	}
}

// colorAt reads a pixel as channels of 16 bits.
func colorAt(p *renderer.Pixels, x, y int) (r, g, b uint32) {
	row := p.Pix[y*p.Stride:]
	wide := func(channel byte) uint32 { return uint32(channel) * 0x101 }
	switch p.Format {
	case renderer.Gray1:
		gray := wide(row[x/8] >> (7 - x%8) & 1 * 255)
		return gray, gray, gray
	case renderer.Gray8:
		return wide(row[x]), wide(row[x]), wide(row[x])
	case renderer.Indexed8:
		color := p.Palette[row[x]]
		return wide(color[0]), wide(color[1]), wide(color[2])
	case renderer.Gray16:
		gray := uint32(binary.BigEndian.Uint16(row[2*x:]))
		return gray, gray, gray
	case renderer.RGB8:
		return wide(row[3*x]), wide(row[3*x+1]), wide(row[3*x+2])
	case renderer.RGB16:
	}
	channel := func(i int) uint32 { return uint32(binary.BigEndian.Uint16(row[6*x+2*i:])) }
	return channel(0), channel(1), channel(2)
}

func TestFilesShowWhatRenderComputes(t *testing.T) {
	t.Parallel()
	pngcheck, err := exec.LookPath("pngcheck")
	checked := err == nil
	for _, coloring := range []string{
		`"samples":1,"coloring":{"method":"set"}`, `"samples":2,"coloring":{"method":"set"}`, `"samples":1`, `"samples":3`,
		`"coloring":{"steps":5}`, `"coloring":{"palette":"gray"}`, `"depth":16`, `"depth":16,"samples":2`,
		`"depth":16,"coloring":{"palette":"gray"}`, `"depth":8,"coloring":{"method":"set"}`,
	} {
		for _, size := range [][2]int{{1, 1}, {7, 63}, {33, 64}, {129, 65}, {61, 129}, {1025, 3}, {520, 66}} {
			t.Run(fmt.Sprintf("%dx%d %.25s", size[0], size[1], coloring), func(t *testing.T) {
				t.Parallel()
				s := parse(t, fmt.Sprintf(`{"width":%d,"height":%d,"max_iterations":60,%s}`, size[0], size[1], coloring))
				data := writePNG(t, s, renderer.Options{Threads: 3})
				picture, err := png.Decode(bytes.NewReader(data))
				require.NoError(t, err)
				requireSamePixels(t, render(t, s, renderer.Options{}), picture)
				assert.Contains(t, string(data), "mandelfarm\x00\x00\x00\x00\x00"+string(s.Canonical()))
				if checked {
					path := filepath.Join(t.TempDir(), "picture.png")
					require.NoError(t, os.WriteFile(path, data, 0o600))
					out, err := exec.CommandContext(t.Context(), pngcheck, "-v", path).CombinedOutput()
					require.NoError(t, err, "%s", out)
				}
			})
		}
	}
}

func TestFilesDoNotDependOnThreads(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		s := tallPictures().Draw(r, "spec")
		want := writePNG(t, s, renderer.Options{Threads: 1})
		got := writePNG(t, s, renderer.Options{Threads: rapid.IntRange(2, 8).Draw(r, "threads")})
		require.True(r, bytes.Equal(want, got), "files differ")
	})
}

var errFull = errors.New("disk full")

// narrow accepts so many bytes and then fails.
type narrow int

func (n *narrow) Write(p []byte) (int, error) {
	if *n -= narrow(len(p)); *n < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestFailingWritersAreReported(t *testing.T) {
	t.Parallel()
	s := parse(t, `{"width":64,"height":640,"max_iterations":60}`)
	size := len(writePNG(t, s, renderer.Options{}))
	for room := 0; room < size; room += size/23 + 1 {
		w := narrow(room)
		require.ErrorIs(t, renderer.Write(t.Context(), &w, s, renderer.Options{Threads: 3}), errFull, "room for %d bytes", room)
	}
	w := narrow(size)
	require.NoError(t, renderer.Write(t.Context(), &w, s, renderer.Options{}))
}

// goldenSpecs are the approved pictures.
func goldenSpecs() map[string]string {
	const small = `"width":160,"height":120`
	return map[string]string{
		"default":      `{` + small + `}`,
		"samples":      `{` + small + `,"samples":4}`,
		"set":          `{` + small + `,"coloring":{"method":"set"}}`,
		"set-samples":  `{` + small + `,"samples":4,"coloring":{"method":"set"}}`,
		"julia":        `{` + small + `,"formula":"julia","samples":2}`,
		"burning-ship": `{` + small + `,"formula":"burning_ship","coloring":{"palette":"fire"}}`,
		"tricorn":      `{` + small + `,"formula":"tricorn","coloring":{"palette":"aurora"}}`,
		"seahorses": `{` + small + `,"center":{"re":"-0.743643887037151","im":"0.131825904205330"},"radius":"0.002",
			"max_iterations":3000,"samples":2,"coloring":{"palette":"ocean","density":1.5,"offset":0.1,"interior":"#200810"}}`,
		"steps":       `{` + small + `,"coloring":{"palette":"fire","steps":12,"density":2}}`,
		"gray":        `{` + small + `,"samples":2,"coloring":{"palette":"gray","interior":"#ffffff"}}`,
		"depth-16":    `{` + small + `,"depth":16,"samples":2,"coloring":{"palette":"aurora"}}`,
		"multibrot-3": `{` + small + `,"formula":"multibrot","samples":2}`,
		"multibrot-6": `{` + small + `,"formula":"multibrot","power":6,"coloring":{"method":"distance","palette":"forest"}}`,
		"julia-4": `{` + small + `,"formula":"julia","power":4,"seed":{"re":0.6,"im":0.55},"samples":2,
			"coloring":{"method":"slope","palette":"copper"}}`,
		"stops": `{` + small + `,"samples":2,"coloring":{"palette":[{"at":0,"color":"#000764"},{"at":0.16,"color":"#206bcb"},
			{"at":0.42,"color":"#edffff"},{"at":0.6425,"color":"#ffaa00"},{"at":0.8575,"color":"#000200"}]}}`,
		"open":          `{` + small + `,"coloring":{"palette":"copper","cyclic":false,"density":3,"offset":-0.5}}`,
		"distance":      `{` + small + `,"samples":3,"coloring":{"method":"distance"}}`,
		"distance-ship": `{` + small + `,"formula":"burning_ship","coloring":{"method":"distance","palette":"copper"}}`,
		"slope":         `{` + small + `,"samples":3,"coloring":{"method":"slope"}}`,
		"slope-julia": `{` + small + `,"formula":"julia","rotation":30,"depth":16,"coloring":{"method":"slope","palette":"twilight",
			"light":135,"relief":1}}`,
		"histogram": `{` + small + `,"samples":2,"center":{"re":"-0.743643887037151","im":"0.131825904205330"},"radius":"0.002",
			"max_iterations":3000,"coloring":{"method":"histogram","palette":"twilight"}}`,
		"range": `{` + small + `,"samples":2,"center":{"re":"-0.743643887037151","im":"0.131825904205330"},"radius":"0.002",
			"max_iterations":3000,"coloring":{"palette":"fire","cyclic":false,"range":[24,300],"equalize":0.5}}`,
		"bands": `{` + small + `,"samples":2,"center":{"re":"-0.743643887037151","im":"0.131825904205330"},"radius":"0.002",
			"max_iterations":3000,"coloring":{"method":"slope","palette":"fire","smooth":false,"range":[24,300]}}`,
		"periods": `{` + small + `,"samples":3,"max_iterations":4000,"coloring":{"palette":"spectrum","periods":true,"density":0.3,"offset":0.6}}`,
		"deep-periods": `{` + small + `,"radius":"6e-22","max_iterations":100000,"coloring":{"method":"distance","palette":"twilight","periods":true},
			"center":{"re":"-1.768667862837488812627419470","im":"0.001645580546820209430325900"}}`,
		"deep": `{` + small + `,"center":{"re":"-0.743643887037158704752191506114774","im":"0.131825904205311970493132056385139"},
			"radius":"1e-10","rotation":30,"max_iterations":10000}`,
	}
}

func TestGoldenPictures(t *testing.T) {
	t.Parallel()
	for name, text := range goldenSpecs() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			golden.PNG(t, name, writePNG(t, parse(t, text), renderer.Options{}))
		})
	}
	t.Run("original", func(t *testing.T) {
		t.Parallel()
		golden.PNG(t, "original", writePNG(t, spec.Original(320, 240), renderer.Options{}))
	})
}

// FuzzWrite draws small pictures of all kinds: image/png reads the pixels that Render computes.
func FuzzWrite(f *testing.F) {
	f.Add(uint8(30), uint8(70), uint8(100), uint8(1), true, uint8(0), uint8(0), uint8(0), uint32(0))
	f.Add(uint8(9), uint8(1), uint8(20), uint8(3), false, uint8(1), uint8(1), uint8(8), uint32(0xff8000))
	f.Fuzz(func(t *testing.T, width, height, iterations, samples uint8, deep bool, method, colors, steps uint8, interior uint32) {
		d := spec.Draft{
			Width: 1 + int(width), Height: 1 + int(height), MaxIterations: 1 + spec.Iterations(iterations), Samples: 1 + int(samples%4),
			Coloring: spec.Coloring{
				Method:   spec.Methods()[int(method)%len(spec.Methods())],
				Palette:  spec.Palettes()[int(colors)%len(spec.Palettes())],
				Steps:    int(steps),
				Interior: spec.Color(fmt.Sprintf("#%06x", interior&0xffffff)),
			},
		}
		if deep {
			d.Depth = 16
		}
		s := normal(t, d)
		file := writePNG(t, s, renderer.Options{Threads: 2})
		got, err := png.Decode(bytes.NewReader(file))
		require.NoError(t, err)
		requireSamePixels(t, render(t, s, renderer.Options{}), got)
	})
}
