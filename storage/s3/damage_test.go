//go:build linux || darwin || freebsd || netbsd

package s3_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/minio/minio-go/v7"
	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
	"mandelfarm/storage"
	"mandelfarm/storage/storagetest"
)

func TestDamage(t *testing.T) {
	t.Parallel()
	server := testenv.S3Server(t)
	storagetest.RunDamage(t, func(t *testing.T) (storage.Store, storagetest.Damager) {
		t.Helper()
		cfg := server.Config()
		return open(t, cfg), damager{server.Folder(cfg.Bucket)}
	})
}

// damager changes the files in which versitygw keeps a bucket. What it knows of
// an object is in the extended attributes of the object's file.
type damager struct{ folder string }

func (d damager) path(name string) string { return filepath.Join(d.folder, name) }

// Edit changes a file in place.
func (d damager) Edit(t *testing.T, key string, change func(data []byte) []byte) {
	t.Helper()
	storagetest.EditFile(t, d.path(key), change)
}

// Copy copies a file with its attributes.
func (d damager) Copy(t *testing.T, from, to string) {
	t.Helper()
	storagetest.CopyFile(t, d.path(from), d.path(to))
}

// Forget removes the object's metadata, or the object that has its record.
func (d damager) Forget(t *testing.T, key string) {
	t.Helper()
	records := d.path("sums~/" + key)
	if _, err := os.Stat(records); err == nil {
		require.NoError(t, os.RemoveAll(records))
		return
	}
	storagetest.RemoveAttribute(t, d.path(key), "user.metadata")
}

// TestForeignObjectsAreDamaged has one that somebody else put there under a key
// of ours, and large ones whose records are damaged, or those of others.
func TestForeignObjectsAreDamaged(t *testing.T) {
	t.Parallel()
	server := testenv.S3Server(t)
	cfg := server.Config()
	s, d := open(t, cfg), damager{server.Folder(cfg.Bucket)}
	core := client(t, cfg)
	for _, metadata := range []map[string]string{
		nil,
		{"mandelfarm-sum": ""},
		{"mandelfarm-sum": "1 AAAAAA== BBBBBB=="},
		{"mandelfarm-upload": strings.Repeat("A", 1200)},
		{"mandelfarm-upload": "ABCDEFGHIJKLMNOPQRSTUVWXYZ"},
	} {
		_, err := core.PutObject(t.Context(), cfg.Bucket, "a", bytes.NewReader([]byte("x")), 1, "", "", minio.PutObjectOptions{UserMetadata: metadata})
		require.NoError(t, err)
		requireDamaged(t, s, "a")
	}

	large := make([]byte, 9<<20)
	for _, damage := range []func(record string){
		func(record string) {
			d.Edit(t, record, func(data []byte) []byte { data[0]++; return data })
		},
		func(record string) { d.Edit(t, record, func([]byte) []byte { return nil }) },
		func(record string) {
			require.NoError(t, s.Put(t.Context(), "other", "", bytes.NewReader(large)))
			storagetest.CopyFile(t, d.path(records(t, d, "other")[0]), d.path(record))
		},
	} {
		require.NoError(t, s.Delete(t.Context(), "large"))
		require.NoError(t, os.RemoveAll(d.path("sums~")))
		require.NoError(t, s.Put(t.Context(), "large", "", bytes.NewReader(large)))
		damage(records(t, d, "large")[0])
		requireDamaged(t, s, "large")
	}
}

func requireDamaged(t *testing.T, s storage.Store, key string) {
	t.Helper()
	_, err := s.Stat(t.Context(), key)
	require.ErrorIs(t, err, storage.ErrDamaged)
	require.ErrorIs(t, storage.Verify(t.Context(), s, key), storage.ErrDamaged)
}

// records returns the names of what is beside the objects that were stored in
// parts under a key.
func records(t *testing.T, d damager, key string) []string {
	t.Helper()
	entries, err := os.ReadDir(d.path("sums~/" + key))
	if !os.IsNotExist(err) {
		require.NoError(t, err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, "sums~/"+key+"/"+entry.Name())
	}
	return names
}
