package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage/dir"
)

// result is how a command ended, and what it printed.
type result struct {
	code           int
	stdout, stderr string
}

// ask runs a command that asks a farm. It is killed when it does not end.
func ask(t *testing.T, farmURL, stdin string, args ...string) result {
	t.Helper()
	cmd := command(t, map[string]string{"FARM_URL": farmURL}, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &stdout, &stderr
	kill := time.AfterFunc(testTimeout, func() { _ = cmd.Process.Kill() })
	defer kill.Stop()
	err := cmd.Run()
	if _, ok := err.(*exec.ExitError); err != nil && !ok { //nolint:errorlint // Run wraps nothing
		require.NoError(t, err)
	}
	return result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// asked is ask for a command that must succeed; it returns what it printed.
func asked(t *testing.T, farmURL, stdin string, args ...string) string {
	t.Helper()
	r := ask(t, farmURL, stdin, args...)
	require.Equal(t, exitOK, r.code, "%v: %s", args, r.stderr)
	return r.stdout
}

// statuses reads documents, one per line.
func statuses(t *testing.T, text string) (all []job.Status) {
	t.Helper()
	for line := range strings.Lines(text) {
		var st job.Status
		require.NoError(t, json.Unmarshal([]byte(line), &st), "%q", line)
		all = append(all, st)
	}
	return all
}

func TestFromSpecToFileOverHTTP(t *testing.T) {
	t.Parallel()
	farm := serve(t, map[string]string{"DATA": t.TempDir()})
	const text = `{"width": 90, "height": 60, "max_iterations": 500, "center": {"re": "-0.5"}, "coloring": {"palette": "fire"}}`
	s, err := spec.Parse([]byte(text))
	require.NoError(t, err)
	var want bytes.Buffer
	require.NoError(t, renderer.Write(t.Context(), &want, s, renderer.Options{}))
	path := filepath.Join(t.TempDir(), "out.png")

	id := strings.TrimSpace(asked(t, farm.url, text, "submit", "-", "--wait"))
	assert.Equal(t, string(s.ID()), id)
	asked(t, farm.url, "", "fetch", id, "-o", path)
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, want.Bytes(), got)

	flags := []string{"submit", "--width", "90", "--height=60", "--re", "-0.5", "--max_iterations", "500", "--palette", "fire"}
	assert.Equal(t, id+"\n", asked(t, farm.url, "", flags...), "flags say the same")
	assert.Equal(t, want.String(), asked(t, farm.url, "", append(flags, "-o", "-")...), "nothing but the picture")
	assert.Equal(t, want.String(), asked(t, farm.url, "", "fetch", id, "-o", "-"))

	again := filepath.Join(t.TempDir(), "again.png")
	require.NoError(t, os.WriteFile(again+"."+id+".part", got[:100], 0o600))
	asked(t, farm.url, "", append(flags, "--output", again)...)
	got, err = os.ReadFile(again)
	require.NoError(t, err)
	assert.Equal(t, want.Bytes(), got, "what was there is gone on from")
}

func TestProgressIsPrintedLineByLine(t *testing.T) {
	t.Parallel()
	farm := serve(t, map[string]string{"DATA": t.TempDir()})
	id := strings.TrimSpace(asked(t, farm.url, slow(300), "submit", "-"))
	lines := strings.Split(strings.TrimSpace(asked(t, farm.url, "", "watch", id)), "\n")
	assert.Regexp(t, `^done, [0-9]+ bytes$`, lines[len(lines)-1])
	assert.Equal(t, slices.Compact(slices.Clone(lines)), lines, "a line is a change")

	all := statuses(t, asked(t, farm.url, slow(301), "submit", "-", "--wait", "--json"))
	assert.Equal(t, job.Done, all[len(all)-1].State)
	now := statuses(t, asked(t, farm.url, "", "status", string(all[0].ID), "--json"))
	assert.Equal(t, all[len(all)-1:], now)
	assert.Contains(t, asked(t, farm.url, "", "status", string(all[0].ID)), "julia 301x1")
}

func TestJobsAreListed(t *testing.T) {
	t.Parallel()
	farm := serve(t, map[string]string{"DATA": t.TempDir()})
	assert.Empty(t, asked(t, farm.url, "", "jobs"))
	var ids []string
	for _, width := range []string{"50", "51", "52"} {
		ids = append(ids, strings.TrimSpace(asked(t, farm.url, "", "submit", "--wait", "--width", width, "--height", "9")))
	}
	listed := asked(t, farm.url, "", "jobs")
	assert.Equal(t, 3, strings.Count(listed, "\n"))
	assert.True(t, strings.HasPrefix(listed, ids[2]), "the newest first: %s", listed)
	assert.Len(t, statuses(t, asked(t, farm.url, "", "jobs", "--json", "--limit", "2")), 2)
	assert.Len(t, statuses(t, asked(t, farm.url, "", "jobs", "--json", "--limit", "0", "--state", "done")), 3)
	assert.Empty(t, asked(t, farm.url, "", "jobs", "--json", "--state", "failed"))
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	farm := serve(t, map[string]string{"DATA": data})
	canceled := strings.TrimSpace(asked(t, farm.url, slow(endless), "submit", "-"))
	farm.awaitJob(t, "/jobs/"+canceled, "running", testTimeout)
	assert.Equal(t, exitFailure, ask(t, farm.url, "", "fetch", canceled, "-o", "x").code, "not ready")
	waiting := testenv.Start(t, command(t, map[string]string{"FARM_URL": farm.url}, "watch", canceled))
	require.Eventually(t, func() bool { return strings.Contains(waiting.Log(), "running") }, testTimeout, time.Millisecond)
	assert.Contains(t, asked(t, farm.url, "", "cancel", canceled), "canceled")
	var exit *exec.ExitError
	require.ErrorAs(t, waiting.Wait(), &exit)
	assert.Equal(t, exitJobCanceled, exit.ExitCode(), "%s", waiting.Log())

	failed := strings.TrimSpace(asked(t, farm.url, slow(endless-1), "submit", "-"))
	store, err := dir.Open(data)
	require.NoError(t, err)
	t.Cleanup(func() { _ = store.Close() })
	end := job.Progress{State: job.Failed, Error: "no ink"}
	_, err = ledger.New(store, ledger.Options{}).Finish(t.Context(), spec.ID(failed), end)
	require.NoError(t, err)
	done := strings.TrimSpace(asked(t, farm.url, "", "submit", "--width", "50", "--height", "9", "--wait"))

	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"watch " + canceled, exitJobCanceled, "canceled"},
		{"fetch -o x " + canceled, exitJobCanceled, "canceled"},
		{"status " + canceled, exitOK, ""},
		{"watch " + failed, exitJobFailed, "no ink"},
		{"fetch -o x " + failed, exitJobFailed, "no ink"},
		{"status " + failed, exitOK, ""},
		{"cancel " + done, exitFailure, "done"},
		{"retry " + done, exitFailure, "done"},
		{"fetch -o no/such/folder/x " + done, exitFailure, "--output"},
		{"status " + anID, exitUnknownJob, "no such job"},
		{"watch " + anID, exitUnknownJob, "no such job"},
		{"fetch -o x " + anID, exitUnknownJob, "no such job"},
		{"cancel " + anID, exitUnknownJob, "no such job"},
		{"retry " + anID, exitUnknownJob, "no such job"},
		{"submit --width 1000000 --height 1000000", exitUsage, "width"},
		{"jobs --farm-url http://127.0.0.1:1", exitUnreachable, "cannot be reached"},
		{"watch --farm-url http://127.0.0.1:1 " + done, exitUnreachable, "cannot be reached"},
	} {
		r := ask(t, farm.url, "", strings.Fields(c.args)...)
		assert.Equal(t, c.code, r.code, "%s: %s", c.args, r.stderr)
		assert.Contains(t, r.stderr, c.says, c.args)
	}
	assert.Contains(t, asked(t, farm.url, "", "retry", canceled), "queued")
	asked(t, farm.url, "", "cancel", canceled)
}

