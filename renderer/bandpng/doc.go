// Package bandpng writes PNG files as a sequence of independently compressed segments of rows.
//
// # Model
//
// A PNG's pixels are one zlib stream cut into IDAT chunks. Here the stream is put together from parts that know
// nothing of one another:
//
//	Head       signature, IHDR, sRGB, PLTE, iTXt, and an IDAT chunk with the two bytes of the zlib header
//	segments   each as many rows (the last may have fewer): IDAT chunks of raw deflate data that end on a byte
//	           boundary by an empty stored block (a "sync flush") and refer to nothing before them
//	Tail       an IDAT chunk with an empty final block and the Adler-32 of all rows, and IEND
//
// The first row of a segment is filtered without the row above. So a segment's bytes follow from its own pixels, and a
// file is the concatenation of head, segments and tail whoever made them, in whatever order and on however many
// machines. The Adler-32 of the whole is combined from those of the segments ([Sum.Then]).
//
// # Guarantees
//
// The same rows give the same bytes, whatever an [Encoder] did before. Encoders are not safe for concurrent use; each
// goroutine takes its own from a [Pool].
//
// # Choices
//
// All rows are filtered by the difference to the row above (the first by that to the pixel on the left), but those of
// 1-bit samples, which are not filtered. A segment becomes one block of deflate with Huffman codes of its own, in which
// repeats are only ever of the pixel before: where a fractal is smooth the differences vanish, and where it is not a
// search for other repeats hardly finds any. Two passes over the data, one that finds repeats and counts symbols and one
// that writes, run at several times the speed of a general compressor. Samples of 16 bits do repeat at other distances;
// they go through klauspost/compress. docs/adr/0007-png-encoder.md holds the measurements behind this.
//
// The formats are those of RFC 1950, RFC 1951 and the W3C's Portable Network Graphics (PNG) Specification.
package bandpng
