package npy_test

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"mandelfarm/renderer/npy"
)

// TestHead compares with what numpy.save writes before an array of that shape.
func TestHead(t *testing.T) {
	t.Parallel()
	want := "\x93NUMPY\x01\x00\x76\x00{'descr': '<f8', 'fortran_order': False, 'shape': (200, 300), }" + strings.Repeat(" ", 54) + "\n"
	assert.Equal(t, want, string(npy.Head(300, 200)))
	want = "\x93NUMPY\x01\x00\x76\x00{'descr': [('nu', '<f8'), ('sure', '|b1')], 'fortran_order': False, 'shape': (200, 300), }" + strings.Repeat(" ", 27) + "\n"
	assert.Equal(t, want, string(npy.Pair{Number: "nu", Truth: "sure"}.Head(300, 200)))
}

// TestDataIsAligned whatever the size, and the length that the head says is true.
func TestDataIsAligned(t *testing.T) {
	t.Parallel()
	for _, size := range []int{1, 99, 12345, math.MaxInt32} {
		head := npy.Head(size, size)
		assert.Len(t, head, 128)
		assert.Equal(t, len(head)-10, int(binary.LittleEndian.Uint16(head[8:])))
		assert.Equal(t, byte('\n'), head[len(head)-1])
	}
}

func TestPutIsLittleEndian(t *testing.T) {
	t.Parallel()
	data := make([]byte, npy.Size)
	npy.Put(data, 1)
	assert.Equal(t, []byte{0, 0, 0, 0, 0, 0, 0xf0, 0x3f}, data)
	pair := []byte{9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9}
	npy.PutPair(pair, 1, true)
	npy.PutPair(pair[npy.PairSize:], 1, false)
	assert.Equal(t, []byte{0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 1, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0}, pair)
}
