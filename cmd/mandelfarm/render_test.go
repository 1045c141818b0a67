package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
)

func TestRenderWritesThePicture(t *testing.T) {
	t.Parallel()
	const text = `{"width": 70, "height": 50, "radius": "0.5"}`
	s, err := spec.Parse([]byte(text))
	require.NoError(t, err)
	var want bytes.Buffer
	require.NoError(t, renderer.Write(t.Context(), &want, s, renderer.Options{}))

	folder := t.TempDir()
	file, out := filepath.Join(folder, "spec.json"), filepath.Join(folder, "out.png")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	require.NoError(t, command(t, nil, "render", file, "-o", out).Run())
	got, err := os.ReadFile(out)
	require.NoError(t, err)
	assert.Equal(t, want.Bytes(), got)

	piped := command(t, nil, "render", "-", "--output", "-", "--render-threads", "1")
	piped.Stdin = strings.NewReader(text)
	got, err = piped.Output()
	require.NoError(t, err)
	assert.Equal(t, want.Bytes(), got)
}

// TestRenderWritesRawData beside the picture, or alone.
func TestRenderWritesRawData(t *testing.T) {
	t.Parallel()
	const text = `{"width": 70, "height": 50, "radius": "0.5", "samples": 2}`
	s, err := spec.Parse([]byte(text))
	require.NoError(t, err)
	want := func(format spec.FileFormat) []byte {
		var file bytes.Buffer
		drawn, err := s.As(format)
		require.NoError(t, err)
		require.NoError(t, renderer.Write(t.Context(), &file, drawn, renderer.Options{}))
		return file.Bytes()
	}
	all := command(t, nil, "render", "-", "-o", "out.png", "--raw", "out.npy", "--exr", "out.exr")
	all.Stdin = strings.NewReader(text)
	out, err := all.CombinedOutput()
	require.NoError(t, err, "%s", out)
	for _, format := range []spec.FileFormat{"png", spec.NPY, spec.EXR} {
		got, err := os.ReadFile(filepath.Join(all.Dir, "out."+string(format)))
		require.NoError(t, err)
		assert.Equal(t, want(format), got, format)
	}
	piped := command(t, nil, "render", "-", "--raw", "-")
	piped.Stdin = strings.NewReader(text)
	got, err := piped.Output()
	require.NoError(t, err)
	assert.Equal(t, want(spec.NPY), got)
	empty(t, piped.Dir)
}

// TestRenderCountsUndecidedPixels of files that tell of them.
func TestRenderCountsUndecidedPixels(t *testing.T) {
	t.Parallel()
	cmd := command(t, nil, "render", "-", "-o", "out.npy")
	cmd.Stdin = strings.NewReader(`{"width": 8, "height": 4, "radius": "1e-9", "center": {"re": "0.251"}, "max_iterations": 50, "format": "npy", "undecided": true}`)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Contains(t, string(out), "32 of 32 pixels are undecided\n")
}

func TestRenderRefusesUnclearOutputs(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		"want --output, --raw or --exr":      nil,
		"--raw: x is another output already": {"--output", "x", "--raw", "x"},
		"--exr: - is another output already": {"--raw", "-", "--exr", "-"},
		"--exr: open no-such-folder":         {"--exr", "no-such-folder/x.exr"},
	} {
		cmd := command(t, nil, append([]string{"render", "-"}, args...)...)
		cmd.Stdin = strings.NewReader(`{"width": 10, "height": 10}`)
		out, err := cmd.CombinedOutput()
		require.Error(t, err)
		assert.Equal(t, exitUsage, cmd.ProcessState.ExitCode(), "%s", out)
		assert.Contains(t, string(out), want)
		empty(t, cmd.Dir)
	}
}

func TestRenderRefusesBadSpecs(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"width": 0, "height": 1}`: "width",
		`{"width": 10`:              "-",
		`{"width": 10, "height": 10, "formula": "tricorn", "radius": "1e-400"}`: "radius",
		`{"width": 10, "height": 10, "no_such_field": "yes"}`:                   "no_such_field",
	} {
		cmd := command(t, nil, "render", "-", "-o", "out.png")
		cmd.Stdin = strings.NewReader(text)
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		require.ErrorAs(t, err, &exit)
		assert.Equal(t, exitUsage, exit.ExitCode(), "%s", out)
		assert.Contains(t, string(out), want)
		empty(t, cmd.Dir)
	}
}

func TestInterruptedRenderLeavesNothing(t *testing.T) {
	t.Parallel()
	cmd := command(t, nil, "render", "-", "-o", "out.png")
	cmd.Stdin = strings.NewReader(slow(endless))
	p := testenv.Start(t, cmd)
	require.Eventually(t, func() bool {
		entries, err := os.ReadDir(cmd.Dir)
		return err == nil && len(entries) == 1 // the file it is writing
	}, testTimeout, time.Millisecond)
	require.NoError(t, syscall.Kill(p.PID(), syscall.SIGINT))
	var exit *exec.ExitError
	require.ErrorAs(t, p.Wait(), &exit)
	assert.Equal(t, exitFailure, exit.ExitCode())
	empty(t, cmd.Dir)
}

func empty(t *testing.T, folder string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.Empty(t, entries)
}
