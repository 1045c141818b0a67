package exr

import (
	"encoding/binary"
	"math"
)

// Header describes a file. Width and Height are at least 1, Width is at most MaxWidth.
type Header struct {
	Width, Height int
	Iterations    int // after which points are inside
	Channels      Channels
	Text          []Text
}

// Text is a piece of metadata: a string attribute.
type Text struct {
	Name  string // 1 to 31 printable ASCII characters
	Value string // UTF-8
}

// Types of channels.
const (
	typeUint  = 0
	typeHalf  = 1
	typeFloat = 2
)

// Counts is the type of the channel N.
type Counts uint8

// The types of counts, both of four bytes.
const (
	UintCounts  Counts = typeUint  // what Kalles Fraktaler and zoomasm read
	FloatCounts Counts = typeFloat // what programs read that know no channels of whole numbers
)

// Channels says which channels a file has besides those that all have.
type Channels struct {
	Counts    Counts // the type of N
	Undecided bool   // there is one of that name
}

// channel is one of the file's channels.
type channel struct {
	name string
	kind int
}

// channels lists them in the order of their names, in which a line has them.
func (c Channels) list() []channel {
	list := []channel{
		{"B", typeHalf},
		{"DEX", typeFloat},
		{"DEY", typeFloat},
		{"G", typeHalf},
		{"N", int(c.Counts)},
		{"NF", typeFloat},
		{"R", typeHalf},
		{"T", typeFloat},
	}
	if c.Undecided {
		list = append(list, channel{"undecided", typeHalf})
	}
	return list
}

// Magic is what a file of the format begins with, whatever its version and content.
const Magic = "\x76\x2f\x31\x01"

const (
	version       = "\x02\x00\x00\x00"
	noCompression = "\x00"
	increasingY   = "\x00"
)

// Head returns everything before the first line.
func Head(h Header) []byte {
	b := builder(Magic + version)
	b.attribute("channels", "chlist", chlist(h.Channels))
	b.attribute("compression", "compression", noCompression)
	window := ints(0, 0, h.Width-1, h.Height-1)
	b.attribute("dataWindow", "box2i", window)
	b.attribute("displayWindow", "box2i", window)
	b.attribute("lineOrder", "lineOrder", increasingY)
	b.attribute("pixelAspectRatio", "float", floats(1))
	b.attribute("screenWindowCenter", "v2f", floats(0, 0))
	b.attribute("screenWindowWidth", "float", floats(1))
	b.attribute("Iterations", "int", ints(h.Iterations))
	b.attribute("IterationsBias", "int", ints(Bias))
	for _, text := range h.Text {
		b.attribute(text.Name, "string", text.Value)
	}
	b = append(b, 0)
	const entry = 8
	line, size := int64(len(b)+entry*h.Height), int64(h.Channels.LineSize(h.Width))
	for range h.Height {
		b = binary.LittleEndian.AppendUint64(b, uint64(line)) //nolint:gosec // positive
		line += size
	}
	return b
}

// chlist returns the value of the attribute that names the channels.
func chlist(of Channels) string {
	var b builder
	for _, c := range of.list() {
		b = append(b, c.name...)
		b = append(b, 0)
		b = append(b, ints(c.kind, 0, 1, 1)...) // the zero is pLinear and three reserved bytes; every pixel has a sample
	}
	return string(append(b, 0))
}

// builder is the beginning of a head.
type builder []byte

func (b *builder) attribute(name, kind, value string) {
	*b = append(*b, name...)
	*b = append(*b, 0)
	*b = append(*b, kind...)
	*b = append(*b, 0)
	*b = append(*b, ints(len(value))...)
	*b = append(*b, value...)
}

func ints(values ...int) string {
	var b []byte
	for _, value := range values {
		b = binary.LittleEndian.AppendUint32(b, uint32(value)) //nolint:gosec // within 31 bits
	}
	return string(b)
}

func floats(values ...float32) string {
	var b []byte
	for _, value := range values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(value))
	}
	return string(b)
}
