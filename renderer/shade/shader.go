package shade

import (
	"encoding/binary"
	"math"
	"slices"

	"mandelfarm/renderer/bandpng"
	"mandelfarm/renderer/elementary"
	"mandelfarm/renderer/palette"
	"mandelfarm/renderer/spec"
)

// Shader is the colouring of a picture. Its table holds the palette's colours with that of the interior behind them, in the
// form in which the format stores them.
type Shader struct {
	format    bandpng.Format
	palette   [][3]uint8 // of Indexed8
	places    int        // in the palette; the interior has the next
	table     []uint64   // of channels: red in the lowest byte, or the lowest 16 bits; one channel where the format has one
	scale     float64    // places per turn of the method
	offset    float64    // places, from 0 to one turn if cyclic
	cyclic    bool
	method    spec.Method
	samples   int        // points per pixel
	bits      float64    // log2 of the power of z
	whole     *whole     // nil but for depths of whole counts
	relief    *relief    // nil but for MethodSlope
	spread    *spread    // nil where turns are of the depth's root alone
	histogram *Histogram // of colours that see ranks, once it is computed
}

// New prepares the colouring of a picture.
func New(s spec.Spec) *Shader {
	n := &Shader{
		cyclic: s.Coloring.Cyclic != spec.Off, method: s.Coloring.Method, samples: s.Samples,
		bits: elementary.Log2(float64(max(2, s.Power))),
	}
	if n.method == spec.MethodSet {
		n.format = bandpng.Gray1
		if n.samples > 1 || s.Depth == 8 {
			n.format = bandpng.Gray8
		}
		return n
	}
	depth := max(8, s.Depth)
	colors := palette.New(s.Coloring.Palette, depth, n.cyclic)
	if s.Coloring.Steps > 0 {
		colors = colors.Cut(s.Coloring.Steps)
	}
	n.places = len(colors)
	turns := s.Coloring.Offset.Float64()
	if n.cyclic {
		turns -= math.Floor(turns)
	}
	n.offset = float64(turns * float64(n.places))
	n.scale = float64(s.Coloring.Density.Float64() * float64(n.places))
	n.whole = newWhole(s, n.bits)
	n.spread = newSpread(s.Coloring, n.bits)
	if n.method == spec.MethodSlope {
		n.relief = newRelief(s.Coloring)
	}
	colors = append(slices.Clip(colors), channels(s.Coloring.Interior, depth))
	gray := isGray(colors)
	if depth == 16 {
		gray = s.Coloring.IsGray() // which decides the ID as well
	}
	n.fill(colors, depth, gray)
	return n
}

// Format is the layout of the picture's pixels. MethodSet gives Gray1 with one sample per pixel, and Gray8 with more or where a
// depth of 8 is asked for. Of the others, a palette and an interior that are gray give Gray8, and Gray16 at depth 16, which
// otherwise gives RGB16; Indexed8 serves where there are at most 256 colours and a pixel has one sample; and RGB8 the rest.
func (n *Shader) Format() bandpng.Format { return n.format }

// Palette returns the colours of Indexed8, and nil for other formats.
func (n *Shader) Palette() [][3]uint8 { return n.palette }

// UseHistogram gives a Shader whose colours see ranks what it has to know before it shades anything.
func (n *Shader) UseHistogram(h *Histogram) {
	n.histogram = h
	if n.spread != nil && h != nil {
		n.spread.use(h)
	}
}

// channels returns a colour at a depth of 8 or 16 bits.
func channels(c spec.Color, depth int) palette.Color {
	var color palette.Color
	for i, value := range c.RGB() {
		color[i] = uint16(value)
		if depth == 16 {
			color[i] *= 0x101
		}
	}
	return color
}

// fill chooses the format that suffices for the colours and makes the table in it. A picture of one sample has no
// colours besides these; the means of more samples are gray where all colours are.
func (n *Shader) fill(colors palette.Table, depth int, gray bool) {
	switch {
	case gray:
		n.format = bandpng.Gray8
		if depth == 16 {
			n.format = bandpng.Gray16
		}
		n.table = make([]uint64, len(colors))
		for i, color := range colors {
			n.table[i] = uint64(color[0])
		}
	case depth == 16:
		n.format = bandpng.RGB16
		n.table = pack(colors, 16)
	default:
		n.format = bandpng.RGB8
		if n.samples == 1 && n.relief == nil && n.index(colors) {
			n.format = bandpng.Indexed8
			return
		}
		n.table = pack(colors, 8)
	}
}

// index makes a table of indices, and the palette they are for in the order of first use. It reports false if there are
// more than 256 colours.
func (n *Shader) index(colors palette.Table) bool {
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

// store writes colours of the table, or between them, as pixels.
func (n *Shader) store(dst []byte, colors []uint64) {
	switch n.format {
	case bandpng.RGB8:
		last := len(colors) - 1
		for i, color := range colors[:last] {
			binary.LittleEndian.PutUint32(dst[3*i:], uint32(color)) //nolint:gosec // the next pixel covers the fourth byte
		}
		color := colors[last]
		dst[3*last], dst[3*last+1], dst[3*last+2] = byte(color&255), byte(color>>8&255), byte(color>>16&255)
	case bandpng.Gray16:
		for i, color := range colors {
			binary.BigEndian.PutUint16(dst[2*i:], uint16(color&0xffff))
		}
	case bandpng.RGB16:
		for i, color := range colors {
			binary.BigEndian.PutUint16(dst[6*i:], uint16(color&0xffff))
			binary.BigEndian.PutUint16(dst[6*i+2:], uint16(color>>16&0xffff))
			binary.BigEndian.PutUint16(dst[6*i+4:], uint16(color>>32&0xffff))
		}
	case bandpng.Gray1, bandpng.Gray8, bandpng.Indexed8:
		for i, color := range colors {
			dst[i] = byte(color & 255)
		}
	}
}
