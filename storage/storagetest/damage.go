package storagetest

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"mandelfarm/storage"
)

// Damager changes what a store has stored behind its back, as failing media and
// careless operators do. The keys are of objects that are there.
type Damager interface {
	// Edit makes of the object's bytes what change returns, in place: what the
	// store keeps beside them stays.
	Edit(t *testing.T, key string, change func(data []byte) []byte)
	// Copy lays the object from, with what the store keeps beside it, over the
	// object to.
	Copy(t *testing.T, from, to string)
	// Forget removes the record of what the object should be, and nothing else.
	Forget(t *testing.T, key string)
}

// RunDamage checks that the stores which open returns tell damage from health.
// open is called once per subtest, as in Run; the Damager is the store's own.
func RunDamage(t *testing.T, open func(t *testing.T) (storage.Store, Damager)) {
	t.Helper()
	t.Run("Healthy", func(t *testing.T) {
		t.Parallel()
		s, _ := open(t)
		healthy(t, s)
	})
	t.Run("ServedShort", func(t *testing.T) {
		t.Parallel()
		s, d := open(t)
		servedShort(t, s, d)
	})
	// Two parts, for the kinds that a store may handle differently there.
	const large = 17 * mib
	inParts := []string{"MiddleByteFlipped", "Half", "AnotherObject", "NoRecord"}
	for _, f := range faults() {
		for _, size := range []int{1, 1000, large} {
			if size == large && !slices.Contains(inParts, f.name) {
				continue
			}
			t.Run(fmt.Sprintf("%s/%d", f.name, size), func(t *testing.T) {
				t.Parallel()
				s, d := open(t)
				damaged(t, s, size, func(key string) { f.apply(t, s, d, key) }, f.seen)
			})
		}
	}
}

// fault is a kind of damage. seen says that it shows without reading the object.
type fault struct {
	name  string
	apply func(t *testing.T, s storage.Store, d Damager, key string)
	seen  bool
}

func faults() []fault {
	edit := func(name string, seen bool, change func(data []byte) []byte) fault {
		return fault{name: name, seen: seen, apply: func(t *testing.T, _ storage.Store, d Damager, key string) {
			t.Helper()
			d.Edit(t, key, change)
		}}
	}
	flip := func(place func(n int) int) func([]byte) []byte {
		return func(data []byte) []byte {
			data[place(len(data))] ^= 1 << 3
			return data
		}
	}
	return []fault{
		edit("FirstByteFlipped", false, flip(func(int) int { return 0 })),
		edit("MiddleByteFlipped", false, flip(func(n int) int { return n / 2 })),
		edit("LastByteFlipped", false, flip(func(n int) int { return n - 1 })),
		edit("AnothersBytes", false, func(data []byte) []byte { return pattern(len(data), 77) }),
		edit("Half", true, func(data []byte) []byte { return data[:len(data)/2] }),
		edit("Empty", true, func([]byte) []byte { return nil }),
		edit("Longer", true, func(data []byte) []byte { return append(data, 0) }),
		{name: "AnotherObject", seen: true, apply: func(t *testing.T, s storage.Store, d Damager, key string) {
			t.Helper()
			was, err := s.Stat(t.Context(), key)
			require.NoError(t, err)
			put(t, s, "another", pattern(int(was.Size), 78))
			d.Copy(t, "another", key)
		}},
		{name: "NoRecord", seen: true, apply: func(t *testing.T, _ storage.Store, d Damager, key string) {
			t.Helper()
			d.Forget(t, key)
		}},
	}
}

// healthy has objects of the sizes at which stores change their ways.
func healthy(t *testing.T, s storage.Store) {
	t.Helper()
	for _, size := range []int{0, 1, 1000, 8*mib - 1, 8 * mib, 8*mib + 1, 16*mib + 1, 33 * mib} {
		data, key := pattern(size, size), fmt.Sprintf("sizes/%d", size)
		put(t, s, key, data)
		info, err := s.Stat(t.Context(), key)
		require.NoError(t, err)
		require.Equal(t, storage.ChecksumOf(data), info.Checksum, "%d bytes", size)
		_, ranged, err := get(t.Context(), s, key, 1, 10)
		require.NoError(t, err)
		require.Equal(t, info.Checksum, ranged.Checksum, "of the whole, by a range of %d bytes", size)
		require.NoError(t, storage.Verify(t.Context(), s, key))
	}
	require.NoError(t, s.Create(t.Context(), "created", mediaType, []byte("data")))
	require.NoError(t, storage.Verify(t.Context(), s, "created"))
	requireError(t, storage.Verify(t.Context(), s, "nothing"), storage.ErrNotFound, "get", "nothing")
}

