package bandpng_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/renderer/bandpng"
)

// textChunk is a chunk of a PNG.
func textChunk(kind, data string) string {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	out = append(out, kind+data...)
	return string(binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE([]byte(kind+data))))
}

// withTexts is a file with chunks between its head and its pixels.
func withTexts(chunks string) []byte {
	var pool bandpng.Pool
	header := bandpng.Header{Width: 9, Height: 5, Format: bandpng.Gray8}
	data := file(pool.Get(), header, picture(header.Format, 9, 5))
	at := bytes.Index(data, []byte("IDAT")) - 4
	return append(append(bytes.Clone(data[:at]), chunks...), data[at:]...)
}

// TestTextsInEveryForm: other programs write texts as they like, compressed or not.
func TestTextsInEveryForm(t *testing.T) {
	t.Parallel()
	reader, err := bandpng.NewReader(bytes.NewReader(withTexts(
		textChunk("tEXt", "a\x00caf\xe9") +
			textChunk("zTXt", "b\x00\x00"+string(deflated("tap\xe9"))) +
			textChunk("iTXt", "c\x00\x00\x00de\x00wort\x00π") +
			textChunk("iTXt", "d\x00\x01\x00\x00\x00"+string(deflated("ππ"))) +
			// None of these is a text.
			textChunk("tEXt", "no keyword") + textChunk("zTXt", "x\x00\x07"+string(deflated("?"))) + textChunk("zTXt", "x\x00\x00damaged") +
			textChunk("zTXt", "x\x00") + textChunk("iTXt", "x\x00") + textChunk("iTXt", "x\x00\x02\x00\x00\x00?") + textChunk("iTXt", "x\x00\x01\x00no ends"),
	)))
	require.NoError(t, err)
	assert.Equal(t, []bandpng.Text{{"a", "café"}, {"b", "tapé"}, {"c", "π"}, {"d", "ππ"}}, reader.Header.Text)
}

// TestTextBombs: what inflates to more than there may be, alone or together, is refused.
func TestTextBombs(t *testing.T) {
	t.Parallel()
	for _, size := range []int{1 << 20, 16 << 20, 18 << 20, 64 << 20} {
		stream := string(deflated(strings.Repeat("a", size)))
		for _, chunk := range []string{textChunk("zTXt", "x\x00\x00"+stream), textChunk("iTXt", "x\x00\x01\x00\x00\x00"+stream)} {
			_, err := bandpng.NewReader(bytes.NewReader(withTexts(chunk)))
			if size <= 16<<20 {
				require.NoError(t, err)
				_, err = bandpng.NewReader(bytes.NewReader(withTexts(strings.Repeat(chunk, 18))))
			}
			require.ErrorIs(t, err, bandpng.ErrFormat, "%d bytes", size)
		}
	}
}
