package s3_test

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/minio/minio-go/v7"
	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
	"mandelfarm/storage"
	"mandelfarm/storage/s3"
)

// poster is a store with objects of 12 MiB, and an object that is to be composed of them.
type poster struct {
	*proxy
	*s3.Store
	cfg   s3.Config // without the proxy
	parts []storage.Part
	want  []byte
}

func newPoster(t *testing.T) *poster {
	t.Helper()
	p := &poster{proxy: &proxy{}, cfg: testenv.S3(t)}
	p.Store = open(t, p.behind(t, p.cfg))
	p.parts, p.want = []storage.Part{storage.Bytes([]byte("head"))}, []byte("head")
	for i, key := range []string{"band/0", "band/1"} {
		data := bytes.Repeat([]byte{byte(i), 2, 3}, 4<<20)
		require.NoError(t, p.Put(t.Context(), key, "", bytes.NewReader(append(bytes.Clone(data), "trailer"...))))
		p.parts = append(p.parts, storage.Part{Key: key, Sum: storage.SumOf(data)})
		p.want = append(p.want, data...)
	}
	p.parts, p.want = append(p.parts, storage.Bytes([]byte("tail"))), append(p.want, "tail"...)
	p.take()
	return p
}

func (p *poster) compose(t *testing.T) error {
	t.Helper()
	return p.Compose(t.Context(), "poster", "image/png", p.parts)
}

func (p *poster) requireWhole(t *testing.T) {
	t.Helper()
	got, err := storage.ReadAll(t.Context(), p, "poster", 1<<30)
	require.NoError(t, err)
	require.True(t, bytes.Equal(p.want, got))
	info, err := client(t, p.cfg).StatObject(t.Context(), p.cfg.Bucket, "poster", minio.StatObjectOptions{})
	require.NoError(t, err)
	require.Equal(t, "image/png", info.ContentType)
}

func (p *poster) requireNothingLeft(t *testing.T) {
	t.Helper()
	uploads, err := client(t, p.cfg).ListMultipartUploads(t.Context(), p.cfg.Bucket, "", "", "", "", 10)
	require.NoError(t, err)
	require.Empty(t, uploads.Uploads)
}

func isCopy(req *http.Request) bool { return req.Header.Get("X-Amz-Copy-Source") != "" }

// TestComposeSendsLittle: of 24 MiB the head, the tail, and what the first part of an
// upload needs beside the head.
func TestComposeSendsLittle(t *testing.T) {
	t.Parallel()
	p := newPoster(t)
	var sent int64
	var copied []string
	p.call(func(req *http.Request) {
		if isCopy(req) {
			copied = append(copied, req.Header.Get("X-Amz-Copy-Source-Range"))
		} else if req.Method == http.MethodPut {
			sent += req.ContentLength
		}
	})
	require.NoError(t, p.compose(t))
	p.call(nil)
	require.ElementsMatch(t, []string{"bytes=5242876-12582911", "bytes=0-12582911"}, copied)
	require.Less(t, sent, int64(5<<20+1<<10))
	p.requireWhole(t)
	p.requireNothingLeft(t)
}

// say makes another answer.
func say(resp *http.Response, status int, body string) {
	_ = resp.Body.Close()
	resp.StatusCode, resp.Status = status, http.StatusText(status)
	resp.Body, resp.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	resp.Header.Set("Content-Length", strconv.Itoa(len(body)))
}

