package s3_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
	"mandelfarm/storage"
)

// fetch asks for a URL without credentials.
func fetch(t *testing.T, url string, header ...string) (status int, answered http.Header, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	require.NoError(t, err)
	request.Close = true
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, response.Header, string(data)
}

func TestAnybodyCanFetchByAPresignedURL(t *testing.T) {
	t.Parallel()
	s := open(t, testenv.S3(t))
	require.NoError(t, s.Put(t.Context(), "renders/a.png", "image/png", strings.NewReader("a picture")))
	url, err := s.Presign(t.Context(), "renders/a.png", time.Minute, `a "name".png`)
	require.NoError(t, err)

	status, header, body := fetch(t, url)
	require.Equal(t, http.StatusOK, status, body)
	require.Equal(t, "a picture", body)
	require.Equal(t, "image/png", header.Get("Content-Type"))
	require.Equal(t, `inline; filename="a \"name\".png"`, header.Get("Content-Disposition"))

	status, _, body = fetch(t, url, "Range", "bytes=2-")
	require.Equal(t, http.StatusPartialContent, status)
	require.Equal(t, "picture", body)

	status, _, _ = fetch(t, strings.Replace(url, "a.png?", "b.png?", 1))
	require.Equal(t, http.StatusForbidden, status, "it is good for one object")
}

func TestPresignChecksWhatItSigns(t *testing.T) {
	t.Parallel()
	s := open(t, testenv.S3(t))
	_, err := s.Presign(t.Context(), "../x", time.Minute, "x")
	require.ErrorIs(t, err, storage.ErrInvalidKey)
	_, err = s.Presign(t.Context(), "x", time.Millisecond, "x")
	var failure *storage.Error
	require.ErrorAs(t, err, &failure)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = s.Presign(ctx, "x", time.Minute, "x")
	require.ErrorIs(t, err, context.Canceled)
}