func TestWrongUsageOfClientCommands(t *testing.T) {
	t.Parallel()
	for args, says := range map[string]string{
		"submit":                                     "SPEC.json",
		"submit nothing.json":                        "nothing.json",
		"submit - --batch -":                         "--batch",
		"submit --batch nothing.ndjson":              "nothing.ndjson",
		"submit - --width 10 --height 10":            "or by flags",
		"submit - - ":                                "arg",
		"submit --width 10":                          "height",
		"submit --palette fire":                      "width",
		"submit --width ten --height 10":             "width",
		"submit --width 10 --height 10 --palette x":  "palette",
		"submit --width 10 --height 10 --radius -1":  "radius",
		"submit --width 10 --height 10 --colour red": "colour",
		"submit --width 10 --height 10 --samples=":   "samples",
		"status":                         "arg",
		"status " + anID + " " + anID:    "arg",
		"status x":                       "is no job",
		"watch " + strings.ToUpper("a"):  "is no job",
		"fetch " + anID:                  "output",
		"jobs --state finished":          "--state",
		"jobs --limit -1":                "--limit",
		"jobs --farm-url localhost:8080": "FARM_URL",
		"jobs x":                         "x",
	} {
		r := ask(t, "http://127.0.0.1:1", "", strings.Fields(args)...)
		assert.Equal(t, exitUsage, r.code, "%s: %s", args, r.stderr)
		assert.Contains(t, r.stderr, says, args)
		assert.Empty(t, r.stdout, args)
	}
}

