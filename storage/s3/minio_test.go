package s3_test

import (
	"bytes"
	"testing"

	"github.com/minio/minio-go/v7"
	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
	"mandelfarm/storage"
	"mandelfarm/storage/s3"
	"mandelfarm/storage/storagetest"
)

// TestStoreOnMinIO keeps every promise on a server that has no folders.
func TestStoreOnMinIO(t *testing.T) {
	t.Parallel()
	testenv.MinIO(t) // or skipped once
	storagetest.Run(t, func(t *testing.T) storage.Store {
		t.Helper()
		return open(t, testenv.MinIO(t))
	})
}

// TestMinIOEncrypts what it is asked to, and says so.
func TestMinIOEncrypts(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ encryption, keyID, want string }{
		{s3.EncryptionS3, "", "AES256"},
		{s3.EncryptionKMS, testenv.MinIOKey, "aws:kms"},
	} {
		cfg := testenv.MinIO(t)
		cfg.Encryption, cfg.KMSKeyID = test.encryption, test.keyID
		s, core := open(t, cfg), client(t, cfg)
		require.NoError(t, s.Put(t.Context(), "small", "", bytes.NewReader([]byte("small"))))
		require.NoError(t, s.Put(t.Context(), "large", "", bytes.NewReader(make([]byte, 20<<20))))
		for _, key := range []string{"small", "large"} {
			require.NoError(t, storage.Verify(t.Context(), s, key))
			object, err := core.StatObject(t.Context(), cfg.Bucket, key, minio.StatObjectOptions{})
			require.NoError(t, err)
			require.Equal(t, test.want, object.Metadata.Get("X-Amz-Server-Side-Encryption"), key)
		}
	}
}
