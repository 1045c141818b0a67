package planes

import (
	"encoding/binary"
	"math"
	"math/bits"

	"mandelfarm/renderer/bandpng"
	"mandelfarm/renderer/spec"
)

// Bias is what N holds beside the count, as in package exr.
const Bias = 1024

// The steps of the channels.
const (
	FractionSteps  = 1 << 16 // of a count
	DistanceSteps  = 1 << 12 // of an octave
	DirectionSteps = 1 << 12 // of a turn
)

// NoDirection stands for a direction where there is none.
const NoDirection = DirectionSteps

// Content says which channels a file has: a bit for each.
type Content uint8

// The contents. Periods are beside one of the others.
const (
	Counts    Content = 0b00011
	Gradients Content = 0b01111
	Periods   Content = 0b10000
)

// channelPlanes are the planes of each channel.
var channelPlanes = [...]int{2, 4, 3, 2, 4} //nolint:gochecknoglobals // a constant

// channels lists the numbers of the channels.
func (c Content) channels() []int {
	var list []int
	for channel := range channelPlanes {
		if c>>channel&1 == 1 {
			list = append(list, channel)
		}
	}
	return list
}

// PixelBytes is the number of planes.
func (c Content) PixelBytes() int {
	size := 0
	for _, channel := range c.channels() {
		size += channelPlanes[channel]
	}
	return size
}

// Header describes a file.
type Header struct {
	Width, Height int
	Content       Content
	Nu            float64 // of the continuous count 0
}

const magic = "MFD1"

// Parts of the stream that are always the same.
const (
	zlibHeader = "\x78\x01" // deflate, 32 KiB window, fastest compression (RFC 1950, 2.2)
	stored     = "\x00"     // begins a stored block that is not the last (RFC 1951, 3.2.4)
	finalBlock = "\x03\x00" // an empty last block with fixed codes (RFC 1951, 3.2.3)
)

// head is the head before it is packed.
func (h Header) head() []byte {
	data := []byte(magic)
	for _, n := range []int{h.Width, h.Height, h.Content.PixelBytes(), spec.SegmentRows, 0} {
		data = binary.LittleEndian.AppendUint32(data, uint32(n)) //nolint:gosec // sizes of pictures are below 2^31
	}
	return binary.LittleEndian.AppendUint64(data, math.Float64bits(h.Nu))
}

// Head returns everything before the first segment.
func Head(h Header) []byte {
	head := h.head()
	out := []byte(zlibHeader + stored)
	out = binary.LittleEndian.AppendUint16(out, uint16(len(head)))  //nolint:gosec // 32
	out = binary.LittleEndian.AppendUint16(out, ^uint16(len(head))) //nolint:gosec // 32
	return append(out, head...)
}

// Tail returns everything after the last segment. The sum is that of all segments.
func Tail(h Header, all bandpng.Sum) []byte {
	sum := bandpng.SumOf(h.head()).Then(all)
	return binary.BigEndian.AppendUint32([]byte(finalBlock), sum.Adler32())
}

// Pixel is what became of a point that escapes.
type Pixel struct {
	N         uint32  // as in an EXR
	NF        float32 // as in an EXR
	Distance  float64 // log2(1 + 8 d), at least 0 and below 2048
	Direction float64 // in turns, from 0 up to 1; negative if there is none
}

// valueBytes is the memory of a channel's value in a row that is not packed yet.
const valueBytes = 4

// RowSize is the number of bytes of a row that is not packed yet.
func (h Header) RowSize() int { return valueBytes * bits.OnesCount8(uint8(h.Content)) * h.Width }

// Put puts a pixel into a row that is not packed yet.
func (h Header) Put(row []byte, x int, p Pixel) {
	h.put(row, x, [...]uint32{
		p.N >> 16,
		p.N<<16 | uint32(p.NF*FractionSteps),
		uint32(math.Floor(float64(p.Distance*DistanceSteps) + 0.5)),
		direction(p.Direction),
		0,
	})
}

// PutInside puts the pixel of a point that does not escape, of a cycle of that period if it is not 0.
func (h Header) PutInside(row []byte, x int, period uint32) {
	h.put(row, x, [...]uint32{0, 0, 0, 0, period})
}

func (h Header) put(row []byte, x int, values [len(channelPlanes)]uint32) {
	for channel, value := range values {
		if h.Content>>channel&1 == 1 {
			binary.LittleEndian.PutUint32(row[valueBytes*x:], value)
			row = row[valueBytes*h.Width:]
		}
	}
}

func direction(turns float64) uint32 {
	if turns < 0 {
		return NoDirection
	}
	return uint32(math.Floor(float64(turns*DirectionSteps)+0.5)) % DirectionSteps
}