// damaged stores an object, damages it, and takes it through its life.
func damaged(t *testing.T, s storage.Store, size int, damage func(key string), seen bool) {
	t.Helper()
	data := pattern(size, 1)
	put(t, s, "a/object", data)
	put(t, s, "a/healthy", data)
	damage("a/object")
	if seen {
		requireSeen(t, s, "a/object")
	} else {
		requireFoundByReading(t, s, "a/object", data)
	}
	require.Contains(t, keys(t, s, "", ""), "a/object", "a listing shows what is there")
	requireObject(t, s, "a/healthy", data)

	requireError(t, s.Create(t.Context(), "a/object", mediaType, nil), storage.ErrExists, "create", "a/object")
	put(t, s, "a/object", data)
	require.NoError(t, storage.Verify(t.Context(), s, "a/object"), "replacing it heals it")
	requireObject(t, s, "a/object", data)

	damage("a/object")
	require.NoError(t, s.Delete(t.Context(), "a/object"))
	requireMissing(t, s, "a/object")
	requireObject(t, s, "a/healthy", data)
}

// requireSeen checks that everything fails before a byte is read.
func requireSeen(t *testing.T, s storage.Store, key string) {
	t.Helper()
	_, err := s.Stat(t.Context(), key)
	requireError(t, err, storage.ErrDamaged, "stat", key)
	for _, length := range []int64{-1, 0, 1, 1 << 30} {
		for _, offset := range []int64{0, 1, 1 << 40} {
			_, _, err = s.Get(t.Context(), key, offset, length)
			requireError(t, err, storage.ErrDamaged, "get", key)
		}
	}
	_, err = storage.ReadAll(t.Context(), s, key, 1<<30)
	requireError(t, err, storage.ErrDamaged, "get", key)
	requireError(t, storage.Verify(t.Context(), s, key), storage.ErrDamaged, "get", key)
}

// requireFoundByReading checks that reading all of it fails before its end, and
// that nothing else does.
func requireFoundByReading(t *testing.T, s storage.Store, key string, was []byte) {
	t.Helper()
	info, err := s.Stat(t.Context(), key)
	require.NoError(t, err)
	require.Equal(t, storage.ChecksumOf(was), info.Checksum, "what was stored, not what is there")
	got, _, err := get(t.Context(), s, key, 0, int64(len(was)))
	require.NoError(t, err, "ranges are not checked")
	require.Len(t, got, len(was))

	_, err = storage.ReadAll(t.Context(), s, key, 1<<30)
	requireError(t, err, storage.ErrDamaged, "read", key)
	requireError(t, storage.Verify(t.Context(), s, key), storage.ErrDamaged, "read", key)

	body, _, err := s.Get(t.Context(), key, 0, -1)
	require.NoError(t, err)
	defer body.Close()
	requireEndsInDamage(t, body, key, len(was))
}

// requireEndsInDamage reads in steps that do not fit the size.
func requireEndsInDamage(t *testing.T, r io.Reader, key string, size int) {
	t.Helper()
	read, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, r, make([]byte, 40_093))
	requireError(t, err, storage.ErrDamaged, "read", key)
	require.Less(t, read, int64(size), "the last bytes are not handed out")
	n, err := r.Read(make([]byte, 1))
	require.Zero(t, n)
	require.ErrorIs(t, err, storage.ErrDamaged, "once more")
}

// servedShort sends damaged objects as the API does. Whoever asks hears that the
// answer is not whole.
func servedShort(t *testing.T, s storage.Store, d Damager) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, info, err := s.Get(req.Context(), req.URL.Path[1:], 0, -1)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		defer body.Close()
		w.Header().Set("Content-Length", strconv.FormatInt(info.Size, 10))
		_, _ = io.Copy(w, body)
	}))
	defer server.Close()
	for _, size := range []int{1, 1000, 1_000_000} {
		key := fmt.Sprintf("served/%d", size)
		put(t, s, key, pattern(size, 1))
		got, err := fetch(t, server.URL+"/"+key)
		require.NoError(t, err)
		requireSame(t, pattern(size, 1), got)
		d.Edit(t, key, func(data []byte) []byte {
			data[size/2] ^= 1
			return data
		})
		got, err = fetch(t, server.URL+"/"+key)
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		require.Less(t, len(got), size)
	}
}

func fetch(t *testing.T, url string) ([]byte, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	require.Equal(t, http.StatusOK, resp.StatusCode)
	return io.ReadAll(resp.Body)
}