// TestComposeWithoutCopies: a server that copies no parts, does not say what it has copied, or says what
// is not so, is sent all bytes.
func TestComposeWithoutCopies(t *testing.T) {
	t.Parallel()
	sum := regexp.MustCompile(`<ChecksumCRC32C>[^<]*</ChecksumCRC32C>`)
	body := func(resp *http.Response) string {
		text, _ := io.ReadAll(resp.Body)
		return string(text)
	}
	for name, answer := range map[string]func(resp *http.Response){
		"NotImplemented": func(resp *http.Response) {
			say(resp, http.StatusNotImplemented, "<Error><Code>NotImplemented</Code></Error>")
		},
		"NoChecksum": func(resp *http.Response) {
			say(resp, http.StatusOK, sum.ReplaceAllString(body(resp), ""))
		},
		"WrongChecksum": func(resp *http.Response) {
			say(resp, http.StatusOK, sum.ReplaceAllString(body(resp), "<ChecksumCRC32C>AAAAAA==</ChecksumCRC32C>"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPoster(t)
			p.answer(func(resp *http.Response) error {
				if isCopy(resp.Request) {
					answer(resp)
				}
				return nil
			})
			require.NoError(t, p.compose(t))
			p.requireWhole(t)
			p.requireNothingLeft(t)
		})
	}
}

// TestComposeLosesToAnother who stores the object while it is composed: it stays, whatever it is.
func TestComposeLosesToAnother(t *testing.T) {
	t.Parallel()
	p := newPoster(t)
	other := open(t, p.cfg)
	var once sync.Once
	p.call(func(req *http.Request) {
		if isCopy(req) {
			once.Do(func() {
				if err := other.Put(context.WithoutCancel(req.Context()), "poster", "", strings.NewReader("another's")); err != nil {
					t.Errorf("put: %v", err)
				}
			})
		}
	})
	require.ErrorIs(t, p.compose(t), storage.ErrExists)
	p.call(nil)
	got, err := storage.ReadAll(t.Context(), p, "poster", 100)
	require.NoError(t, err)
	require.Equal(t, "another's", string(got))
	p.requireNothingLeft(t)
}

// TestComposeSurvivesALostAnswer to the request that has completed the upload: it is its own
// object that is in the way of the repetition.
func TestComposeSurvivesALostAnswer(t *testing.T) {
	t.Parallel()
	p := newPoster(t)
	p.call(func(req *http.Request) {
		if req.Method == http.MethodPost && req.URL.Query().Has("uploadId") {
			p.lose, p.before = 1, nil // of this very request
		}
	})
	require.NoError(t, p.compose(t))
	p.requireWhole(t)
}

// TestComposeWithoutAServer in the middle: nothing is stored, and it can be composed again when the server is back.
func TestComposeWithoutAServer(t *testing.T) {
	t.Parallel()
	server := testenv.S3Server(t)
	cfg := server.Config()
	var p proxy
	s := open(t, p.behind(t, cfg))
	band := bytes.Repeat([]byte("band"), 3<<20)
	require.NoError(t, s.Put(t.Context(), "band", "", bytes.NewReader(band)))
	parts := []storage.Part{{Key: "band", Sum: storage.SumOf(band)}, storage.Bytes([]byte("tail"))}
	p.call(func(req *http.Request) {
		if isCopy(req) {
			server.Kill()
		}
	})
	err := s.Compose(t.Context(), "poster", "", parts)
	var failure *storage.Error
	require.ErrorAs(t, err, &failure)
	require.NotErrorIs(t, err, storage.ErrExists)
	p.call(nil)
	server.Restart(t)
	_, err = s.Stat(t.Context(), "poster")
	require.ErrorIs(t, err, storage.ErrNotFound)
	require.NoError(t, s.Compose(t.Context(), "poster", "", parts))
	require.NoError(t, storage.Verify(t.Context(), s, "poster"))
}

// BenchmarkCompose joins 18 bands of 16 MiB, as those of a poster, beside sending them, as a
// server has it that copies nothing.
func BenchmarkCompose(b *testing.B) {
	s := open(b, testenv.S3(b))
	parts := make([]storage.Part, 18)
	for i := range parts {
		data, key := make([]byte, 16<<20), "band/"+strconv.Itoa(i)
		_, _ = rand.NewChaCha8([32]byte{byte(i)}).Read(data) // never fails
		require.NoError(b, s.Put(b.Context(), key, "", bytes.NewReader(data)))
		parts[i] = storage.Part{Key: key, Sum: storage.SumOf(data)}
	}
	for name, store := range map[string]func() error{
		"Copied": func() error { return s.Compose(b.Context(), "poster", "", parts) },
		"Sent":   func() error { return s.Put(b.Context(), "poster", "", storage.Concatenated(b.Context(), s, parts)) },
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(storage.PartsSum(parts).Size())
			for b.Loop() {
				require.NoError(b, s.Delete(b.Context(), "poster"))
				require.NoError(b, store())
			}
		})
	}
}
