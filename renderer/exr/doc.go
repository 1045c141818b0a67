// Package exr lays out OpenEXR files that hold a picture and the data it was made from, in the channels that Kalles
// Fraktaler, fraktaler-3 and zoomasm write and read.
//
// # Layout
//
// One part of scan lines, not compressed (OpenEXR File Layout, version 2):
//
//	0x76 0x2f 0x31 0x01  the magic number
//	2, 0, 0, 0           version 2, no flags
//	attributes           name, type, size and value each, and an empty name after the last
//	offset table         of 64 bits for each line: where in the file it begins
//	lines                from the top: y and the size of what follows, 32 bits each, then the channels in the order of
//	                     their names, all of a line's pixels of each
//
// All numbers have their low byte first. Lines are not compressed because then all have one size: where each begins is
// known before any is made, and a file is its [Head] and the lines, whoever made them. A file of w by h pixels has
// h * (26*w + 16) bytes and some hundreds more, with marks h * (28*w + 16).
//
// # Channels
//
//	R, G, B   half   the picture's colours in linear light, 0 to 1, with the primaries of sRGB
//	N         uint   the iteration count n plus [Bias]; [Inside] for points that do not escape. Or float, see [Counts]: the
//	                 same number rounded, which is exact up to 2^24; Inside becomes 2^32
//	NF        float  its fraction, from 0 up to 1
//	T         float  the argument of z_n in turns, from 0 up to 1, counter-clockwise from the positive real axis
//	DEX, DEY  float  the distance estimate in pixels, as a vector to the right and downward that points away from the set
//
// and, in files with marks, undecided, half: 1 or 0. Its name comes behind all others.
//
// The continuous count is N + NF - Bias: 0 after the point at n where |z_n| is R squared, rising to 1 where it is R, so
// that it is continuous at the places where N steps. All but N are 0 where the point does not escape.
//
// The attributes Iterations and IterationsBias are the limit of iterations and [Bias], texts are strings.
package exr
