package bandpng

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestLongChunksAreCut reads the chunks back: their data together is the data given, and no chunk exceeds the limit.
func TestLongChunksAreCut(t *testing.T) {
	t.Parallel()
	data := bytes.Repeat([]byte("0123456789"), 10)
	for _, limit := range []int{1, 7, 50, 99, 100, 1000} {
		out := append([]byte("before\x00\x00\x00\x00IDAT"), data...)
		out = closeChunks(out, len("before"), limit)
		require.Equal(t, "before", string(out[:6]))
		var got []byte
		for rest := out[6:]; len(rest) > 0; {
			size := int(binary.BigEndian.Uint32(rest))
			require.LessOrEqual(t, size, limit)
			require.Equal(t, "IDAT", string(rest[4:8]))
			got = append(got, rest[8:8+size]...)
			assert.Equal(t, crc32.ChecksumIEEE(rest[4:8+size]), binary.BigEndian.Uint32(rest[8+size:]))
			rest = rest[8+size+4:]
		}
		assert.Equal(t, data, got, "limit %d", limit)
	}
}
