package bandpng_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/renderer/bandpng"
)

func inflateZlib(t *testing.T, stream []byte) []byte {
	t.Helper()
	r, err := zlib.NewReader(bytes.NewReader(stream))
	require.NoError(t, err)
	data, err := io.ReadAll(r)
	require.NoError(t, err)
	return data
}

// deflated is a zlib stream of the data.
func deflated(data string) []byte {
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	_, _ = w.Write([]byte(data)) // to memory
	_ = w.Close()
	return out.Bytes()
}

// ihdr is the data of a header chunk. The rest is depth, colour type, compression, filter and interlacing.
func ihdr(width, height uint32, rest ...byte) []byte {
	data := binary.BigEndian.AppendUint32(nil, width)
	return append(binary.BigEndian.AppendUint32(data, height), rest...)
}

// gray is the header of a picture of 2x2 gray pixels, and its rows by no filter.
func gray() []byte { return ihdr(2, 2, 8, 0, 0, 0, 0) }

const grayRows = "\x00ab\x00cd"

// fileOf puts chunks together.
func fileOf(chunks ...chunk) []byte {
	file := []byte(signature)
	for _, c := range chunks {
		file = c.append(file)
	}
	return file
}

// damage changes a bit where a word stands in a file.
func damage(file []byte, word string) []byte {
	file[bytes.Index(file, []byte(word))] ^= 1
	return file
}

