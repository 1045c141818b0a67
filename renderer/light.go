package renderer

import (
	"encoding/binary"
	"sync"

	"mandelfarm/renderer/exr"
)

// light maps the 16 bits of a channel in sRGB to linear light as a half.
var light = sync.OnceValue(newLight) //nolint:gochecknoglobals // a constant that takes a moment to compute

func newLight() *[1 << 16]uint16 {
	var table [1 << 16]uint16
	for i := range table {
		table[i] = exr.Half(linear(float64(i) / (1<<16 - 1)))
	}
	return &table
}

// linear is the transfer function of sRGB (IEC 61966-2-1), from 0 to 1. It is the same on every CPU: the power of 12/5 is
// a fifth root by Newton's method, which stays on one side of it and comes nearer until it is there.
func linear(c float64) float64 {
	if c <= 0.04045 {
		return c / 12.92
	}
	base := (c + 0.055) / 1.055
	square := float64(base * base)
	root := 1.0
	for {
		fourth := float64(float64(root*root) * float64(root*root))
		next := float64(0.2 * (float64(4*root) + square/fourth))
		if next >= root {
			return float64(square * root)
		}
		root = next
	}
}

// gray8 is how often a channel of 8 bits is in one of 16.
const gray8 = 0x101

// colorLine puts the colours of pixels into a line from a column on.
func colorLine(line exr.Line, column int, format Format, pixels []byte, width int) {
	table := light()
	for i := range width {
		var c exr.Color
		switch format {
		case Gray1:
			gray := table[uint16(pixels[i/8]>>(7-i%8)&1)*0xffff]
			c = exr.Color{R: gray, G: gray, B: gray}
		case Gray8:
			gray := table[uint16(pixels[i])*gray8]
			c = exr.Color{R: gray, G: gray, B: gray}
		case RGB16:
			p := pixels[6*i:]
			c.R = table[binary.BigEndian.Uint16(p)]
			c.G = table[binary.BigEndian.Uint16(p[2:])]
			c.B = table[binary.BigEndian.Uint16(p[4:])]
		case RGB8, Indexed8: // not drawn for an EXR
		}
		line.SetColor(column+i, c)
	}
}
