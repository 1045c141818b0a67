package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

func TestJobsAreMeantByTheBeginningOfTheirIDOrLast(t *testing.T) {
	t.Parallel()
	farm := serve(t, map[string]string{"DATA": t.TempDir()})
	assert.Equal(t, exitUnknownJob, ask(t, farm.url, "", "status", "last").code, "there is none")
	id := strings.TrimSpace(asked(t, farm.url, "", "submit", "--width", "20", "--height", "10", "--wait", "--title", "The sea", "--tag", "sea", "--tag", "blue", "--priority", "high"))
	id = strings.Fields(id)[0]
	for _, name := range []string{"last", id[:4], id} {
		assert.Equal(t, job.Done, statuses(t, asked(t, farm.url, "", "status", name, "--json"))[0].State, name)
	}
	text := asked(t, farm.url, "", "status", "last")
	for _, part := range []string{"The sea", "blue sea", "high"} {
		assert.Contains(t, text, part)
	}
	assert.Contains(t, asked(t, farm.url, "", "jobs", "--tag", "sea"), id)
	assert.Empty(t, asked(t, farm.url, "", "jobs", "--tag", "land"))
	for _, test := range []struct {
		name, says string
		code       int
	}{
		{"zzz", "want an ID, the beginning of one, or last", exitUsage},
		{otherThan(id), "no such job", exitUnknownJob},
	} {
		r := ask(t, farm.url, "", "status", test.name)
		assert.Equal(t, test.code, r.code, r.stderr)
		assert.Contains(t, r.stderr, test.says)
	}
	ids := []string{id}
	for width := 30; !ambiguous(ids); width++ {
		ids = append(ids, strings.TrimSpace(asked(t, farm.url, "", "submit", "--width", strconv.Itoa(width), "--height", "10")))
	}
	r := ask(t, farm.url, "", "status", ids[len(ids)-1][:1])
	assert.Equal(t, exitUsage, r.code)
	assert.Contains(t, r.stderr, "several jobs")
}

// otherThan is the beginning of an ID that is not this one's.
func otherThan(id string) string {
	if id[0] == 'a' {
		return "b"
	}
	return "a"
}

// ambiguous reports whether the last of ids begins as one before it.
func ambiguous(ids []string) bool {
	last := len(ids) - 1
	for _, id := range ids[:last] {
		if id[0] == ids[last][0] {
			return true
		}
	}
	return false
}

func TestJobsAreHeldAndPutFirst(t *testing.T) {
	t.Parallel()
	_, settings := servers(t)
	farm := serve(t, settings, "api") // and no worker
	id := strings.TrimSpace(asked(t, farm.url, "", "submit", "--width", "20", "--height", "10"))
	assert.Contains(t, asked(t, farm.url, "", "status", id), "queued, place 1")
	assert.Contains(t, asked(t, farm.url, "", "pause", id), "queued, paused")
	for _, command := range [][]string{{"status", id}, {"jobs"}} {
		assert.Contains(t, asked(t, farm.url, "", command...), "queued, paused", command)
	}
	assert.NotContains(t, asked(t, farm.url, "", "resume", id), "paused")
	assert.Equal(t, job.Low, statuses(t, asked(t, farm.url, "", "priority", "last", "low", "--json"))[0].Priority)
	refused := ask(t, farm.url, "", "priority", id, "urgent")
	assert.Equal(t, exitUsage, refused.code)
	assert.Contains(t, refused.stderr, `"urgent" is no priority: want high, normal or low`)

	queues := asked(t, farm.url, "", "queues")
	assert.Contains(t, queues, "control      1 of 10000  0")
	assert.Contains(t, queues, "network:127.0.0.0/24  control  0 ", "it has got its turn")
	assert.Contains(t, queues, "100.0 %")
	assert.Empty(t, asked(t, farm.url, "", "workers"))
	assert.Equal(t, exitFailure, ask(t, farm.url, "", "purge", id).code, "it is open")
	asked(t, farm.url, "", "cancel", id)
	asked(t, farm.url, "", "purge", id)
	assert.Equal(t, exitUnknownJob, ask(t, farm.url, "", "status", id).code)
}