// TestHostileFiles: every chunk but one has its checksum, and still the file is none. Each error says what is wrong.
func TestHostileFiles(t *testing.T) {
	t.Parallel()
	pixels := chunk{"IDAT", deflated(grayRows)}
	end := chunk{"IEND", nil}
	with := func(h []byte) []byte { return fileOf(chunk{"IHDR", h}, pixels, end) }
	long := bytes.Repeat([]byte("x"), 9<<20)
	for name, c := range map[string]struct {
		file []byte
		says string
	}{
		"no IHDR":               {fileOf(pixels, end), `begins with the chunk "IDAT"`},
		"text before IHDR":      {fileOf(chunk{"tEXt", nil}, chunk{"IHDR", gray()}, pixels, end), `begins with the chunk "tEXt"`},
		"two of IHDR":           {fileOf(chunk{"IHDR", gray()}, chunk{"IHDR", gray()}, pixels, end), `unknown chunk "IHDR"`},
		"short IHDR":            {with(gray()[:12]), "has a header that is none"},
		"empty IHDR":            {with(nil), "has a header that is none"},
		"long IHDR":             {with(append(gray(), 0)), `a chunk "IHDR" of 14 bytes`},
		"compression":           {with(ihdr(2, 2, 8, 0, 1, 0, 0)), "has a header that is none"},
		"filter method":         {with(ihdr(2, 2, 8, 0, 0, 1, 0)), "has a header that is none"},
		"interlace method":      {with(ihdr(2, 2, 8, 0, 0, 0, 2)), "has a header that is none"},
		"interlaced":            {with(ihdr(2, 2, 8, 0, 0, 0, 1)), "is interlaced"},
		"no width":              {with(ihdr(0, 2, 8, 0, 0, 0, 0)), "is 0 by 2 pixels"},
		"no height":             {with(ihdr(2, 0, 8, 0, 0, 0, 0)), "is 2 by 0 pixels"},
		"too wide":              {with(ihdr(1<<31, 2, 8, 0, 0, 0, 0)), "is 2147483648 by 2 pixels"},
		"too high":              {with(ihdr(2, 1<<32-1, 8, 0, 0, 0, 0)), "is 2 by 4294967295 pixels"},
		"long rows":             {with(ihdr(1<<24+1, 1, 8, 0, 0, 0, 0)), "rows of more than 16777216 bytes"},
		"no palette":            {with(ihdr(2, 2, 8, 3, 0, 0, 0)), "has no palette"},
		"empty palette":         {fileOf(chunk{"IHDR", ihdr(2, 2, 8, 3, 0, 0, 0)}, chunk{"PLTE", nil}, pixels, end), "has no palette"},
		"257 colours":           {fileOf(chunk{"IHDR", gray()}, chunk{"PLTE", make([]byte, 3*257)}, pixels, end), `a chunk "PLTE" of 771 bytes`},
		"unknown critical":      {fileOf(chunk{"IHDR", gray()}, chunk{"QuIZ", nil}, pixels, end), `unknown chunk "QuIZ"`},
		"no type":               {fileOf(chunk{"IHDR", gray()}, chunk{"ID\x00T", nil}, pixels, end), "of a type that is none"},
		"IEND before pixels":    {fileOf(chunk{"IHDR", gray()}, end), `unknown chunk "IEND"`},
		"too much text":         {fileOf(chunk{"IHDR", gray()}, chunk{"iTXt", long}, chunk{"iTXt", long}, pixels, end), `a chunk "iTXt" of 9437184 bytes`},
		"text between pixels":   {fileOf(chunk{"IHDR", gray()}, chunk{"IDAT", pixels.data[:5]}, chunk{"tEXt", nil}, chunk{"IDAT", pixels.data[5:]}, end), "ends too early"},
		"no zlib":               {fileOf(chunk{"IHDR", gray()}, chunk{"IDAT", []byte("\x00\x00\x00")}, end), "is damaged: zlib: invalid header"},
		"dictionary":            {fileOf(chunk{"IHDR", gray()}, chunk{"IDAT", []byte("\x78\x20\x00\x00\x00\x02")}, end), "is damaged: zlib"},
		"wrong Adler-32":        {fileOf(chunk{"IHDR", gray()}, chunk{"IDAT", append(deflated(grayRows)[:len(pixels.data)-1], 0xff)}, end), "is damaged: zlib: invalid checksum"},
		"no Adler-32":           {fileOf(chunk{"IHDR", gray()}, chunk{"IDAT", pixels.data[:len(pixels.data)-4]}, end), "ends too early"},
		"a row too few":         {fileOf(chunk{"IHDR", gray()}, chunk{"IDAT", deflated(grayRows[:3])}, end), "row 1: damaged"},
		"half a row too few":    {fileOf(chunk{"IHDR", gray()}, chunk{"IDAT", deflated(grayRows[:5])}, end), "row 1: damaged"},
		"a byte too many":       {fileOf(chunk{"IHDR", gray()}, chunk{"IDAT", deflated(grayRows + "\x00")}, end), "has not as many rows as it says"},
		"filter 5":              {fileOf(chunk{"IHDR", gray()}, chunk{"IDAT", deflated("\x00ab\x05cd")}, end), "row 1: damaged, or no PNG of a known kind: it has a row with filter 5"},
		"text's checksum":       {damage(fileOf(chunk{"IHDR", gray()}, chunk{"tEXt", []byte("text")}, pixels, end), "text"), `a chunk "tEXt" fails its checksum`},
		"no IEND":               {fileOf(chunk{"IHDR", gray()}, pixels), "ends too early"},
		"text but no IEND":      {fileOf(chunk{"IHDR", gray()}, pixels, chunk{"tEXt", nil}), "ends too early"},
		"chunk of 2^31 bytes":   {append(fileOf(chunk{"IHDR", gray()}), "\x80\x00\x00\x00IDAT"...), "has a chunk of 2147483648 bytes"},
		"text of 2^31-1 bytes":  {append(fileOf(chunk{"IHDR", gray()}), "\x7f\xff\xff\xffiTXt"...), `a chunk "iTXt" of 2147483647 bytes`},
		"pixels that never end": {append(fileOf(chunk{"IHDR", gray()}), "\x7f\xff\xff\xffIDAT\x78\x01"...), "ends too early"},
	} {
		_, _, err := read(bytes.NewReader(c.file))
		require.ErrorIs(t, err, bandpng.ErrFormat, name)
		assert.ErrorContains(t, err, c.says, name)
	}
}

// TestKindsOfPixels: of all depths and colour types five are read.
func TestKindsOfPixels(t *testing.T) {
	t.Parallel()
	known := map[[2]byte]bandpng.Format{
		{1, 0}: bandpng.Gray1, {8, 0}: bandpng.Gray8, {8, 3}: bandpng.Indexed8, {8, 2}: bandpng.RGB8, {16, 2}: bandpng.RGB16, {16, 0}: bandpng.Gray16,
	}
	for depth := range byte(20) {
		for kind := range byte(8) {
			reader, err := bandpng.NewReader(bytes.NewReader(fileOf(
				chunk{"IHDR", ihdr(2, 2, depth, kind, 0, 0, 0)}, chunk{"PLTE", make([]byte, 3)}, chunk{"IDAT", deflated("")})))
			want, ok := known[[2]byte{depth, kind}]
			if !ok {
				require.ErrorIs(t, err, bandpng.ErrFormat, "%d bits of type %d", depth, kind)
				continue
			}
			require.NoError(t, err)
			assert.Equal(t, want, reader.Header.Format)
		}
	}
}