// TestWatchOutlivesTheFarm stops the farm under a watch, which must keep neither
// from its end.
func TestWatchOutlivesTheFarm(t *testing.T) {
	t.Parallel()
	settings := map[string]string{"DATA": t.TempDir(), "GRACE": "100ms"}
	first := serve(t, settings)
	id := strings.TrimSpace(asked(t, first.url, slow(2000), "submit", "-"))
	watching := testenv.Start(t, command(t, map[string]string{"FARM_URL": first.url}, "watch", id))
	require.Eventually(t, func() bool { return watching.Log() != "" }, testTimeout, time.Millisecond)
	require.NoError(t, first.Stop(10*time.Second), "open streams do not delay the end")

	settings["LISTEN"] = strings.TrimPrefix(first.url, "http://")
	testenv.Start(t, command(t, settings))
	require.NoError(t, watching.Wait(), "%s", watching.Log())
	assert.Contains(t, watching.Log(), "done")
}

func TestInterruptedWatchLeavesTheJobAlone(t *testing.T) {
	t.Parallel()
	farm := serve(t, map[string]string{"DATA": t.TempDir(), "GRACE": "100ms"})
	id := strings.TrimSpace(asked(t, farm.url, slow(endless), "submit", "-"))
	watching := testenv.Start(t, command(t, map[string]string{"FARM_URL": farm.url}, "watch", id))
	require.Eventually(t, func() bool { return watching.Log() != "" }, testTimeout, time.Millisecond)
	require.NoError(t, syscall.Kill(watching.PID(), syscall.SIGINT))
	var exit *exec.ExitError
	require.ErrorAs(t, watching.Wait(), &exit)
	assert.Equal(t, exitFailure, exit.ExitCode())
	assert.Contains(t, watching.Log(), "goes on")
	assert.NotContains(t, asked(t, farm.url, "", "status", id), "canceled")
}

// TestSubmitHasEveryParameter compares the flags with the parameters that
// docs/http.md lists, and those with what the renderer takes.
func TestSubmitHasEveryParameter(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(testenv.RepoRoot(t), "docs", "http.md"))
	require.NoError(t, err)
	list := regexp.MustCompile("(?s)`formula` · .*?: the fields of a").Find(page)
	var documented []string
	for _, name := range regexp.MustCompile("`([a-z_]+)`").FindAllSubmatch(list, -1) {
		documented = append(documented, string(name[1]))
	}
	var view viewFlags
	view.add(pflag.NewFlagSet("", pflag.ContinueOnError))
	var flags []string
	for _, name := range view.parameters {
		name = strings.ReplaceAll(name, "-", "_")
		flags = append(flags, name)
		_, err := spec.FromQuery(10, 10, map[string][]string{name: {"?"}})
		if err != nil {
			require.NotContains(t, err.Error(), "not a known parameter")
		}
	}
	assert.ElementsMatch(t, documented, flags)
}

