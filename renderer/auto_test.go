package renderer_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
)

// spiral is a place of seahorse valley, with more digits than a radius of 1e-40 needs.
const spiral = `"center":{"re":"-0.743643887037158704752191506114774","im":"0.131825904205311970493132056385139"}`

func prepass(t *testing.T, s spec.Spec) *renderer.Prepass {
	t.Helper()
	g, err := renderer.NewPrepass(t.Context(), s, 0, nil)
	require.NoError(t, err)
	return g
}

func TestAutoIsWrittenAsAWord(t *testing.T) {
	t.Parallel()
	s := parse(t, `{"width":8,"height":6,"max_iterations":"auto"}`)
	assert.Equal(t, spec.Auto, s.MaxIterations)
	assert.Contains(t, string(s.Canonical()), `"max_iterations":"auto"`)
	assert.Equal(t, s, parse(t, string(s.Canonical())))
	query, err := spec.FromQuery(8, 6, map[string][]string{"max_iterations": {"auto"}})
	require.NoError(t, err)
	assert.Equal(t, s, query)
	for _, bad := range []string{`"Auto"`, `""`, `"1000"`, `-1`, `0`, `1.5`, `true`, `null`, `["auto"]`} {
		_, err := spec.Parse([]byte(`{"width":8,"height":6,"max_iterations":` + bad + `}`))
		require.ErrorContains(t, err, "max_iterations", bad)
	}
	_, err = spec.FromQuery(8, 6, map[string][]string{"max_iterations": {"-1"}})
	require.ErrorContains(t, err, "max_iterations: must be at least 1")
	_, err = spec.FromQuery(8, 6, map[string][]string{"max_iterations": {"many"}})
	require.ErrorContains(t, err, `must be a whole number or "auto"`)
}

// TestAutoIsEnough: of the points that escape after ten times as many iterations, next to none are lost. And it is not
// far more than enough.
func TestAutoIsEnough(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		view        string
		least, most int
	}{
		{`"radius":"1.25"`, 1024, 1024},
		{spiral + `,"radius":"1e-3"`, 1024, 4096},
		{spiral + `,"radius":"1e-12"`, 2048, 16384},
		{spiral + `,"radius":"1e-20"`, 8192, 32768},
		{`"formula":"julia"`, 1024, 2048},
		{`"formula":"burning_ship","center":{"re":"-1.762","im":"-0.028"},"radius":"0.03"`, 1024, 2048},
		{`"center":{"re":"0","im":"1"},"radius":"1e-1000"`, 4096, 8192},
	} {
		s := parse(t, `{"width":160,"height":90,"max_iterations":"auto",`+c.view+`}`)
		limit := prepass(t, s).MaxIterations()
		assert.GreaterOrEqual(t, limit, c.least, c.view)
		assert.LessOrEqual(t, limit, c.most, c.view)
		s = changed(t, s, func(d *spec.Draft) { d.MaxIterations = spec.Iterations(10 * limit) })
		escape, late := 0, 0
		for _, nu := range counts(t, s) {
			if !math.IsNaN(nu) {
				escape++
				if nu > float64(limit) {
					late++
				}
			}
		}
		assert.Less(t, float64(late), 0.02*float64(escape)+1, "%s: %d of %d points escape after %d iterations", c.view, late, escape, limit)
	}
}

// TestAutoDrawsWhatItsNumberDraws, for all methods, in bands, with a prepass or without.
func TestAutoDrawsWhatItsNumberDraws(t *testing.T) {
	t.Parallel()
	for _, radius := range []string{"1e-3", "1e-20"} {
		for _, method := range spec.Methods() {
			s := parse(t, fmt.Sprintf(`{"width":80,"height":70,"max_iterations":"auto",%s,"radius":"%s","coloring":{"method":"%s"}}`, spiral, radius, method))
			g := prepass(t, s)
			number := changed(t, s, func(d *spec.Draft) { d.MaxIterations = spec.Iterations(g.MaxIterations()) })
			want := render(t, number, renderer.Options{})
			require.Equal(t, want.Pix, render(t, s, renderer.Options{}).Pix, "%s at %s", method, radius)
			half, err := renderer.Render(t.Context(), s, spec.Rows{Start: 35, End: 70}, renderer.Options{Prepass: g})
			require.NoError(t, err)
			require.Equal(t, want.Pix[35*want.Stride:], half.Pix, "%s at %s", method, radius)
		}
	}
}

