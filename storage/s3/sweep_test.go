package s3_test

import (
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
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

func uploads(t *testing.T, core *minio.Core, bucket string) []minio.ObjectMultipartInfo {
	t.Helper()
	found, err := core.ListMultipartUploads(t.Context(), bucket, "", "", "", "", 1000)
	require.NoError(t, err)
	return found.Uploads
}
