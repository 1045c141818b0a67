package s3_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
	"mandelfarm/storage"
	"mandelfarm/storage/s3"
	"mandelfarm/storage/storagetest"
)

// TestStoreBelowAPrefix keeps every promise there as well.
func TestStoreBelowAPrefix(t *testing.T) {
	t.Parallel()
	storagetest.Run(t, func(t *testing.T) storage.Store {
		t.Helper()
		cfg := testenv.S3(t)
		cfg.Prefix = "farms/one"
		return open(t, cfg)
	})
}

// TestFarmsShareABucket by prefixes: none sees, sweeps or removes what is another's, be it
// an object, one stored in parts with its record, or an upload that was left.
func TestFarmsShareABucket(t *testing.T) {
	t.Parallel()
	ctx, cfg := t.Context(), testenv.S3(t)
	one, two := cfg, cfg
	one.Prefix, two.Prefix = "one", "two"
	first, second := open(t, one), open(t, two)
	large := bytes.Repeat([]byte("large"), 2<<20)
	for _, s := range []*s3.Store{first, second} {
		require.NoError(t, s.Create(ctx, "small", "", []byte("small")))
		require.NoError(t, s.Put(ctx, "large", "", bytes.NewReader(large)))
	}
	core := client(t, cfg)
	id, err := core.NewMultipartUpload(ctx, cfg.Bucket, "two/left", minio.PutObjectOptions{})
	require.NoError(t, err)
	require.NoError(t, first.Delete(ctx, "small", "large"))
	require.NoError(t, first.AbortAbandoned(ctx, time.Now().Add(time.Hour)), "which sweeps all that is old")

	require.Empty(t, listed(t, first))
	require.Equal(t, []string{"large", "small"}, listed(t, second))
	require.NoError(t, storage.Verify(ctx, second, "large"))
	names := make([]string, 0, 3)
	for object := range core.ListObjectsIter(ctx, cfg.Bucket, minio.ListObjectsOptions{Recursive: true}) {
		require.NoError(t, object.Err)
		names = append(names, object.Key)
	}
	require.Len(t, names, 3, "the other's two objects and the record of one: %s", names)
	for _, name := range names {
		require.True(t, strings.HasPrefix(name, "two/"), name)
	}
	_, err = core.ListObjectParts(ctx, cfg.Bucket, "two/left", id, 0, 10)
	require.NoError(t, err, "the other's upload")
	require.NoError(t, second.AbortAbandoned(ctx, time.Now().Add(time.Hour)))
	_, err = core.ListObjectParts(ctx, cfg.Bucket, "two/left", id, 0, 10)
	require.Error(t, err, "its own is swept")
	require.NoError(t, storage.Verify(ctx, second, "large"), "and what is stored stays")
}

func listed(t *testing.T, s *s3.Store) (keys []string) {
	t.Helper()
	for info, err := range s.List(t.Context(), "", "") {
		require.NoError(t, err)
		keys = append(keys, info.Key)
	}
	return keys
}

// wire is a server that says yes to everything and notes the requests.
type wire struct {
	mu       sync.Mutex
	requests []*http.Request
}

func (w *wire) serve(t *testing.T) (endpoint string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		w.mu.Lock()
		w.requests = append(w.requests, req.Clone(context.WithoutCancel(req.Context())))
		w.mu.Unlock()
		rw.Header().Set("ETag", `"e"`)
		switch {
		case req.Method == http.MethodPost && req.URL.Query().Has("uploads"):
			_, _ = rw.Write([]byte(`<InitiateMultipartUploadResult><UploadId>id</UploadId></InitiateMultipartUploadResult>`))
		case req.Method == http.MethodPost:
			_, _ = rw.Write([]byte(`<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>`))
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// header is a header's value in those requests that store something.
func (w *wire) header(name string) (values []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, req := range w.requests {
		if req.Method == http.MethodPut && req.URL.Query().Get("partNumber") == "" || req.URL.Query().Has("uploads") {
			values = append(values, req.Header.Get(name))
		}
	}
	return values
}

// TestServersAreAskedToEncrypt what is stored with one request, in parts, and beside it.
func TestServersAreAskedToEncrypt(t *testing.T) {
	t.Parallel()
	const key = "arn:aws:kms:eu-central-1:1:key/2"
	for _, test := range []struct{ encryption, keyID, algorithm, wantKey string }{
		{"", "", "", ""},
		{s3.EncryptionNone, "", "", ""},
		{s3.EncryptionS3, "", "AES256", ""},
		{s3.EncryptionKMS, "", "aws:kms", ""},
		{s3.EncryptionKMS, key, "aws:kms", key},
	} {
		var w wire
		cfg := valid()
		cfg.Endpoint, cfg.Encryption, cfg.KMSKeyID = w.serve(t), test.encryption, test.keyID
		s := open(t, cfg)
		require.NoError(t, s.Put(t.Context(), "small", "", strings.NewReader("small")))
		require.NoError(t, s.Create(t.Context(), "created", "", []byte("small")))
		_ = s.Put(t.Context(), "large", "", bytes.NewReader(make([]byte, 9<<20))) // which this server does not keep
		algorithms := w.header("X-Amz-Server-Side-Encryption")
		require.Equal(t, slices.Repeat([]string{test.algorithm}, 4), algorithms, "two objects, an upload and its record")
		require.Equal(t, slices.Repeat([]string{test.wantKey}, 4), w.header("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id"))
	}
}
