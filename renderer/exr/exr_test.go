package exr_test

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"mandelfarm/renderer/exr"
)

// TestHalf: every half is its own nearest, and what lies between two goes to the nearer, or the even one.
func TestHalf(t *testing.T) {
	t.Parallel()
	value := func(h uint16) float64 {
		exponent, mantissa := int(h>>10), float64(h&1023)
		if exponent == 0 {
			return math.Ldexp(mantissa, -24)
		}
		return math.Ldexp(1024+mantissa, exponent-25)
	}
	for h := range uint16(0x7bff) {
		low, high := value(h), value(h+1)
		middle := (low + high) / 2
		require.Equal(t, h, exr.Half(low))
		require.Equal(t, h, exr.Half(math.Nextafter(middle, 0)))
		require.Equal(t, h+1, exr.Half(math.Nextafter(middle, 1e9)))
		require.Equal(t, h+h&1, exr.Half(middle), "%v", middle)
	}
	assert.Equal(t, uint16(0x3c00), exr.Half(1))
	assert.Equal(t, uint16(0x7bff), exr.Half(65504))
}

// TestLinesHaveTheirPlaces: what is put into a line is where the order of the channels has it, and touches nothing else.
func TestLinesHaveTheirPlaces(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(1, 50).Draw(t, "width")
		x := rapid.IntRange(0, width-1).Draw(t, "x")
		channels := exr.Channels{Undecided: rapid.Bool().Draw(t, "with undecided")}
		data := make([]byte, channels.LineSize(width))
		line := exr.NewLine(data, 7, channels)
		line.SetColor(x, exr.Color{R: 0x0201, G: 0x0403, B: 0x0605})
		line.SetEscape(x, exr.Escape{N: 77, NF: 0.5, T: 0.25, DEX: -3, DEY: 4})
		want := make([]byte, 0, len(data))
		word := binary.LittleEndian.AppendUint32
		size, rest := 26, []byte(nil)
		if channels.Undecided {
			line.SetUndecided(x, true)
			size, rest = 28, []byte{0, 0x3c}
		}
		want = word(word(want, 7), uint32(size*width))
		for _, channel := range [][]byte{
			{5, 6},
			word(nil, math.Float32bits(-3)), word(nil, math.Float32bits(4)),
			{3, 4},
			word(nil, 77), word(nil, math.Float32bits(0.5)),
			{1, 2},
			word(nil, math.Float32bits(0.25)),
			rest,
		} {
			plane := make([]byte, len(channel)*width)
			copy(plane[len(channel)*x:], channel)
			want = append(want, plane...)
		}
		require.Equal(t, want, data)
	})
}

// TestHeadHasTheSizeOfItsOffsets: the first line begins where the head ends, and each where the one before it ends.
func TestHeadHasTheSizeOfItsOffsets(t *testing.T) {
	t.Parallel()
	for _, height := range []int{1, 2, 1000} {
		head := exr.Head(exr.Header{Width: 30_000_000, Height: height, Iterations: 5, Text: []exr.Text{{Name: "a", Value: "b"}}})
		table := head[len(head)-8*height:]
		want := uint64(len(head))
		for y := range height {
			require.Equal(t, want, binary.LittleEndian.Uint64(table[8*y:]), "line %d", y)
			want += uint64(exr.Channels{}.LineSize(30_000_000))
		}
	}
	assert.LessOrEqual(t, exr.Channels{Undecided: true}.LineSize(exr.MaxWidth)-8, math.MaxInt32)
	assert.Greater(t, exr.Channels{Undecided: true}.LineSize(exr.MaxWidth+1)-8, math.MaxInt32)
}