// TestUnusualFiles are valid, though nothing here writes them.
func TestUnusualFiles(t *testing.T) {
	t.Parallel()
	stream := deflated(grayRows)
	var bytewise []chunk
	for i := range stream {
		bytewise = append(bytewise, chunk{"IDAT", stream[i : i+1]}, chunk{"IDAT", nil})
	}
	begin, end := chunk{"IHDR", gray()}, chunk{"IEND", nil}
	for name, file := range map[string][]byte{
		"a byte a chunk":     fileOf(append(append([]chunk{begin}, bytewise...), end)...),
		"empty first IDAT":   fileOf(begin, chunk{"IDAT", nil}, chunk{"IDAT", stream}, end),
		"others' chunks":     fileOf(begin, chunk{"gAMA", make([]byte, 4)}, chunk{"tEXt", make([]byte, 9000)}, chunk{"IDAT", stream}, chunk{"tIME", make([]byte, 7)}, end),
		"suggested palette":  fileOf(begin, chunk{"PLTE", nil}, chunk{"IDAT", stream}, end),
		"more behind IEND":   append(fileOf(begin, chunk{"IDAT", stream}, end), "anything"...),
		"more behind pixels": fileOf(begin, chunk{"IDAT", append(bytes.Clone(stream), "anything"...)}, end),
	} {
		header, pix, err := read(bytes.NewReader(file))
		require.NoError(t, err, name)
		assert.Equal(t, bandpng.Header{Width: 2, Height: 2, Format: bandpng.Gray8}, header, name)
		assert.Equal(t, "abcd", string(pix), name)
	}
}

// TestTextsOfOthers: what is compressed or in a language of its own is passed over, and what has no end is no text.
func TestTextsOfOthers(t *testing.T) {
	t.Parallel()
	var texts []chunk
	for _, data := range []string{
		"first\x00\x00\x00\x00\x00kept", "packed\x00\x01\x00\x00\x00x\x9c", "tongue\x00\x00\x00de\x00\x00Text", "translated\x00\x00\x00\x00Wort\x00Text",
		"endless", "endless\x00\x00\x00", "", "last\x00\x00\x00\x00\x00a\x00b",
	} {
		texts = append(texts, chunk{"iTXt", []byte(data)})
	}
	all := append([]chunk{{"IHDR", gray()}}, texts...)
	header, _, err := read(bytes.NewReader(fileOf(append(all, chunk{"IDAT", deflated(grayRows)}, chunk{"IEND", nil})...)))
	require.NoError(t, err)
	assert.Equal(t, []bandpng.Text{{"first", "kept"}, {"tongue", "Text"}, {"translated", "Text"}, {"last", "a\x00b"}}, header.Text)
}

// TestSmallFilesTakeLittleMemory whatever they claim: texts, rows and chunks are read as they come.
func TestSmallFilesTakeLittleMemory(t *testing.T) { //nolint:paralleltest // it counts the bytes that all goroutines allocate
	begin := fileOf(chunk{"IHDR", gray()})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, claim := range []string{"\x01\x00\x00\x00iTXt", "\x7f\xff\xff\xffteXT", "\x7f\xff\xff\xffIDAT"} {
		_, _, err := read(io.MultiReader(bytes.NewReader(begin), strings.NewReader(claim+"text")))
		require.ErrorIs(t, err, bandpng.ErrFormat)
	}
	runtime.ReadMemStats(&after)
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20))
}

// TestFailedRows: a row that fails does so again, and Close does not call the file whole.
func TestFailedRows(t *testing.T) {
	t.Parallel()
	reader, err := bandpng.NewReader(bytes.NewReader(fileOf(
		chunk{"IHDR", gray()}, chunk{"IDAT", deflated(grayRows[:3])}, chunk{"IEND", nil})))
	require.NoError(t, err)
	row := make([]byte, 2)
	require.NoError(t, reader.ReadRow(row))
	assert.Equal(t, "ab", string(row))
	for range 2 {
		require.ErrorIs(t, reader.ReadRow(row), bandpng.ErrFormat)
	}
	require.ErrorIs(t, reader.Close(), bandpng.ErrFormat)

	reader, err = bandpng.NewReader(bytes.NewReader(fileOf(
		chunk{"IHDR", gray()}, chunk{"IDAT", deflated(grayRows)}, chunk{"IEND", nil})))
	require.NoError(t, err)
	require.ErrorIs(t, reader.Close(), bandpng.ErrFormat, "the rows have not been read")
}
