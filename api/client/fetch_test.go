package client_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

// poster puts a picture of a size, of noise, into a farm and returns its job.
func poster(t *testing.T, f *farm, size int) (spec.ID, []byte) {
	t.Helper()
	noise := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{}).Read(noise)
	s := parse(t, 60)
	require.NoError(t, f.ledger.Image(s.ID(), spec.PNG).Store(t.Context(), bytes.NewReader(noise)))
	st, err := connect(t, f.url).Submit(t.Context(), s)
	require.NoError(t, err)
	_, err = f.ledger.Finish(t.Context(), st.ID, job.Progress{State: job.Done, Bytes: int64(size)})
	require.NoError(t, err)
	return st.ID, noise
}

// onlyFile requires that a folder holds one file, and returns what is in it.
func onlyFile(t *testing.T, path string) []byte {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, entries, 1)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return data
}

const posterSize = 6 << 20 // more than the API keeps in memory

func TestFetchGoesOnAfterABreak(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	id, want := poster(t, f, posterSize)
	p := newProxy(t, f.url)
	p.cuts = []int64{1 << 20, 0, 2 << 20}
	path := filepath.Join(t.TempDir(), "poster.png")
	var dones []int64
	require.NoError(t, connect(t, p.url).Fetch(t.Context(), id, path, func(done, total int64) {
		assert.EqualValues(t, posterSize, total)
		dones = append(dones, done)
	}))
	assert.True(t, bytes.Equal(want, onlyFile(t, path)), "byte for byte")
	assert.IsIncreasing(t, dones)
	assert.EqualValues(t, posterSize, dones[len(dones)-1])
	assert.Equal(t, []string{"", "bytes=1048576-", "bytes=1048576-", "bytes=3145728-"}, p.headers("Range"))
	assert.Equal(t, `"`+string(id)+`"`, p.headers("If-Range")[1])
}

// interrupted fetches the beginning of a picture.
func interrupted(t *testing.T, f *farm, id spec.ID, path string) (have int64) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	half := newProxy(t, f.url)
	half.cuts = []int64{posterSize / 2} // so that it cannot be done before it is interrupted
	err := connect(t, half.url).Fetch(ctx, id, path, func(done, _ int64) {
		if done > posterSize/3 {
			cancel()
		}
	})
	require.ErrorIs(t, err, context.Canceled)
	require.NoFileExists(t, path, "there is no file before it is whole")
	info, err := os.Stat(path + "." + string(id) + ".part")
	require.NoError(t, err)
	return info.Size()
}

func TestFetchGoesOnInAnotherProcess(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	id, want := poster(t, f, posterSize)
	path := filepath.Join(t.TempDir(), "poster.png")
	have := interrupted(t, f, id, path)
	p := newProxy(t, f.url)
	require.NoError(t, connect(t, p.url).Fetch(t.Context(), id, path, nil))
	assert.True(t, bytes.Equal(want, onlyFile(t, path)))
	assert.Equal(t, []string{fmt.Sprintf("bytes=%d-", have)}, p.headers("Range"))
}

func TestFetchBeginsAgainWhereItMust(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	id, want := poster(t, f, posterSize)
	forgetful := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if filepath.Base(r.URL.Path) == "image" {
			_, _ = w.Write(want) // in chunks, and from the beginning
			return
		}
		_, _ = fmt.Fprintf(w, `{"state": "done", "bytes": %d}`, len(want))
	}))
	t.Cleanup(forgetful.Close)
	for name, c := range map[string]struct {
		url  string
		part []byte
	}{
		"nothing there":            {f.url, nil},
		"all there":                {f.url, want},
		"more there than there is": {f.url, append(bytes.Clone(want), "and more"...)},
		"no ranges":                {forgetful.URL, want[:1000]},
	} {
		path := filepath.Join(t.TempDir(), "poster.png")
		require.NoError(t, os.WriteFile(path+"."+string(id)+".part", c.part, 0o600))
		require.NoError(t, connect(t, c.url).Fetch(t.Context(), id, path, nil), name)
		assert.True(t, bytes.Equal(want, onlyFile(t, path)), name)
	}
}

// redirection sends clients elsewhere.
type redirection struct{ url string }

func (r redirection) Presign(context.Context, string, time.Duration, string) (string, error) {
	return r.url, nil
}

func TestFetchGoesOnAtThePresignedURL(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	id, want := poster(t, f, posterSize)
	path := filepath.Join(t.TempDir(), "poster.png")
	have := interrupted(t, f, id, path)
	var ranges []string
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ranges = append(ranges, r.Header.Get("Range"))
		w.Header().Set("ETag", `"of-its-own"`)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(want))
	}))
	t.Cleanup(elsewhere.Close)
	f.config.Presign = time.Minute
	front, err := f.serve(redirection{elsewhere.URL})
	require.NoError(t, err)
	require.NoError(t, connect(t, front).Fetch(t.Context(), id, path, nil))
	assert.True(t, bytes.Equal(want, onlyFile(t, path)))
	assert.Equal(t, []string{fmt.Sprintf("bytes=%d-", have)}, ranges)
}

func TestWhatCannotBeWrittenIsSaid(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	id, want := poster(t, f, 1000)
	c := connect(t, f.url)
	folder := t.TempDir()
	require.ErrorIs(t, c.Fetch(t.Context(), id, filepath.Join(folder, "no", "folder.png"), nil), os.ErrNotExist)
	full := errors.New("disk full")
	_, err := c.Copy(t.Context(), id, failingWriter{full})
	require.ErrorIs(t, err, full)

	p := newProxy(t, f.url)
	p.cuts = []int64{500}
	r, w := io.Pipe()
	unreliable := connect(t, p.url)
	go func() {
		_, err := unreliable.Copy(t.Context(), id, w)
		w.CloseWithError(err)
	}()
	got, err := io.ReadAll(r)
	require.NoError(t, err)
	assert.Equal(t, want, got, "a pipe gets every byte once")
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.Empty(t, entries)
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }
