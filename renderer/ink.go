package renderer

import (
	"encoding/binary"
	"math"
	"slices"
	"strconv"

	"mandelfarm/renderer/bandpng"
	"mandelfarm/renderer/escape"
	"mandelfarm/renderer/palette"
)

// The formats that only an ink chooses.
const (
	Indexed8 = bandpng.Indexed8
	RGB16    = bandpng.RGB16
)

// ink is the colouring by a palette: its table with the colour of the interior behind it, in the form in which a format
// stores it.
type ink struct {
	format  Format
	palette [][3]uint8 // of Indexed8
	places  int        // in the palette; the interior has the next
	table   []uint64   // of channels: red in the lowest byte, or the lowest 16 bits; one channel where the format has one
	scale   float64    // places per turn of the method
	offset  float64    // places, from 0 to one turn if cyclic
	cyclic  bool
	method  Method
	bits    float64 // log2 of the power of z
	relief  *relief // nil but for MethodSlope
	// histogram is that of MethodHistogram, once it is computed.
	histogram *Histogram
}

// newInk prepares the colouring of a normalised Spec.
func newInk(s Spec) *ink {
	depth := max(8, s.Depth)
	colors := s.Coloring.table(depth)
	if s.Coloring.Steps > 0 {
		colors = colors.Cut(s.Coloring.Steps)
	}
	n := &ink{
		places: len(colors), cyclic: s.Coloring.Cyclic != Off,
		method: s.Coloring.Method, bits: escape.Log2(float64(max(2, s.Power))),
	}
	turns := s.Coloring.Offset.Float64()
	if n.cyclic {
		turns -= math.Floor(turns)
	}
	n.offset = float64(turns * float64(n.places))
	n.scale = float64(s.Coloring.Density.Float64() * float64(n.places))
	if n.method == MethodSlope {
		n.relief = newRelief(s.Coloring)
	}
	n.fill(append(slices.Clip(colors), s.Coloring.Interior.channels(depth)), depth, s.Samples)
	return n
}

// channels returns a colour in canonical form at a depth of 8 or 16 bits.
func (c Color) channels(depth int) palette.Color {
	value, err := strconv.ParseUint(string(c[1:]), 16, 24)
	if err != nil {
		panic("renderer: colour is not normalised: " + err.Error())
	}
	color := palette.Color{uint16(value >> 16 & 255), uint16(value >> 8 & 255), uint16(value & 255)}
	if depth == 16 {
		for channel := range color {
			color[channel] *= 0x101
		}
	}
	return color
}

// fill chooses the format that suffices for the colours and makes the table in it. A picture of one sample has no
// colours besides these; the means of more samples are gray where all colours are.
func (n *ink) fill(colors palette.Table, depth, samples int) {
	switch {
	case depth == 16:
		n.format = RGB16
		n.table = pack(colors, 16)
	case isGray(colors):
		n.format = Gray8
		n.table = pack(colors, 0)
		for i := range n.table {
			n.table[i] &= 255
		}
	default:
		n.format = RGB8
		if samples == 1 && n.relief == nil && n.index(colors) {
			n.format = Indexed8
			return
		}
		n.table = pack(colors, 8)
	}
}

// index makes a table of indices, and the palette they are for in the order of first use. It reports false if there are
// more than 256 colours.
func (n *ink) index(colors palette.Table) bool {
	const most = 256
	var list [][3]uint8
	numbers := map[palette.Color]uint64{}
	n.table = make([]uint64, len(colors))
	for i, color := range colors {
		if i > 0 && color == colors[i-1] {
			n.table[i] = n.table[i-1]
			continue
		}
		number, known := numbers[color]
		if !known {
			if len(list) == most {
				return false
			}
			number = uint64(len(list))
			numbers[color] = number
			list = append(list, [3]uint8{byte(color[0] & 255), byte(color[1] & 255), byte(color[2] & 255)})
		}
		n.table[i] = number
	}
	n.palette = list
	return true
}

// pack puts channels into words, so many bits from one to the next.
func pack(colors palette.Table, bits int) []uint64 {
	table := make([]uint64, len(colors))
	for i, color := range colors {
		table[i] = uint64(color[0]) | uint64(color[1])<<bits | uint64(color[2])<<(2*bits)
	}
	return table
}

func isGray(colors palette.Table) bool {
	for _, color := range colors {
		if color[0] != color[1] || color[0] != color[2] {
			return false
		}
	}
	return true
}

// shade writes colours of the table, or between them.
func (n *ink) shade(dst []byte, colors []uint64) {
	switch n.format {
	case RGB8:
		last := len(colors) - 1
		for i, color := range colors[:last] {
			binary.LittleEndian.PutUint32(dst[3*i:], uint32(color)) //nolint:gosec // the next pixel covers the fourth byte
		}
		color := colors[last]
		dst[3*last], dst[3*last+1], dst[3*last+2] = byte(color&255), byte(color>>8&255), byte(color>>16&255)
	case RGB16:
		for i, color := range colors {
			binary.BigEndian.PutUint16(dst[6*i:], uint16(color&0xffff))
			binary.BigEndian.PutUint16(dst[6*i+2:], uint16(color>>16&0xffff))
			binary.BigEndian.PutUint16(dst[6*i+4:], uint16(color>>32&0xffff))
		}
	case Gray1, Gray8, Indexed8:
		for i, color := range colors {
			dst[i] = byte(color & 255)
		}
	}
}

// addSquares adds the squares of the colours' channels.
func (n *ink) addSquares(sums, colors []uint64) {
	if n.format == Gray8 {
		for i, color := range colors {
			sums[i] += color * color
		}
		return
	}
	bits, mask := 8, uint64(1<<8-1)
	if n.format == RGB16 {
		bits, mask = 16, 1<<16-1
	}
	for i, color := range colors {
		red, green, blue := color&mask, color>>(bits&63)&mask, color>>(2*bits&63)&mask
		sum := sums[3*i : 3*i+3 : 3*i+3]
		sum[0] += red * red
		sum[1] += green * green
		sum[2] += blue * blue
	}
}
