package s3_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
	"mandelfarm/storage"
)

// TestFullDisk fills that of the server.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	if !testenv.InNamespace(t, 0) {
		return
	}
	var p proxy
	s := open(t, p.behind(t, testenv.S3ServerIn(t, testenv.Mount(t, "tmpfs", "size=12m")).Config()))
	require.NoError(t, s.Ping(t.Context()))
	require.NoError(t, s.Put(t.Context(), "first", "", bytes.NewReader(make([]byte, 1<<20))))
	require.ErrorIs(t, s.Put(t.Context(), "large", "", bytes.NewReader(make([]byte, 20<<20))), storage.ErrNoSpace)
	var err error
	for i := 0; err == nil; i++ {
		err = s.Put(t.Context(), fmt.Sprintf("renders/%d", i), "", bytes.NewReader(make([]byte, 100_000)))
	}
	require.ErrorIs(t, err, storage.ErrNoSpace)
	for err = nil; err == nil; {
		err = s.Put(t.Context(), fmt.Sprintf("small/%d", len(list(t, s))), "", strings.NewReader("x"))
	}
	require.ErrorIs(t, err, storage.ErrNoSpace)
	require.ErrorIs(t, s.Create(t.Context(), "created", "", []byte("x")), storage.ErrNoSpace)
	require.ErrorIs(t, s.Ping(t.Context()), storage.ErrNoSpace)
	require.ErrorIs(t, s.Ping(t.Context()), storage.ErrNoSpace, "it does not forget")

	require.NoError(t, storage.Verify(t.Context(), s, "first"))
	require.NoError(t, s.Delete(t.Context(), "first"))
	p.take()
	require.NoError(t, s.Ping(t.Context()))
	require.Equal(t, "PUT,DELETE", p.take(), "a refused Put has Ping find out anew")
}

// TestReadOnlyDisk makes the server's read-only.
func TestReadOnlyDisk(t *testing.T) {
	t.Parallel()
	if !testenv.InNamespace(t, 0) {
		return
	}
	folder := testenv.Mount(t, "tmpfs", "")
	s := open(t, testenv.S3ServerIn(t, folder).Config())
	require.NoError(t, s.Create(t.Context(), "a", "", []byte("data")))
	testenv.MountReadOnly(t, folder)
	require.Error(t, s.Put(t.Context(), "b", "", strings.NewReader("x")))
	require.Error(t, s.Ping(t.Context()), "versitygw does not say why, but it does refuse")
	require.NoError(t, storage.Verify(t.Context(), s, "a"))
}

// TestRefusalsSayWhy has a server refuse every change in the ways that servers
// have.
func TestRefusalsSayWhy(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		status int
		code   string
		want   error
	}{
		{http.StatusInsufficientStorage, "InsufficientStorage", storage.ErrNoSpace},
		{http.StatusInsufficientStorage, "XMinioStorageFull", storage.ErrNoSpace},
		{http.StatusForbidden, "QuotaExceeded", storage.ErrNoSpace},
		{http.StatusForbidden, "AccessDenied", storage.ErrReadOnly},
		{http.StatusMethodNotAllowed, "MethodNotAllowed", storage.ErrReadOnly},
	} {
		t.Run(test.code, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				if req.Method == http.MethodHead {
					return
				}
				w.WriteHeader(test.status)
				fmt.Fprintf(w, "<Error><Code>%s</Code><Message>the reason</Message></Error>", test.code)
			}))
			t.Cleanup(server.Close)
			cfg := valid()
			cfg.Endpoint = server.URL
			s := open(t, cfg)
			for _, err := range []error{
				s.Put(t.Context(), "a", "", strings.NewReader("x")),
				s.Put(t.Context(), "a", "", bytes.NewReader(make([]byte, 9<<20))),
				s.Create(t.Context(), "a", "", nil),
				s.Delete(t.Context(), "a"),
				s.Delete(t.Context(), "a", "b"),
				s.Ping(t.Context()),
			} {
				require.ErrorIs(t, err, test.want)
				require.ErrorContains(t, err, "the reason")
			}
			_, _, err := s.Get(t.Context(), "a", 0, -1)
			require.NotErrorIs(t, err, test.want, "reading changes nothing")
		})
	}
}

func list(t *testing.T, s storage.Store) []string {
	t.Helper()
	var found []string
	for info, err := range s.List(t.Context(), "", "") {
		require.NoError(t, err)
		found = append(found, info.Key)
	}
	return found
}
