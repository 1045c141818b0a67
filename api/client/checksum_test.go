package client_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/api/client"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage"
)

// damaging serves a picture, of which a byte is flipped on the way so many times.
func damaging(t *testing.T, picture []byte, times int) *client.Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Repr-Digest", "sha-256=:AAAA:, crc32c=:"+string(storage.ChecksumOf(picture))+":")
		w.Header().Set("ETag", `"`+strings.Split(r.URL.Path, "/")[2]+`"`)
		sent := bytes.Clone(picture)
		if times--; times >= 0 {
			sent[len(sent)/2] ^= 1
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(sent))
	}))
	t.Cleanup(server.Close)
	c, err := client.New(server.URL, nil)
	require.NoError(t, err)
	return c
}

func TestFetchNoticesDamage(t *testing.T) {
	t.Parallel()
	id, picture := spec.ID(strings.Repeat("a", 40)), bytes.Repeat([]byte("picture"), 10_000)
	path := filepath.Join(t.TempDir(), "picture.png")
	require.NoError(t, damaging(t, picture, 1).Fetch(t.Context(), id, path, nil), "the second time it comes well")
	assert.True(t, bytes.Equal(picture, onlyFile(t, path)))

	folder := t.TempDir()
	err := damaging(t, picture, 99).Fetch(t.Context(), id, filepath.Join(folder, "picture.png"), nil)
	require.ErrorIs(t, err, client.ErrDamaged)
	left, err := filepath.Glob(filepath.Join(folder, "*"))
	require.NoError(t, err)
	assert.Empty(t, left, "nothing that the next fetch would go on from")

	var out bytes.Buffer
	_, err = damaging(t, picture, 1).Copy(t.Context(), id, &out)
	require.ErrorIs(t, err, client.ErrDamaged, "what was written cannot be taken back")
}