// TestAutoIsOfTheView, not of size, colours and the number of threads.
func TestAutoIsOfTheView(t *testing.T) {
	t.Parallel()
	one := parse(t, `{"width":1024,"height":576,"max_iterations":"auto",`+spiral+`,"radius":"1e-20"}`)
	other := parse(t, `{"width":320,"height":180,"max_iterations":"auto",`+spiral+`,"radius":"1e-20","samples":4,"coloring":{"palette":"fire"}}`)
	require.Equal(t, renderer.PrepassKey(one), renderer.PrepassKey(other))
	alone, err := renderer.NewPrepass(t.Context(), other, 1, nil)
	require.NoError(t, err)
	require.Equal(t, prepass(t, one).MaxIterations(), alone.MaxIterations())
	turned := one
	turned.Rotation = decimal(t, "10")
	require.NotEqual(t, renderer.PrepassKey(one), renderer.PrepassKey(turned))
	stretched := changed(t, one, func(d *spec.Draft) { d.Stretch.Amount = decimal(t, "1") })
	require.NotEqual(t, renderer.PrepassKey(one), renderer.PrepassKey(stretched))
}

// TestAutoInsideIsQuick: where nothing escapes there is nothing to wait for, at any depth.
func TestAutoInsideIsQuick(t *testing.T) {
	t.Parallel()
	for _, view := range []string{`"radius":"0.01"`, `"radius":"1e-15"`, `"radius":"1e-1000"`, `"radius":"1e-8000"`} {
		s := parse(t, `{"width":64,"height":36,"max_iterations":"auto","exact":true,"center":{"re":"-0.1","im":"0"},`+view+`}`)
		start := time.Now()
		g := prepass(t, s)
		require.Equal(t, 1024, g.MaxIterations(), view)
		require.Less(t, g.Size(), int64(1<<20), view)
		require.Less(t, time.Since(start), 30*time.Second, view) // a reference of all iterations takes minutes
	}
}

// TestAutoIsWithinLimits at any depth: those of iterations, and two minutes for a reference.
func TestAutoIsWithinLimits(t *testing.T) {
	t.Parallel()
	for exponent := 5; exponent < 25_000; exponent += exponent/4 + 1 {
		s := parse(t, fmt.Sprintf(`{"width":1600,"height":900,"max_iterations":"auto","center":{"re":"0","im":"1"},"radius":"1e-%d"}`, exponent))
		require.NoError(t, renderer.Limits{MaxIterations: spec.AutoCeiling, Reference: 2 * time.Minute}.Check(s), "radius 1e-%d", exponent)
	}
	s := parse(t, `{"width":8,"height":6,"max_iterations":"auto"}`)
	err := renderer.Limits{MaxIterations: 1_000_000}.Check(s)
	require.ErrorContains(t, err, `max_iterations: may come to 10000000: must be at most 1000000, got "auto"`)
}

// TestAutoCanBeVerified: the file says "auto".
func TestAutoCanBeVerified(t *testing.T) {
	t.Parallel()
	var file strings.Builder
	s := parse(t, `{"width":64,"height":200,"max_iterations":"auto",`+spiral+`,"radius":"1e-20","coloring":{"method":"histogram"}}`)
	require.NoError(t, renderer.Write(t.Context(), &file, s, renderer.Options{}))
	p, err := renderer.OpenPicture(strings.NewReader(file.String()))
	require.NoError(t, err)
	require.Equal(t, s, p.Spec)
	rows, err := p.Verify(t.Context(), 0, renderer.Options{})
	require.NoError(t, err)
	require.Equal(t, 200, rows)
}
