package renderer_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image/png"
	"math"
	"regexp"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"mandelfarm/renderer"
	"mandelfarm/renderer/escape"
	"mandelfarm/renderer/spec"
)

// readNPY reads a NumPy file as its format's description says, and returns the array.
func readNPY(t require.TestingT, file []byte) [][]float64 {
	require.Equal(t, "\x93NUMPY\x01\x00", string(file[:8]))
	head := int(binary.LittleEndian.Uint16(file[8:])) + 10
	require.Zero(t, head%64)
	found := regexp.MustCompile(`^{'descr': '<f8', 'fortran_order': False, 'shape': \((\d+), (\d+)\), } *\n$`).
		FindSubmatch(file[10:head])
	require.NotNil(t, found, "%q", file[10:head])
	height, err := strconv.Atoi(string(found[1]))
	require.NoError(t, err)
	width, err := strconv.Atoi(string(found[2]))
	require.NoError(t, err)
	data := file[head:]
	require.Len(t, data, 8*width*height)
	rows := make([][]float64, height)
	for y := range rows {
		for range width {
			rows[y] = append(rows[y], math.Float64frombits(binary.LittleEndian.Uint64(data)))
			data = data[8:]
		}
	}
	return rows
}

// file draws the file of s.
func file(tb testing.TB, s spec.Spec, opt renderer.Options) []byte {
	tb.Helper()
	var out bytes.Buffer
	require.NoError(tb, renderer.Write(tb.Context(), &out, s, opt))
	return out.Bytes()
}

// TestRawCountsAreTheKernels at the centres of the pixels, the top row first, and NaN inside: in every kind of view.
func TestRawCountsAreTheKernels(t *testing.T) {
	t.Parallel()
	const width, height, limit = 2100, 9, 300
	for name, c := range map[string]struct {
		spec   string
		kernel escape.Kernel
		point  func(x, y float64) (re, im float64)
	}{
		"plain": {
			spec:   `"center":{"re":"-0.5","im":"0.25"},"radius":"0.0078125"`,
			kernel: escape.Kernel{Formula: escape.Mandelbrot},
			point: func(x, y float64) (re, im float64) {
				const step = 2 * 0.0078125 / height
				return -0.5 + (x-width/2.0)*step, 0.25 + (height/2.0-y)*step
			},
		},
		"julia": {
			spec:   `"formula":"julia","seed":{"re":"-0.75","im":"0.125"},"center":{"re":"0","im":"0"},"radius":"0.015625"`,
			kernel: escape.Kernel{Formula: escape.Julia, SeedRe: -0.75, SeedIm: 0.125},
			point: func(x, y float64) (re, im float64) {
				const step = 2 * 0.015625 / height
				return (x - width/2.0) * step, (height/2.0 - y) * step
			},
		},
		"window": {
			spec:   `"formula":"burning_ship","window":{"re":["-2","1"],"im":["-1.5","0.5"]}`,
			kernel: escape.Kernel{Formula: escape.BurningShip},
			point: func(x, y float64) (re, im float64) {
				const columnStep, rowStep = 3.0 / (width - 1), 2.0 / (height - 1)
				return float64((x-0.5)*columnStep) - 2, float64((height-0.5-y)*rowStep) - 1.5
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := parse(t, fmt.Sprintf(`{"width":%d,"height":%d,"max_iterations":%d,"format":"npy",%s}`, width, height, limit, c.spec))
			got := readNPY(t, file(t, s, renderer.Options{}))
			require.Len(t, got, height)
			batch := escape.NewBatch(width)
			c.kernel.MaxIterations, c.kernel.Radius2 = limit, 1<<16
			inside, outside := 0, 0
			for y, row := range got {
				for x := range width {
					batch.Re[x], batch.Im[x] = c.point(float64(x)+0.5, float64(y)+0.5)
				}
				require.NoError(t, c.kernel.Run(t.Context(), *batch))
				for x, nu := range row {
					if batch.Count[x] == 0 {
						inside++
						require.True(t, math.IsNaN(nu), "row %d, column %d: %v", y, x, nu)
						continue
					}
					outside++
					// The points are computed otherwise here, by a rounding or two.
					require.InDelta(t, escape.Smooth(batch.Count[x], batch.Norm2[x]), nu, 1e-6, "row %d, column %d", y, x)
				}
			}
			assert.Greater(t, inside, 10)
			assert.Greater(t, outside, 1000)
		})
	}
}

// TestBandsMakeTheRawFile whatever the split, the threads and the run of pixels.
func TestBandsMakeTheRawFile(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s, err := spec.Normalize(spec.Draft{
			Width: rapid.SampledFrom([]int{1, 7, 40, 2047, 2050}).Draw(t, "width"), Height: rapid.IntRange(1, 300).Draw(t, "height"),
			MaxIterations: 20, Format: rapid.SampledFrom(raw()).Draw(t, "format"),
			Coloring: spec.Coloring{Method: rapid.SampledFrom(spec.Methods()).Draw(t, "method")},
		})
		require.NoError(t, err)
		var whole, parts bytes.Buffer
		require.NoError(t, renderer.Write(t.Context(), &whole, s, renderer.Options{Threads: 3}))
		parts.Write(renderer.Head(s))
		var all renderer.Sum
		for start := 0; start < s.Height; {
			end := min(s.Height, start+spec.SegmentRows*rapid.IntRange(1, 3).Draw(t, "segments"))
			sum, err := renderer.WriteBand(t.Context(), &parts, s, spec.Rows{Start: start, End: end}, renderer.Options{Threads: 1})
			require.NoError(t, err)
			start, all = end, all.Then(sum)
		}
		parts.Write(renderer.Tail(s, all))
		require.True(t, bytes.Equal(whole.Bytes(), parts.Bytes()))
		if !s.Format.IsPacked() {
			require.Zero(t, all)
			require.Equal(t, renderer.RawBytes(s), int64(whole.Len()-len(renderer.Head(s))))
		}
	})
}