func TestWorkersAreListedAndDrainedByCommand(t *testing.T) {
	t.Parallel()
	_, settings := servers(t)
	front, back := serve(t, settings, "api"), serve(t, settings, "worker")
	var w job.Worker
	require.Eventually(t, func() bool {
		return json.Unmarshal([]byte(asked(t, front.url, "", "workers", "--json")), &w) == nil
	}, testTimeout, 10*time.Millisecond)
	assert.Equal(t, spec.Version, w.RendererVersion)
	assert.NotEmpty(t, w.Version)
	assert.Positive(t, w.Cores)
	assert.Contains(t, asked(t, front.url, "", "workers"), w.Name)
	assert.Equal(t, exitUnknownJob, ask(t, front.url, "", "drain", "nobody").code)
	asked(t, front.url, "", "drain", w.Name)
	assert.Contains(t, back.readiness(t, 503), "draining")
	require.Eventually(t, func() bool {
		return strings.Contains(asked(t, front.url, "", "workers"), "draining")
	}, testTimeout, 10*time.Millisecond)
	require.NoError(t, back.Stop(testTimeout))
	assert.Empty(t, asked(t, front.url, "", "workers"))
}

func TestFetchedPicturesHaveTheNameOfTheServer(t *testing.T) {
	t.Parallel()
	farm := serve(t, map[string]string{"DATA": t.TempDir()})
	id := strings.Fields(asked(t, farm.url, "", "submit", "--width", "20", "--height", "10", "--wait"))[0]
	folder := t.TempDir()
	asked(t, farm.url, "", "fetch", "last", "-o", folder)
	assert.Equal(t, []string{"mandelbrot-20x10-" + id[:8] + ".png"}, files(t, folder))

	elsewhere := t.TempDir()
	for _, args := range [][]string{
		{"fetch", otherThan(id) + id[1:], "-o", elsewhere + "/out.png"},
		{"fetch", id, "-o", elsewhere + "/none/out.png"},
		{"preview", id, "-o", elsewhere + "/preview.png"}, // it was drawn whole
	} {
		assert.NotEqual(t, exitOK, ask(t, farm.url, "", args...).code, args)
		assert.Empty(t, files(t, elsewhere), args)
	}
}

func files(t *testing.T, folder string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestMessagesHaveNoGoInThem(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "spec.json")
	require.NoError(t, os.WriteFile(file, []byte("{\n  \"width\": 8,\n  \"heigth\": 6\n}"), 0o600))
	for _, test := range []struct {
		args []string
		says string
	}{
		{[]string{"submit", "--width", "many"}, `--width: want a whole number, got "many"`},
		{[]string{"jobs", "--state", "lost"}, "--state: want queued, running, done, failed or canceled"},
		{[]string{"submit", "--priority", "urgent", "--width", "8", "--height", "6"}, "--priority: must be high, normal or low"},
		{[]string{"submit", "--wait=perhaps"}, `--wait: want true or false, got "perhaps"`},
		{[]string{"worker", "--grace", "long"}, `--grace: want a duration, such as 250ms, 30s or 5m, got "long"`},
		{[]string{"submit", file}, "heigth: is not a known field (line 3, column 13)"},
	} {
		r := ask(t, "http://localhost:1", "", test.args...)
		assert.Equal(t, exitUsage, r.code, test.args)
		assert.Contains(t, r.stderr, test.says)
		assert.NotContains(t, r.stderr, "strconv")
	}
}

func TestVersionsAreSaid(t *testing.T) {
	t.Parallel()
	want := "mandelfarm " + version() + ", renderer version " + spec.Version
	for _, args := range [][]string{{"version"}, {"--version"}} {
		assert.True(t, strings.HasPrefix(asked(t, "http://localhost:1", "", args...), want), args)
	}
	for want, info := range map[string]debug.BuildInfo{
		"v1.2.3":               {Main: debug.Module{Version: "v1.2.3"}},
		"0123456789ab+changes": {Main: debug.Module{Version: "(devel)"}, Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "0123456789abcdef"}, {Key: "vcs.modified", Value: "true"}}},
		"unknown":              {},
	} {
		assert.Equal(t, want, describeBuild(&info))
	}
}
