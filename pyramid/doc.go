// Package pyramid shows any part of a picture at any size, without holding or decoding all of it.
//
// # Model
//
// A finished picture is a PNG of segments, 64 rows each, that can be decoded alone (package bandpng). Its pyramid is the picture
// and, as PNGs of the same kind, others of half, a quarter, an eighth of its size, down to one that is no larger than a tile. An
// [Index] says where in each of these files the segments begin. So a [View], which is some pixels of the picture scaled down,
// takes a few segments of the level that has just enough pixels for it.
//
// [Levels] makes them, each of the one before: it holds two segments at a time. They have a third of the picture's pixels.
//
// # Pixels
//
// A pixel of a level is the mean of four of the level before (fewer at the edges, where a side is odd), and a pixel of a view
// the mean of those of its level that it covers. Means are of squares, as package renderer takes them of samples. A view that is
// not scaled has the picture's own pixels; of 16 bits, the upper eight.
package pyramid
