package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/renderer/spec"
)

func TestFindPrintsTheMinibrot(t *testing.T) {
	t.Parallel()
	const text = `{"width": 90, "height": 60, "center": {"re": "-1.7597", "im": "-0.0126"}, "radius": "0.001", "coloring": {"palette": "fire"}}`
	var found spec.Minibrot
	require.NoError(t, json.Unmarshal([]byte(asked(t, "", text, "find", "-")), &found))
	assert.Equal(t, 39, found.Period)
	assert.Equal(t, 39*200, found.MaxIterations)
	assert.Equal(t, spec.Palette("fire"), found.Spec.Coloring.Palette)
	assert.Equal(t, 90, found.Spec.Width)
	assert.Equal(t, found.Center, found.Spec.Center)
	assert.Equal(t, found.Radius, found.Spec.Radius)

	file := filepath.Join(t.TempDir(), "spec.json")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	s := asked(t, "", "", "find", file, "--spec")
	assert.Equal(t, string(found.Spec.Canonical())+"\n", s)
	picture := asked(t, "", s, "render", "-", "-o", "-")
	assert.True(t, strings.HasPrefix(picture, "\x89PNG"), "what is printed can be drawn")

	flags := []string{"find", "--re", "-1.7597", "--im", "-0.0126", "--radius", "0.001", "--palette", "fire"}
	var byFlags spec.Minibrot
	require.NoError(t, json.Unmarshal([]byte(asked(t, "", "", flags...)), &byFlags))
	assert.Equal(t, 800, byFlags.Spec.Width)
	resized := byFlags.Spec.Draft()
	resized.Width, resized.Height = 90, 60
	small, err := spec.Normalize(resized)
	require.NoError(t, err)
	byFlags.Spec = small
	assert.Equal(t, found, byFlags, "flags say the same")
}

func TestFindTellsWhyThereIsNothing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"find --re 1 --im 1 --radius 0.1", exitNothing, "escapes"},
		{"find --re -1.7597 --im -0.0126 --radius 0.001 --max-period 38", exitNothing, "no period up to 38"},
		{"find --formula julia", exitUsage, "formula: must be mandelbrot"},
		{"find --re -1.75 --radius 1e-100", exitNothing, "no period"},
		{"find --max-period -1 --re 0", exitUsage, "--max-period"},
		{"find", exitUsage, "SPEC.json"},
		{"find nothing.json", exitUsage, "nothing.json"},
		{"find - --re 0", exitUsage, "SPEC.json"},
	} {
		r := ask(t, "", "", strings.Fields(c.args)...)
		assert.Equal(t, c.code, r.code, "%s: %s", c.args, r.stderr)
		assert.Contains(t, r.stderr, c.want, c.args)
		assert.Empty(t, r.stdout, c.args)
	}
}
