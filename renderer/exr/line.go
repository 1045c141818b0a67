package exr

import (
	"encoding/binary"
	"math"
)

const (
	// Bias is what N has besides the count, so that no count is 0, which would be a pixel without data.
	Bias = 1024
	// Inside is the N of points that do not escape.
	Inside = 0xffff_ffff
	// MaxWidth is the width that a line's size has room for.
	MaxWidth = math.MaxInt32 / (pixelSize + halfSize)
)

// Bytes of a pixel in each type of channel, and in all that every file has.
const (
	halfSize  = 2
	wordSize  = 4
	pixelSize = 3*halfSize + 5*wordSize
	chunkHead = 2 * wordSize // y and size
)

// Where channels begin in a line, in bytes per pixel before them.
const (
	offsetB   = 0
	offsetDEX = offsetB + halfSize
	offsetDEY = offsetDEX + wordSize
	offsetG   = offsetDEY + wordSize
	offsetN   = offsetG + halfSize
	offsetNF  = offsetN + wordSize
	offsetR   = offsetNF + wordSize
	offsetT   = offsetR + halfSize
	offsetU   = offsetT + wordSize
)

// LineSize returns the number of bytes of a line of the given width.
func (c Channels) LineSize(width int) int { return chunkHead + c.pixelSize()*width }

func (c Channels) pixelSize() int {
	if c.Undecided {
		return pixelSize + halfSize
	}
	return pixelSize
}

// Line is a line of a file, of LineSize bytes.
type Line struct {
	data     []byte // of the channels
	width    int
	channels Channels
}

// NewLine makes a line of data, whose pixels are those that it has, and says which it is.
func NewLine(data []byte, y int, channels Channels) Line {
	data, pixels := data[:chunkHead], data[chunkHead:]
	binary.LittleEndian.PutUint32(data, uint32(y))                      //nolint:gosec // a row
	binary.LittleEndian.PutUint32(data[wordSize:], uint32(len(pixels))) //nolint:gosec // see MaxWidth
	return Line{data: pixels, width: len(pixels) / channels.pixelSize(), channels: channels}
}

// Color is a colour in linear light, each channel a half.
type Color struct{ R, G, B uint16 }

// SetColor sets the channels R, G and B of a pixel.
func (l Line) SetColor(x int, c Color) {
	l.half(offsetR, x, c.R)
	l.half(offsetG, x, c.G)
	l.half(offsetB, x, c.B)
}

// Escape is how a point escapes: the channels besides its colour.
type Escape struct {
	N        uint32
	NF, T    float32
	DEX, DEY float32
}

// SetEscape sets the channels N, NF, T, DEX and DEY of a pixel.
func (l Line) SetEscape(x int, e Escape) {
	if l.channels.Counts == FloatCounts {
		e.N = math.Float32bits(float32(e.N))
	}
	l.word(offsetN, x, e.N)
	l.word(offsetNF, x, math.Float32bits(e.NF))
	l.word(offsetT, x, math.Float32bits(e.T))
	l.word(offsetDEX, x, math.Float32bits(e.DEX))
	l.word(offsetDEY, x, math.Float32bits(e.DEY))
}

// SetUndecided sets the channel of that name, of lines that have it, to 1 or 0.
func (l Line) SetUndecided(x int, undecided bool) {
	const one = 0x3c00
	if undecided {
		l.half(offsetU, x, one)
	} else {
		l.half(offsetU, x, 0)
	}
}

func (l Line) half(offset, x int, value uint16) {
	binary.LittleEndian.PutUint16(l.data[offset*l.width+halfSize*x:], value)
}

func (l Line) word(offset, x int, value uint32) {
	binary.LittleEndian.PutUint32(l.data[offset*l.width+wordSize*x:], value)
}

// Half returns the half that is nearest to x, which is from 0 to 65504, and of two the even one.
func Half(x float64) uint16 {
	const (
		mantissaBits = 10
		bias         = 15
		least        = -14 // exponent of the least normal number
	)
	if x == 0 {
		return 0
	}
	_, exponent := math.Frexp(x) // x is from 1/2 to 1 times 2^exponent
	exponent = max(exponent-1, least)
	units := math.RoundToEven(math.Ldexp(x, mantissaBits-exponent)) // a mantissa that is all ones may become the next power of 2
	return uint16(exponent+bias-1)<<mantissaBits + uint16(units)    //nolint:gosec // at most 0x7bff
}
