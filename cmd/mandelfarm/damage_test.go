package main

import (
	"bytes"
	"crypto/rand"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage/storagetest"
)

// damages is what becomes of a stored file behind the farm's back.
func damages() map[string]func(data []byte) []byte {
	return map[string]func(data []byte) []byte{
		"a byte flipped":    func(data []byte) []byte { data[len(data)/2] ^= 1; return data },
		"half of it":        func(data []byte) []byte { return data[:len(data)/2] },
		"empty":             func([]byte) []byte { return nil },
		"another's picture": func([]byte) []byte { return []byte("\x89PNG, or so") },
	}
}

// place is a farm that can be started again on what it has stored, and where that lies.
type place struct {
	start  func(t *testing.T) *service
	folder string
}

// started starts a process with settings.
func started(settings map[string]string, args ...string) func(t *testing.T) *service {
	return func(t *testing.T) *service {
		t.Helper()
		return serve(t, settings, args...)
	}
}

// places are farms on both kinds of store.
func places() map[string]func(t *testing.T) place {
	return map[string]func(t *testing.T) place{
		"folder": func(t *testing.T) place {
			t.Helper()
			data := map[string]string{"DATA": t.TempDir(), "SWEEP_INTERVAL": "1h"}
			return place{started(data), data["DATA"]}
		},
		"s3": func(t *testing.T) place {
			t.Helper()
			server := testenv.S3Server(t)
			bucket := server.Config()
			settings := serverSettings(testenv.Redis(t).URL(), bucket)
			settings["SWEEP_INTERVAL"] = "1h"
			serve(t, settings, "worker")
			return place{started(settings, "api"), server.Folder(bucket.Bucket)}
		},
	}
}

// edit changes a stored file in place, so that what the store keeps beside it stays.
func (p place) edit(t *testing.T, key string, change func(data []byte) []byte) {
	t.Helper()
	storagetest.EditFile(t, filepath.Join(p.folder, key), change)
}

// TestDamagedPicturesAreDrawnAgain, whatever was done to them and whoever asks.
func TestDamagedPicturesAreDrawnAgain(t *testing.T) {
	t.Parallel()
	key := "renders/" + string(spec.Original(320, 240).ID()) + ".png"
	want := original(t, 320, 240)
	for store, open := range places() {
		t.Run(store, func(t *testing.T) {
			t.Parallel()
			p := open(t)
			front := p.start(t)
			for name, change := range damages() {
				status, got := front.get("/generate/320/240")
				require.Equal(t, http.StatusOK, status)
				require.Equal(t, want, got)
				require.NoError(t, front.Stop(testTimeout)) // and with it what it has in memory
				p.edit(t, key, change)
				front = p.start(t)
				status, got = front.get("/generate/320/240")
				require.Equal(t, http.StatusOK, status, name)
				require.True(t, bytes.Equal(want, got), name)
			}
		})
	}
}

// poster is a picture that is sent as it is read, because it is too large to be kept in memory.
const poster = `{"width": 2200, "height": 1600, "max_iterations": 300, "samples": 2, "coloring": {"density": 40}}`

// TestDamagedPostersAreNeverServedWhole, and are drawn again for their job.
func TestDamagedPostersAreNeverServedWhole(t *testing.T) {
	t.Parallel()
	s, err := spec.Parse([]byte(poster))
	require.NoError(t, err)
	var file bytes.Buffer
	require.NoError(t, renderer.Write(t.Context(), &file, s, renderer.Options{}))
	require.Greater(t, file.Len(), 4<<20)
	for store, open := range places() {
		t.Run(store, func(t *testing.T) {
			t.Parallel()
			p := open(t)
			front := p.start(t)
			job := front.submit(t, poster)
			front.awaitJob(t, job, "done", 2*testTimeout)
			for name, change := range damages() {
				p.edit(t, "renders/"+string(s.ID())+".png", change)
				require.Eventually(t, func() bool {
					status, got := front.get(job + "/image")
					require.False(t, status == http.StatusOK && !bytes.Equal(file.Bytes(), got), "%s: wrong bytes", name)
					require.Contains(t, []int{0, http.StatusOK, http.StatusServiceUnavailable}, status, name)
					return status == http.StatusOK
				}, 2*testTimeout, 50*time.Millisecond, name)
			}
		})
	}
}