// raw lists the formats of raw data.
func raw() []spec.FileFormat { return spec.FileFormats()[1:] }

// TestRawFilesShowThePicture to whoever makes a preview of the segments: its pixels are those of the PNG.
func TestRawFilesShowThePicture(t *testing.T) {
	t.Parallel()
	s := parse(t, `{"width":90,"height":70,"max_iterations":100,"format":"npy"}`)
	picture := as(t, s, spec.PNG)
	want, err := renderer.Render(t.Context(), picture, spec.Rows{Start: 0, End: 70}, renderer.Options{})
	require.NoError(t, err)
	var rows atomic.Int64
	file(t, s, renderer.Options{Segment: func(p *renderer.Pixels) {
		rows.Add(int64(p.Rows.Count()))
		assert.Equal(t, want.Format, p.Format)
		assert.Equal(t, want.Pix[p.Rows.Start*want.Stride:p.Rows.End*want.Stride], p.Pix)
	}})
	assert.EqualValues(t, 70, rows.Load())
}

// TestFormatsAreDifferentPicturesOfOneView: each with an ID, without what has no effect in it.
func TestFormatsAreDifferentPicturesOfOneView(t *testing.T) {
	t.Parallel()
	s := parse(t, `{"width":8,"height":6,"samples":4,"depth":16,"coloring":{"palette":"fire"}}`)
	assert.NotContains(t, string(s.Canonical()), "format")
	assert.Equal(t, s, parse(t, `{"width":8,"height":6,"samples":4,"depth":16,"coloring":{"palette":"fire"},"format":"png"}`))
	npy := as(t, s, spec.NPY)
	assert.JSONEq(t, `{"formula":"mandelbrot","center":{"re":"-0.75","im":"0"},"radius":"1.25","width":8,"height":6,
		"max_iterations":1000,"samples":1,"format":"npy"}`, string(npy.Canonical()))
	assert.Equal(t, npy, parse(t, `{"width":8,"height":6,"format":"npy","coloring":{"method":"set"}}`))
	assert.Equal(t, npy, parse(t, string(npy.Canonical())))
	assert.NotEqual(t, s.ID(), npy.ID())
	assert.Equal(t, parse(t, `{"width":8,"height":6}`), as(t, npy, spec.PNG), "with the default colouring")
	fromQuery, err := spec.FromQuery(8, 6, map[string][]string{"format": {"npy"}})
	require.NoError(t, err)
	assert.Equal(t, npy, fromQuery)
	for _, packed := range []spec.FileFormat{spec.PackedCounts, spec.PackedGradients} {
		assert.Equal(t, as(t, npy, packed), as(t, s, packed), "colours have no effect")
	}
}

func TestUnknownFormatsAreRefused(t *testing.T) {
	t.Parallel()
	_, err := spec.Parse([]byte(`{"width":8,"height":6,"format":"tiff"}`))
	var fault *spec.FieldError
	require.ErrorAs(t, err, &fault)
	assert.Equal(t, "format", fault.Field)
	assert.Equal(t, "tiff", fault.Value)
	_, err = spec.FromQuery(8, 6, map[string][]string{"format": {"NPY"}})
	require.ErrorAs(t, err, &fault)
	assert.Equal(t, "format", fault.Field)
	_, err = spec.Parse([]byte(`{"width":8,"height":6,"format":"npy","coloring":{"palette":"mud"}}`))
	require.ErrorAs(t, err, &fault, "what has no effect is checked")
	assert.Equal(t, "coloring.palette", fault.Field)
}

func TestRawDataHasALimit(t *testing.T) {
	t.Parallel()
	s := parse(t, `{"width":2000,"height":1000,"format":"npy"}`)
	assert.EqualValues(t, 16_000_000, renderer.RawBytes(s))
	require.NoError(t, renderer.Limits{RawBytes: 16_000_000}.Check(s))
	var fault *spec.FieldError
	require.ErrorAs(t, renderer.Limits{RawBytes: 15_999_999}.Check(s), &fault)
	assert.Equal(t, "format", fault.Field)
	assert.Equal(t, "npy", fault.Value)
	assert.Contains(t, fault.Reason, "16000000")
	assert.Contains(t, fault.Reason, "15999999")
	require.NoError(t, renderer.Limits{RawBytes: 1}.Check(as(t, s, spec.PNG)))
	giant := parse(t, `{"width":2147483647,"height":2147483647,"radius":2e9,"format":"npy"}`)
	assert.EqualValues(t, math.MaxInt64, renderer.RawBytes(giant))
	require.Error(t, renderer.Limits{RawBytes: math.MaxInt64 - 1}.Check(giant))
}

// TestReducedRawDataIsAPicture, for previews.
func TestReducedRawDataIsAPicture(t *testing.T) {
	t.Parallel()
	small := parse(t, `{"width":800,"height":600,"format":"npy"}`).Reduced(40, 30)
	assert.Equal(t, parse(t, `{"width":40,"height":30}`), small)
	_, err := png.Decode(bytes.NewReader(file(t, small, renderer.Options{})))
	require.NoError(t, err)
}
