package bandpng_test

import (
	"bytes"
	"errors"
	"image"
	"image/png"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"mandelfarm/renderer/bandpng"
)

// TestSegmentsAreDecodedAlone: in the order of the file, and each from its own bytes.
func TestSegmentsAreDecodedAlone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := bandpng.Header{
			Width: rapid.IntRange(1, 70).Draw(t, "width"), Height: rapid.IntRange(1, 30).Draw(t, "height"),
			Format: bandpng.Format(rapid.IntRange(0, int(bandpng.Gray16)).Draw(t, "format")),
		}
		if h.Format == bandpng.Indexed8 {
			h.Palette = make([][3]uint8, 256)
		}
		const height = 8
		stride := h.Format.Stride(h.Width)
		pixels := rapid.SliceOfN(rapid.ByteRange(0, 3), stride*h.Height, stride*h.Height).Draw(t, "pixels")
		file := bandpng.Head(h)
		var encoder bandpng.Encoder
		var all bandpng.Sum
		for rest := pixels; len(rest) > 0; {
			n := min(len(rest), height*stride)
			var sum bandpng.Sum
			file, sum = encoder.AppendSegment(file, h.Format, h.Width, rest[:n])
			all, rest = all.Then(sum), rest[n:]
		}
		file = append(file, bandpng.Tail(all)...)

		segments, err := bandpng.NewSegments(bytes.NewReader(file), height)
		require.NoError(t, err)
		var starts []int64
		var got []byte
		for {
			at, part, err := segments.Next()
			starts = append(starts, at)
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err)
			got = append(got, part...)
		}
		require.Equal(t, pixels, got)
		for i := range len(starts) - 1 {
			want := pixels[i*height*stride : min(len(pixels), (i+1)*height*stride)]
			part, err := segments.Header.Unpack(file[starts[i]:starts[i+1]], len(want)/stride)
			require.NoError(t, err)
			require.Equal(t, want, part)
		}
	})
}

// TestSegmentsOfOthersAreRefused: in a PNG that others wrote nothing says where a row begins.
func TestSegmentsOfOthersAreRefused(t *testing.T) {
	t.Parallel()
	var file bytes.Buffer
	require.NoError(t, png.Encode(&file, image.NewGray(image.Rect(0, 0, 40, 40))))
	_, err := bandpng.NewSegments(&file, 8)
	require.ErrorIs(t, err, bandpng.ErrFormat)
	for _, chunk := range []string{"", "short", "\x00\x00\x00\x01IDATx\x00\x00\x00\x00", "\xff\xff\xff\xffIDATx\x00\x00\x00\x00"} {
		_, err := bandpng.Header{Width: 4, Height: 4, Format: bandpng.Gray8}.Unpack([]byte(chunk), 4)
		assert.ErrorIs(t, err, bandpng.ErrFormat, "%q", chunk)
	}
}
