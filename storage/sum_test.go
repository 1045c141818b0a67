package storage_test

import (
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"mandelfarm/storage"
)

// TestChecksumIsTheStandardsOwn compares with the check value of the CRC-32C
// (RFC 3720, appendix B.4, and every catalogue), and the base64 of it.
func TestChecksumIsTheStandardsOwn(t *testing.T) {
	t.Parallel()
	require.Equal(t, uint32(0xe3069283), crc32.Checksum([]byte("123456789"), crc32.MakeTable(crc32.Castagnoli)))
	require.Equal(t, storage.Checksum("4waSgw=="), storage.ChecksumOf([]byte("123456789")))
	require.Equal(t, storage.Checksum("AAAAAA=="), storage.ChecksumOf(nil))
}

// ExampleSum_Record is what an operator sees beside an object, and makes again
// with any program that knows the CRC-32C.
func ExampleSum_Record() {
	var sum storage.Sum
	_, _ = io.WriteString(&sum, "1234")
	_, _ = io.WriteString(&sum, "56789")
	fmt.Println(sum.Record("renders/a.png"))
	fmt.Println(storage.ChecksumOf([]byte("renders/a.png\x009 4waSgw== ")))
	// Output:
	// 9 4waSgw== EY1wiw==
	// EY1wiw==
}

func TestRecordsRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		key, data := rapid.StringMatching(`[a-z0-9/._-]{1,512}`).Draw(t, "key"), rapid.SliceOf(rapid.Byte()).Draw(t, "data")
		var sum storage.Sum
		for rest := data; len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "n")
			_, _ = sum.Write(rest[:n])
			rest = rest[n:]
		}
		size, checksum, err := storage.ParseRecord(key, sum.Record(key))
		require.NoError(t, err)
		require.Equal(t, int64(len(data)), size)
		require.Equal(t, storage.ChecksumOf(data), checksum)
	})
}

// TestOtherRecordsAreDamaged changes, cuts and lengthens a record, and gives it to
// other keys.
func TestOtherRecordsAreDamaged(t *testing.T) {
	t.Parallel()
	var sum storage.Sum
	_, _ = io.WriteString(&sum, "123456789")
	good := sum.Record("a/b")
	for _, key := range []string{"a/c", "a/b/c", "a", "", "a/b\x00", "a/b\x009 4waSgw== "} {
		requireNoRecord(t, key, good)
	}
	for i := range len(good) {
		requireNoRecord(t, "a/b", good[:i])
		requireNoRecord(t, "a/b", good[:i]+good[i+1:])
		requireNoRecord(t, "a/b", good[:i]+" "+good[i:])
		for bit := range 8 {
			changed := []byte(good)
			changed[i] ^= 1 << bit
			requireNoRecord(t, "a/b", string(changed))
		}
	}
	for _, text := range []string{"", " ", strings.Repeat("0", 10_000), strconv.Itoa(math.MaxInt64), "9 4waSgw==", "x 4waSgw== ", "9  4waSgw== "} {
		requireNoRecord(t, "a/b", text)
		// Sealed, but by nobody who knows what a record is.
		requireNoRecord(t, "a/b", text+string(storage.ChecksumOf([]byte("a/b\x00"+text))))
	}
}

func requireNoRecord(t *testing.T, key, record string) {
	t.Helper()
	_, _, err := storage.ParseRecord(key, record)
	require.ErrorIs(t, err, storage.ErrDamaged, "%q for %q", record, key)
	require.Less(t, len(err.Error()), 1000, "the message repeats a hostile record")
}
