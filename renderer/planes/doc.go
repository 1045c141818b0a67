// Package planes lays out what became of the points of a picture for programs that colour by themselves: few bytes, that a
// browser decodes without a library.
//
// # Layout
//
// A file is one zlib stream (RFC 1950; "deflate" to a browser's DecompressionStream). Unpacked, with all numbers low byte first:
//
//	head       "MFD1", width, height, bytes of a pixel (6 or 11, or 10 or 15), rows of a segment (64), and 0, of 32 bits each; then nu of
//	           the continuous count 0, of 64 bits (IEEE 754)
//	segments   of 64 rows from the top, the last of what is left: the limit of iterations, of 32 bits, and the planes
//
// A plane has a byte of every pixel, row by row. The planes of a segment, those of a channel from its highest byte to its
// lowest:
//
//	high       2 planes: the upper 16 bits of N
//	low        4 planes: the lower 16 bits of N, and behind them 16 bits of NF
//	distance   3 planes: log2(1 + 8 d) in steps of 1/4096
//	direction  2 planes: in steps of 1/4096 turn; [NoDirection] if there is none
//	period     4 planes: of the cycle that a point comes to which does not escape; 0 if none is known
//
// of which distance and direction are there if a pixel has 11 or 15 bytes, and the period if it has 10 or 15. N and NF are those of an EXR (package exr), but N is 0 for points
// that do not escape, as are the other channels but the period. d is the estimate of the distance to the boundary in pixels that pictures
// are coloured by, which is twice the length of an EXR's vector. The direction is that of this vector, counter-clockwise
// from the right.
//
// What stands in the planes is not the value v but its difference to what the neighbours in the segment suggest, in as many
// bits as the channel has, beyond which it wraps:
//
//	e = v - (left + above - above left)   in the first row v - left, in the first column v - above; v of the first pixel
//	2e, and -2e-1 where e < 0             is small where e is
//
// # Bands
//
// Each segment is compressed on its own and ends on a byte, as in package bandpng. So a file is its [Head], the segments and
// a [Tail], whoever made them. docs/adr/0023-viewers.md holds the measurements behind the choices.
package planes
