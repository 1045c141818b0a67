package s3_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
	"mandelfarm/storage"
)

// TestAbandonedUploadsAreAborted, and those that began later go on.
func TestAbandonedUploadsAreAborted(t *testing.T) {
	t.Parallel()
	cfg := testenv.S3(t)
	s, core := open(t, cfg), client(t, cfg)
	begin := func(key string) string {
		t.Helper()
		id, err := core.NewMultipartUpload(t.Context(), cfg.Bucket, key, minio.PutObjectOptions{})
		require.NoError(t, err)
		_, err = core.PutObjectPart(t.Context(), cfg.Bucket, key, id, 1, strings.NewReader("part"), 4, minio.PutObjectPartOptions{})
		require.NoError(t, err)
		return id
	}
	begin("renders/a.png")
	begin("renders/b.png")
	require.NoError(t, s.AbortAbandoned(t.Context(), time.Now().Add(-time.Hour)))
	require.Len(t, uploads(t, core, cfg.Bucket), 2, "they are not abandoned yet")
	require.NoError(t, s.AbortAbandoned(t.Context(), time.Now().Add(time.Hour)))
	require.Empty(t, uploads(t, core, cfg.Bucket))
}

// TestRecordsOfLostObjectsAreSwept has large objects replaced and deleted, which
// leaves their records behind.
func TestRecordsOfLostObjectsAreSwept(t *testing.T) {
	t.Parallel()
	cfg := testenv.S3(t)
	s, core := open(t, cfg), client(t, cfg)
	large := make([]byte, 9<<20)
	for _, key := range []string{"a/replaced", "a/replaced", "b/small-now", "deleted", "kept"} {
		require.NoError(t, s.Put(t.Context(), key, "", bytes.NewReader(large)))
	}
	require.NoError(t, s.Put(t.Context(), "b/small-now", "", strings.NewReader("x")))
	require.NoError(t, s.Delete(t.Context(), "deleted"))
	require.Len(t, beside(t, core, cfg.Bucket), 5)

	require.NoError(t, s.AbortAbandoned(t.Context(), time.Now().Add(-time.Hour)))
	require.Len(t, beside(t, core, cfg.Bucket), 5, "they are too young")
	require.NoError(t, s.AbortAbandoned(t.Context(), time.Now().Add(time.Hour)))
	require.Len(t, beside(t, core, cfg.Bucket), 2)
	for _, key := range []string{"a/replaced", "kept"} {
		require.NoError(t, storage.Verify(t.Context(), open(t, cfg), key))
	}
}

// TestSweepsGoOnWhereTheyEnded has more records than one sweep looks at. Nobody
// needs the last one.
func TestSweepsGoOnWhereTheyEnded(t *testing.T) {
	t.Parallel()
	cfg := testenv.S3(t)
	s, core := open(t, cfg), client(t, cfg)
	put := func(name string, metadata map[string]string) {
		t.Helper()
		opts := minio.PutObjectOptions{UserMetadata: metadata}
		_, err := core.PutObject(t.Context(), cfg.Bucket, name, strings.NewReader("x"), 1, "", "", opts)
		require.NoError(t, err)
	}
	for i := range 150 {
		key := fmt.Sprintf("kept/%03d", i)
		put("sums~/"+key+"/TOKEN", nil)
		put(key, map[string]string{"mandelfarm-upload": "TOKEN"})
	}
	for range 2 {
		put("sums~/lost/TOKEN", nil)
		for _, left := range []int{151, 150} {
			require.NoError(t, s.AbortAbandoned(t.Context(), time.Now().Add(time.Hour)))
			require.Len(t, beside(t, core, cfg.Bucket), left)
		}
	}
}

// beside returns the names of all records beside objects.
func beside(t *testing.T, core *minio.Core, bucket string) []string {
	t.Helper()
	found, err := core.ListObjectsV2(bucket, "sums~/", "", "", "", 1000)
	require.NoError(t, err)
	names := []string{}
	for _, object := range found.Contents {
		names = append(names, object.Key)
	}
	return names
}

func uploads(t *testing.T, core *minio.Core, bucket string) []minio.ObjectMultipartInfo {
	t.Helper()
	found, err := core.ListMultipartUploads(t.Context(), bucket, "", "", "", "", 1000)
	require.NoError(t, err)
	return found.Uploads
}
