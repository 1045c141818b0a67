// Package npy lays out NumPy files of one array of float64, or of pairs of one and a truth value: what numpy.save writes and numpy.load reads.
//
// # Layout
//
// Version 1.0 of the format (NEP 1, "A Simple File Format for NumPy Arrays"):
//
//	"\x93NUMPY"  the magic string
//	1, 0         the version, a byte each
//	length       of what follows up to the data: 16 bits, low byte first
//	a Python dictionary in ASCII: 'descr' is '<f8' (IEEE 754 double, low byte first), or that and '|b1' (a byte, 0 or 1)
//	             under the names of a [Pair]; 'fortran_order' is False and 'shape' is (height, width); spaces and a line feed fill it up so that the data begins at a multiple
//	             of 64
//	data         height rows of width numbers of 8 bytes, or pairs of 9, the top row first
//
// There is no end and no checksum: a file is its head and the rows, whoever made them. A file of w by h numbers has
// 8*w*h bytes and the head, which is 128 bytes for all sizes that there are.
package npy

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
)

// The number of bytes of a number, and of one with a truth value.
const (
	Size     = 8
	PairSize = Size + 1
)

// Magic is what a file of the format begins with, whatever its version and content.
const Magic = "\x93NUMPY"

const (
	version  = "\x01\x00"
	lengthAt = len(Magic + version)
	align    = 64 // bytes
)

// Head returns everything before the data of an array of height rows of width numbers.
func Head(width, height int) []byte { return head("'<f8'", width, height) }

// Pair names the two parts of a structured array's elements: a number and a truth value.
type Pair struct{ Number, Truth string }

// Head is that of an array of such pairs.
func (p Pair) Head(width, height int) []byte {
	return head(fmt.Sprintf("[('%s', '<f8'), ('%s', '|b1')]", p.Number, p.Truth), width, height)
}

func head(descr string, width, height int) []byte {
	dictionary := fmt.Sprintf("{'descr': %s, 'fortran_order': False, 'shape': (%d, %d), }", descr, height, width)
	const before = lengthAt + 2
	size := before + len(dictionary) + 1 // and the line feed
	dictionary += strings.Repeat(" ", (align-size%align)%align) + "\n"
	head := binary.LittleEndian.AppendUint16([]byte(Magic+version), uint16(len(dictionary))) //nolint:gosec // below 2*align
	return append(head, dictionary...)
}

// Put writes a number at the start of data.
func Put(data []byte, x float64) { binary.LittleEndian.PutUint64(data, math.Float64bits(x)) }

// PutPair puts a number and a truth value there.
func PutPair(data []byte, x float64, truth bool) {
	Put(data, x)
	data[Size] = 0
	if truth {
		data[Size] = 1
	}
}