// TestScrubFindsDamage in whatever is stored, says so, and has it drawn again.
func TestScrubFindsDamage(t *testing.T) {
	t.Parallel()
	s, err := spec.Parse([]byte(`{"width": 90, "height": 60}`))
	require.NoError(t, err)
	data := map[string]string{"DATA": t.TempDir()}
	front := serve(t, data)
	job := front.submit(t, string(s.Canonical()))
	front.awaitJob(t, job, "done", testTimeout)
	scrub := func(args ...string) (int, string) {
		cmd := command(t, data, append([]string{"scrub"}, args...)...)
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if err != nil {
			require.ErrorAs(t, err, &exit)
		}
		return cmd.ProcessState.ExitCode(), string(out)
	}
	code, out := scrub()
	require.Equal(t, exitOK, code, out)
	require.Contains(t, out, " 0 damaged")

	key := "renders/" + string(s.ID()) + ".png"
	p := place{folder: data["DATA"]}
	p.edit(t, key, damages()["a byte flipped"])
	code, out = scrub("--look")
	require.Equal(t, exitFailure, code)
	require.Contains(t, out, `"`+key+`": object is damaged`)
	require.Contains(t, out, "left")
	code, out = scrub()
	require.Equal(t, exitFailure, code)
	require.Contains(t, out, "removed, to be made again")
	front.awaitJob(t, job, "done", testTimeout) // by its worker, once more
	require.Eventually(t, func() bool { code, _ := scrub("--look"); return code == exitOK }, testTimeout, 100*time.Millisecond)
}

// TestTheFarmSaysWhatAPictureIs, for clients to compare.
func TestTheFarmSaysWhatAPictureIs(t *testing.T) {
	t.Parallel()
	front := serve(t, map[string]string{"DATA": t.TempDir()})
	job := front.submit(t, `{"width": 90, "height": 60}`)
	front.awaitJob(t, job, "done", testTimeout)
	response, err := http.Get(front.url + job + "/image")
	require.NoError(t, err)
	defer response.Body.Close()
	assert.Regexp(t, `^crc32c=:[A-Za-z0-9+/]{6}==:$`, response.Header.Get("Repr-Digest"))
}

// TestTwoFarmsOnOneFolder: the second says who has it, and a farm that was killed leaves it free.
func TestTwoFarmsOnOneFolder(t *testing.T) {
	t.Parallel()
	data := map[string]string{"DATA": t.TempDir()}
	first := serve(t, data)
	out, err := command(t, data, "--listen", "127.0.0.1:0").CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "folder is in use by mandelfarm on 127.0.0.1:0, process ")
	first.Kill()
	require.NoError(t, serve(t, data).Stop(testTimeout))
}

// TestAFullDiskIsSaidAtOnce, and not after half a minute, to those who ask for a picture and to those who ask whether the farm
// is ready. What is stored is served all the same.
func TestAFullDiskIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	if !testenv.InNamespace(t, 0) {
		return
	}
	folder := testenv.Mount(t, "tmpfs", "size=8m")
	front := serve(t, map[string]string{"DATA": folder})
	status, want := front.get("/generate/320/240")
	require.Equal(t, http.StatusOK, status)
	filler, err := os.Create(filepath.Join(folder, "filler~"))
	require.NoError(t, err)
	_, err = io.Copy(filler, rand.Reader)
	require.ErrorIs(t, err, syscall.ENOSPC)
	require.NoError(t, filler.Close())

	began := time.Now()
	status, body := front.get("/generate/321/240")
	assert.Equal(t, http.StatusServiceUnavailable, status)
	assert.Contains(t, string(body), "no space left in storage")
	assert.Less(t, time.Since(began), 20*time.Second, "the wait limit is 30 s")
	status, body = front.get("/readyz")
	assert.Equal(t, http.StatusServiceUnavailable, status)
	assert.Contains(t, string(body), "storage")
	status, got := front.get("/generate/320/240")
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, want, got)

	require.NoError(t, os.Remove(filler.Name()))
	require.Eventually(t, func() bool {
		status, _ := front.get("/generate/321/240")
		return status == http.StatusOK
	}, testTimeout, 200*time.Millisecond, "it goes on by itself")
}

func TestAReadOnlyFolderIsSaidAtTheStart(t *testing.T) {
	t.Parallel()
	if !testenv.InNamespace(t, 0) {
		return
	}
	folder := testenv.Mount(t, "tmpfs", "size=8m")
	testenv.MountReadOnly(t, folder)
	out, err := command(t, map[string]string{"DATA": folder}, "--listen", "127.0.0.1:0").CombinedOutput()
	require.Error(t, err)
	assert.Contains(t, string(out), "--data (DATA)")
	assert.Contains(t, string(out), "cannot be written to")
}