// TestOnlySettingsHaveVariables: what a command is to do does not come from an
// environment where WIDTH or STATE means something else.
func TestOnlySettingsHaveVariables(t *testing.T) {
	t.Parallel()
	for _, cmd := range commands() {
		if cmd.GroupID != clientGroup {
			continue
		}
		var settings []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if configurable(f) {
				settings = append(settings, f.Name)
			}
		})
		assert.Equal(t, []string{"farm-key", "farm-key-file", "farm-url"}, settings, cmd.Name())
	}
}

func TestHelpNamesTheExitCodes(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(testenv.RepoRoot(t), "docs", "cli.md"))
	require.NoError(t, err)
	for _, cmd := range commands() {
		if cmd.GroupID == clientGroup || cmd.Name() == "mandelfarm" {
			assert.Contains(t, cmd.Long, strings.TrimSpace(exitCodes), cmd.Name())
		}
		if cmd.GroupID == clientGroup {
			assert.Contains(t, string(page), "mandelfarm "+cmd.Name(), "docs/cli.md")
			cmd.LocalFlags().VisitAll(func(f *pflag.Flag) { documented(t, cmd, f, string(page)) })
		}
	}
}

func documented(t *testing.T, cmd *cobra.Command, f *pflag.Flag, page string) {
	t.Helper()
	if f.Name != "help" {
		assert.Contains(t, page, "--"+f.Name, "%s in docs/cli.md", cmd.Name())
	}
}

func TestBarShowsWhatTheFarmSays(t *testing.T) {
	t.Parallel()
	var terminal bytes.Buffer
	show := jobBar(&terminal)
	for _, p := range []job.Progress{
		{State: job.Queued},
		{State: job.Running, Bands: 120, BandsDone: 45, Fraction: 0.38, PixelsPerSecond: 12.3e6, ETA: time.Now().Add(130*time.Second + 400*time.Millisecond), Workers: []string{"a", "b"}},
		{State: job.Running, Fraction: 1},
		{State: job.Done, Bytes: 48_210_377},
	} {
		require.NoError(t, show(job.Status{Progress: p}))
	}
	for _, want := range []string{" 38% ", "running, 45 of 120 bands, 38 %, 12.3 Mpixel/s, 2 workers, 2m10s left", "done, 48.2 MB\n"} {
		assert.Contains(t, terminal.String(), want)
	}
}

func TestEveryStandingHasWords(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]job.Progress{
		"queued":                 {State: job.Queued},
		"running":                {State: job.Running, ETA: time.Now().Add(-time.Hour)},
		"done, 999 bytes":        {State: job.Done, Bytes: 999},
		"done, 1.0 kB":           {State: job.Done, Bytes: 1000},
		"done, 1500.0 TB":        {State: job.Done, Bytes: 1_500_000_000_000_000},
		"failed, no ink":         {State: job.Failed, Error: "no ink"},
		"canceled":               {State: job.Canceled, Error: "no ink"},
		"running, 0 of 10 bands": {State: job.Running, Bands: 10},
	} {
		assert.Equal(t, want, standing(job.Status{Progress: p}))
	}
}

func TestQuoteTellsWhatAPictureCosts(t *testing.T) {
	t.Parallel()
	farm := serve(t, map[string]string{"DATA": t.TempDir()})
	text := asked(t, farm.url, "", "quote", "--width", "800", "--height", "600", "--re", "1", "--im", "1", "--radius", "0.01")
	assert.Regexp(t, `^cost +[0-9.µm]+s of one core, [0-9.µm]+s of all`, text)
	assert.Contains(t, text, "480000, 0.0 % inside")
	assert.Regexp(t, `warning +radius: .*; a radius of [0-9.]+ shows some`, text)
	var q job.Quote
	require.NoError(t, json.Unmarshal([]byte(asked(t, farm.url, `{"width":800,"height":600}`, "quote", "-", "--json")), &q))
	assert.Positive(t, q.CoreSeconds)
	assert.Empty(t, q.Warnings)
	assert.Empty(t, asked(t, farm.url, "", "jobs"), "a quote is no job")
}
