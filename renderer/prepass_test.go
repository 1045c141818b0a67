package renderer_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
)

// TestPrepassesAreStored whole: what is read draws the same, and nothing is read that is cut short, longer, changed or of
// another picture.
func TestPrepassesAreStored(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"reference": `"radius":"1e-20"`,
		"histogram": `"radius":"1e-3","coloring":{"method":"histogram"}`,
		"equalize":  `"radius":"1e-3","coloring":{"range":[40,400],"equalize":0.5}`,
		"limit":     `"radius":"1e-3","max_iterations":"auto"`,
		"all":       `"radius":"1e-20","max_iterations":"auto","coloring":{"method":"histogram"}`,
		"empty":     `"radius":"1e-20","max_iterations":10,"coloring":{"method":"histogram"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := parse(t, `{"width":64,"height":48,`+spiral+`,`+text+`}`)
			g := prepass(t, s)
			require.Equal(t, renderer.PrepassKey(s), g.Key())
			var out bytes.Buffer
			n, err := g.WriteTo(&out)
			require.NoError(t, err)
			require.Equal(t, int64(out.Len()), n)
			read := func(data []byte) (*renderer.Prepass, error) {
				return renderer.ReadPrepass(renderer.PrepassKey(s), bytes.NewReader(data))
			}
			got, err := read(out.Bytes())
			require.NoError(t, err)
			require.Equal(t, g.MaxIterations(), got.MaxIterations())
			require.Equal(t, g.Size(), got.Size())
			require.Equal(t, render(t, s, renderer.Options{}).Pix, render(t, s, renderer.Options{Prepass: got}).Pix)
			requireRefused(t, out.Bytes(), read)
			_, err = renderer.ReadPrepass(renderer.PrepassKey(parse(t, `{"width":64,"height":48,"max_iterations":"auto"}`)), &out)
			require.Error(t, err, "of another picture")
		})
	}
}

// requireRefused fails if a part of the data can be read, or if one that was changed reads as something else.
func requireRefused(t *testing.T, data []byte, read func([]byte) (*renderer.Prepass, error)) {
	t.Helper()
	step := 1 + len(data)/500
	for i := 0; i < len(data); i += step {
		_, err := read(data[:i])
		require.Error(t, err, "%d of %d bytes", i, len(data))
		changed := bytes.Clone(data)
		changed[i] ^= 0x20
		if g, err := read(changed); err == nil { // bits that fill the last byte of a compressed stream
			var out bytes.Buffer
			_, err = g.WriteTo(&out)
			require.NoError(t, err)
			require.Equal(t, data, out.Bytes(), "byte %d changed", i)
		}
	}
	_, err := read(append(bytes.Clone(data), 0))
	require.Error(t, err, "one byte more")
}

// TestPrepassesAreForPicturesThatNeedThem.
func TestPrepassesAreForPicturesThatNeedThem(t *testing.T) {
	t.Parallel()
	for text, needed := range map[string]bool{
		`{"width":64,"height":48}`:                                    false,
		`{"width":64,"height":48,"radius":"1e-8"}`:                    false,
		`{"width":64,"height":48,` + spiral + `,"radius":"1e-10"}`:    true,
		`{"width":64,"height":48,"coloring":{"method":"histogram"}}`:  true,
		`{"width":64,"height":48,"coloring":{"range":[1,9]}}`:         false,
		`{"width":64,"height":48,"coloring":{"equalize":0.5}}`:        true,
		`{"width":64,"height":48,"max_iterations":"auto"}`:            true,
		`{"width":64,"height":48,"formula":"julia","radius":"1e-10"}`: false,
	} {
		s := parse(t, text)
		require.Equal(t, needed, renderer.PrepassKey(s) != "", text)
		require.Equal(t, needed, prepass(t, s) != nil, text)
	}
}

// TestSmallPicturesTakeTheLargeOnesPrepass.
func TestSmallPicturesTakeTheLargeOnesPrepass(t *testing.T) {
	t.Parallel()
	s := parse(t, `{"width":3000,"height":1997,"max_iterations":"auto",`+spiral+`,"radius":"1e-20","coloring":{"method":"histogram"}}`)
	g := prepass(t, s)
	small := s.Reduced(60, 60)
	reduced := g.As(small)
	require.Equal(t, renderer.PrepassKey(small), reduced.Key())
	require.Equal(t, g.MaxIterations(), reduced.MaxIterations())
	p, err := renderer.Render(t.Context(), small, spec.Rows{Start: 0, End: small.Height}, renderer.Options{Prepass: reduced})
	require.NoError(t, err)
	require.NotEmpty(t, p.Pix)
	require.Nil(t, (*renderer.Prepass)(nil).As(small))
}

// TestPrepassesOfHistogramsAreOfASmallPicture: pictures that are the same when small share one.
func TestPrepassesOfHistogramsAreOfASmallPicture(t *testing.T) {
	t.Parallel()
	key := func(width, height, samples int, coloring string) string {
		return renderer.PrepassKey(parse(t, fmt.Sprintf(`{"width":%d,"height":%d,"samples":%d,"coloring":{%s}}`, width, height, samples, coloring)))
	}
	const ranks, whole = `"method":"histogram"`, `"method":"histogram","smooth":false`
	assert.Equal(t, key(256, 128, 1, ranks), key(4000, 2000, 5, `"equalize":0.5,"palette":"fire"`))
	assert.NotEqual(t, key(256, 128, 1, ranks), key(255, 128, 1, ranks))
	assert.NotEqual(t, key(256, 128, 1, ranks), key(256, 128, 1, whole), "other depths")
	assert.Equal(t, key(256, 128, 1, whole), key(4000, 2000, 5, `"method":"slope","smooth":false,"equalize":1`))
}

// TestPrepassesSayHowFarTheyAre in steps of the reference orbit.
func TestPrepassesSayHowFarTheyAre(t *testing.T) {
	t.Parallel()
	// At the cusp, whose orbit neither escapes nor comes back to 0 for very long.
	s := parse(t, `{"width":64,"height":48,"center":{"re":"0.25","im":"0"},"exact":true,"radius":"1e-20","max_iterations":20000}`)
	var told []float64
	_, err := renderer.NewPrepass(t.Context(), s, 1, func(done float64) { told = append(told, done) })
	require.NoError(t, err)
	require.NotEmpty(t, told)
	require.IsIncreasing(t, told)
	require.Positive(t, told[0])
	require.LessOrEqual(t, told[len(told)-1], 1.0)
}
