package s3_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"mandelfarm/internal/testenv"
	"mandelfarm/storage"
	"mandelfarm/storage/s3"
	"mandelfarm/storage/storagetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestStore(t *testing.T) {
	t.Parallel()
	fresh := func(t *testing.T) storage.Store {
		t.Helper()
		return open(t, testenv.S3(t))
	}
	storagetest.Run(t, fresh)
	storagetest.RunFolders(t, fresh)
}

func open(tb testing.TB, cfg s3.Config) *s3.Store {
	tb.Helper()
	s, err := s3.Open(tb.Context(), cfg)
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, s.Close()) })
	return s
}

// client is a second opinion on what is in the bucket.
func client(t *testing.T, cfg s3.Config) *minio.Core {
	t.Helper()
	endpoint, err := url.Parse(cfg.Endpoint)
	require.NoError(t, err)
	transport, err := minio.DefaultTransport(false)
	require.NoError(t, err)
	t.Cleanup(transport.CloseIdleConnections)
	core, err := minio.NewCore(endpoint.Host, &minio.Options{
		Creds:     credentials.NewStaticV4(cfg.AccessKeyID, string(cfg.SecretAccessKey), ""),
		Region:    cfg.Region,
		Transport: transport,
	})
	require.NoError(t, err)
	return core
}

func TestProcessesRaceToOpen(t *testing.T) {
	t.Parallel()
	cfg := testenv.S3(t)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			s, err := s3.Open(t.Context(), cfg)
			if err == nil {
				err = errors.Join(s.Ping(t.Context()), s.Close())
			}
			if err != nil {
				t.Errorf("open: %v", err)
			}
		})
	}
	group.Wait()
}

func TestOpenRefusesWrongCredentials(t *testing.T) {
	t.Parallel()
	cfg := testenv.S3(t)
	good := cfg.SecretAccessKey
	cfg.SecretAccessKey = "not-the-secret"
	_, err := s3.Open(t.Context(), cfg)
	require.ErrorContains(t, err, cfg.Endpoint)
	require.ErrorContains(t, err, cfg.Bucket)
	require.NotContains(t, err.Error(), string(good))
	require.NotContains(t, err.Error(), string(cfg.SecretAccessKey))
}

func TestPingTellsWhetherTheStoreIsReady(t *testing.T) {
	t.Parallel()
	server := testenv.S3Server(t)
	cfg := server.Config()
	s := open(t, cfg)
	require.NoError(t, s.Ping(t.Context()))

	require.NoError(t, client(t, cfg).RemoveBucket(t.Context(), cfg.Bucket))
	require.ErrorContains(t, s.Ping(t.Context()), "does not exist")

	server.Kill()
	require.Error(t, s.Ping(t.Context()))
}

func TestTheServerKeepsTheContentType(t *testing.T) {
	t.Parallel()
	cfg := testenv.S3(t)
	s := open(t, cfg)
	require.NoError(t, s.Create(t.Context(), "created", "application/json", []byte("{}")))
	require.NoError(t, s.Put(t.Context(), "small", "image/png", strings.NewReader("x")))
	require.NoError(t, s.Put(t.Context(), "large", "image/png", bytes.NewReader(make([]byte, 9<<20))))
	for key, want := range map[string]string{"created": "application/json", "small": "image/png", "large": "image/png"} {
		info, err := client(t, cfg).StatObject(t.Context(), cfg.Bucket, key, minio.StatObjectOptions{})
		require.NoError(t, err)
		require.Equal(t, want, info.ContentType, key)
	}
}

func TestForeignObjectsAreNotListed(t *testing.T) {
	t.Parallel()
	cfg := testenv.S3(t)
	s := open(t, cfg)
	for _, key := range []string{"a", "Upper", "with space", "b/c"} {
		_, err := client(t, cfg).PutObject(t.Context(), cfg.Bucket, key, strings.NewReader("x"), 1, "", "", minio.PutObjectOptions{})
		require.NoError(t, err)
	}
	var found []string
	for info, err := range s.List(t.Context(), "", "") {
		require.NoError(t, err)
		found = append(found, info.Key)
	}
	require.Equal(t, []string{"a", "b/c"}, found)
}

// TestFailedUploadsLeaveNoParts breaks uploads after the first part has gone.
func TestFailedUploadsLeaveNoParts(t *testing.T) {
	t.Parallel()
	cfg := testenv.S3(t)
	s := open(t, cfg)
	ctx, cancel := context.WithCancel(t.Context())
	for _, end := range []func([]byte) (int, error){
		func([]byte) (int, error) { return 0, errors.New("broken") },
		func([]byte) (int, error) { cancel(); return 0, nil },
	} {
		err := s.Put(ctx, "a", "", io.MultiReader(bytes.NewReader(make([]byte, 33<<20)), readFunc(end)))
		require.Error(t, err)
	}
	uploads, err := client(t, cfg).ListMultipartUploads(t.Context(), cfg.Bucket, "", "", "", "", 10)
	require.NoError(t, err)
	require.Empty(t, uploads.Uploads)
}

