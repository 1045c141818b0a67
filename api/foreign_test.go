package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/foreign"
	"mandelfarm/job"
	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
)

// Files of other programs with the place of spiral and one thing that is not honoured.
const (
	kfr = "Re: -0.743643887\r\nIm: 0.1318259\r\nZoom: 20000\r\nIterations: 500\r\nImagPointsUp: 1\r\nFlat: 1\r\n"
	f3  = "location.real = \"-0.743643887\"\nlocation.imag = \"0.1318259\"\nlocation.zoom = \"2e4\"\nbailout.iterations = 500\n" +
		"transform.exponential_map = true\n"
	imt = "Formula: Mandelbrot\nLocation:\n\tRe: -0.c\n\tIm: 0.08\n\tSize: 1@-03\n\tIterations: 500\n\tTilt: 1\n"
)

// TestQuotesReadFilesOfOtherPrograms: what a file describes is to be had without a job.
func TestQuotesReadFilesOfOtherPrograms(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	a := f.postFile("/quote?width=32&height=18", "text/vnd.fractint.map", "0 0 0\n255 128 0\n")
	require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	var answer struct {
		Spec   spec.Spec
		Losses []foreign.Loss
	}
	require.NoError(t, json.Unmarshal(a.body, &answer))
	assert.Equal(t, spec.Palette("000000@0,ff8000@0.5"), answer.Spec.Coloring.Palette)
	assert.Empty(t, answer.Losses)
	a = f.postFile("/quote?width=32&height=18", "application/vnd.kallesfraktaler.kfr", kfr)
	require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	require.NoError(t, json.Unmarshal(a.body, &answer))
	assert.Equal(t, "-0.743643887", answer.Spec.Center.Re.String())
	require.Len(t, answer.Losses, 1)
	assert.Equal(t, "Flat", answer.Losses[0].Key)
	list := f.ask(http.MethodGet, "/jobs", nil)
	assert.NotContains(t, string(list.body), `"spec"`, "no job is made of it")
}

// postFile posts a file of a media type.
func (f *farm) postFile(path, kind, text string) answer {
	f.t.Helper()
	return f.ask(http.MethodPost, path, strings.NewReader(text), "Content-Type", kind)
}

func TestJobsFromFilesOfOtherPrograms(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	for kind, c := range map[string]struct{ text, re, radius, loss string }{
		"application/vnd.kallesfraktaler.kfr":             {kfr, "-0.743643887", "0.0001", "Flat"},
		"application/vnd.fraktaler3+toml":                 {f3, "-0.743643887", "0.0001", "transform.exponential_map"},
		"application/toml":                                {f3, "-0.743643887", "0.0001", "transform.exponential_map"},
		"text/vnd.imagina.imt":                            {imt, "-0.75", "0.000244140625", "Location.Tilt"},
		"Application/Vnd.KallesFraktaler.KFR;charset=x-y": {kfr, "-0.743643887", "0.0001", "Flat"},
	} {
		a := f.postFile("/jobs?width=60&height=40", kind, c.text)
		require.Equal(t, http.StatusAccepted, a.status, "%s: %s", kind, a.body)
		st := a.job(t)
		assert.Equal(t, "/jobs/"+string(st.ID), a.header.Get("Location"))
		assert.Equal(t, [2]int{60, 40}, [2]int{st.Spec.Width, st.Spec.Height})
		assert.Equal(t, []string{c.re, c.radius}, []string{st.Spec.Center.Re.String(), st.Spec.Radius.String()})
		var answer struct{ Warnings []foreign.Loss }
		require.NoError(t, json.Unmarshal(a.body, &answer))
		require.Len(t, answer.Warnings, 1)
		assert.Equal(t, c.loss, answer.Warnings[0].Key)
		assert.NotEmpty(t, answer.Warnings[0].Value)
		assert.NotEmpty(t, answer.Warnings[0].Reason)

		plain := f.post(string(st.Spec.Canonical()))
		assert.Equal(t, st.ID, plain.job(t).ID, "it is the job of that Spec")
		assert.NotContains(t, string(plain.body), "warnings")
		assert.NotContains(t, string(f.get("/jobs/"+string(st.ID)).body), "warnings")
	}
	size := f.postFile("/jobs?priority=low", "application/vnd.kallesfraktaler.kfr", kfr).job(t)
	assert.Equal(t, [2]int{1920, 1080}, [2]int{size.Spec.Width, size.Spec.Height})
	assert.Equal(t, job.Low, size.Priority)
}

func TestBadFilesOfOtherPrograms(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	const kind = "application/vnd.kallesfraktaler.kfr"
	for _, c := range []struct{ path, kind, text, field, says string }{
		{"/jobs", kind, "Re: 0\nIm: x\nZoom: 1\n", "Im", "line 2"},
		{"/jobs", kind, "", "", "neither a place"},
		{"/jobs", kind, f3, "", "neither a place"},
		{"/jobs", "application/toml", kfr, "", "must be TOML"},
		{"/jobs", "text/vnd.imagina.imt", kfr, "Location.Re", "missing"},
		{"/jobs", kind, kfr + "FractalType: 2\n", "FractalType", "Buffalo"},
		{"/jobs?width=x", kind, kfr, "width", "whole number"},
		{"/jobs?width=0", kind, kfr, "width", "whole number"},
		{"/jobs?height=5&height=6", kind, kfr, "height", "once"},
		{"/jobs?width=10000000", kind, kfr, "width", "at most"},
		{"/jobs", kind, kfr + "ImageHeight: 300000\n", "height", "at most"},
		{"/jobs?width=60", "application/json", small, "width", "a Spec has a field for it"},
	} {
		a := f.postFile(c.path, c.kind, c.text)
		p := a.problem(t)
		assert.Equal(t, http.StatusBadRequest, p.Status, "%s %.40q: %s", c.path, c.text, a.body)
		assert.Equal(t, c.field, p.Field, "%s %.40q", c.path, c.text)
		assert.Contains(t, p.Detail, c.says)
	}
	for _, kind := range []string{"application/x-www-form-urlencoded", "application/vnd.kallesfraktaler", "application/octet-stream", ""} {
		p := f.postFile("/jobs", kind, kfr).problem(t)
		assert.Equal(t, http.StatusUnsupportedMediaType, p.Status, kind)
		for _, known := range append(foreign.MediaTypes(), "application/json") {
			assert.Contains(t, p.Detail, known)
		}
	}
	large := f.postFile("/jobs", kind, kfr+strings.Repeat("x", 2<<20))
	assert.Equal(t, http.StatusRequestEntityTooLarge, large.problem(t).Status)
	f.untouched()
}

// TestLimitsHoldForFilesOfOtherPrograms: what is read is checked like any Spec.
func TestLimitsHoldForFilesOfOtherPrograms(t *testing.T) {
	t.Parallel()
	cfg := defaultsWithoutCache()
	cfg.Limits = renderer.Limits{MaxIterations: 100}
	f := newFarm(t)
	a := ask(t, http.MethodPost, f.serve(cfg)+"/jobs", strings.NewReader(kfr), "Content-Type", "application/vnd.kallesfraktaler.kfr")
	assert.Equal(t, "max_iterations", a.problem(t).Field)
	f.untouched()
}