type readFunc func([]byte) (int, error)

// Read calls the function.
func (f readFunc) Read(p []byte) (int, error) { return f(p) }

func TestServerDiesDuringPut(t *testing.T) {
	t.Parallel()
	server := testenv.S3Server(t)
	s := open(t, server.Config())
	kill := readFunc(func([]byte) (int, error) { server.Kill(); return 0, io.EOF })
	for _, size := range []int{1000, 20 << 20} {
		err := s.Put(t.Context(), "a", "", io.MultiReader(bytes.NewReader(make([]byte, size)), kill, strings.NewReader("end")))
		var failure *storage.Error
		require.ErrorAs(t, err, &failure, "%d bytes", size)
		require.Equal(t, "put", failure.Op)
		server.Restart(t)
		_, err = s.Stat(t.Context(), "a")
		require.ErrorIs(t, err, storage.ErrNotFound, "a part of %d bytes was stored", size)
	}
	require.NoError(t, s.Put(t.Context(), "a", "", strings.NewReader("works again")))
}

// TestServerDiesDuringGet must not look like the end of the object.
func TestServerDiesDuringGet(t *testing.T) {
	t.Parallel()
	server := testenv.S3Server(t)
	s := open(t, server.Config())
	require.NoError(t, s.Put(t.Context(), "a", "", bytes.NewReader(make([]byte, 30<<20))))
	body, info, err := s.Get(t.Context(), "a", 0, -1)
	require.NoError(t, err)
	_, err = io.ReadFull(body, make([]byte, 1000))
	require.NoError(t, err)
	server.Kill()
	rest, err := io.Copy(io.Discard, body)
	var failure *storage.Error
	require.ErrorAs(t, err, &failure)
	require.Equal(t, "read", failure.Op)
	require.Less(t, rest, info.Size-1000)
	require.NoError(t, body.Close())

	_, _, err = s.Get(t.Context(), "a", 0, -1)
	require.Error(t, err)
	require.NotErrorIs(t, err, storage.ErrNotFound, "an absent server is no absent object")
}

// The figures below are those of the package documentation: what a request to
// the farm pays for its bytes. 8 KiB is a tile of few colours.
func BenchmarkPut(b *testing.B) {
	s := open(b, testenv.S3(b))
	data := make([]byte, 8<<10)
	p50(b, func(i int) error {
		return s.Put(b.Context(), fmt.Sprintf("tiles/%d.png", i%1000), "image/png", bytes.NewReader(data))
	})
}

func BenchmarkCreate(b *testing.B) {
	s := open(b, testenv.S3(b))
	data := make([]byte, 8<<10)
	p50(b, func(i int) error {
		return s.Create(b.Context(), fmt.Sprintf("jobs/%d/job.json", i), "application/json", data)
	})
}

func BenchmarkGet(b *testing.B) {
	s := open(b, testenv.S3(b))
	require.NoError(b, s.Create(b.Context(), "tiles/1.png", "image/png", make([]byte, 8<<10)))
	p50(b, func(int) error {
		_, err := storage.ReadAll(b.Context(), s, "tiles/1.png", 8<<10)
		return err
	})
}

func BenchmarkStat(b *testing.B) {
	s := open(b, testenv.S3(b))
	require.NoError(b, s.Create(b.Context(), "tiles/1.png", "image/png", nil))
	p50(b, func(int) error {
		_, err := s.Stat(b.Context(), "tiles/1.png")
		return err
	})
}

// BenchmarkPutLarge straddles the size from which an upload has parts.
func BenchmarkPutLarge(b *testing.B) {
	s := open(b, testenv.S3(b))
	for _, size := range []int{4 << 20, 8 << 20, 9 << 20, 64 << 20} {
		b.Run(fmt.Sprintf("MiB=%d", size>>20), func(b *testing.B) {
			data := make([]byte, size)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				require.NoError(b, s.Put(b.Context(), "large", "", bytes.NewReader(data)))
			}
		})
	}
}

// p50 runs do and reports the median beside the mean: the mean of a server's
// answers is that of its pauses.
func p50(b *testing.B, do func(i int) error) {
	b.Helper()
	var took []time.Duration
	for i := 0; b.Loop(); i++ {
		start := time.Now()
		if err := do(i); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(start))
	}
	b.ReportMetric(float64(median(took).Microseconds()), "p50-µs")
}
