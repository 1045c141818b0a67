// Package foreign reads the parameter files of other programs into Specs, and writes some.
//
// # Formats
//
//	kfr      Kalles Fraktaler: "Key: value" lines (.kfr, and .kfp, the colours alone)
//	f3.toml  fraktaler-3: TOML
//	toml     rust-fractal: TOML without tables
//	ini      DeepDrill: "key = value" lines in [sections]
//	imt      Imagina: indented "Key: value" lines with hexadecimal numbers
//
//	kfp, map, ugr  colours alone, of Kalles Fraktaler, Fractint and Ultra Fractal
//
// [Detect] tells them apart by their content; [Read] makes a [Picture] of one, [ReadWithColors] of a place and another file's
// colours. [Export] writes a Spec as one of the first, and says what it leaves out by reading it again.
//
// # What is read
//
// Place, iterations, orientation, formula and size. Coordinates keep every digit, with quotes around them or without. A file that
// does not say where the picture is, is refused; but Kalles Fraktaler's that has a formula or colours alone shows all of it.
//
// Files are read as people keep them: Kalles Fraktaler's keys in any order and case, with comments and lines that are none
// between them, in UTF-16 too. What is missing of a place is as it is when that program starts. The programs say how large a view is by a
// zoom, of which 2/zoom is half the view's height; the radius has 20 significant digits. Imagina says that height itself,
// and in hexadecimal digits: coordinates of more than 150 of them are rounded, far behind their last digit.
//
// Of Kalles Fraktaler's colours the palette is read, the interior, the offset, the method and the light. The palette is drawn as
// its table of 1,024 colours is, within 2 of 255 on average: see kallesStops. It turns once in 1024 IterDiv, of the square root of the iterations for method 1, which is the law
// of [spec.MethodSmooth] (iterations are counted from about four further on, which does not show). For method 0 it
// is of the iterations themselves; then the density is such that the palette makes as many turns from 0 to Iterations.
// Smooth: 0 makes bands of the table's colours: whole counts, where each goes on by one of them, as method 0 does with an IterDiv of 1.
// Methods 5 to 8 become [spec.MethodDistance], and Slopes [spec.MethodSlope], with laws of their own.
//
// A file that does not say what size the picture has gets 1920x1080 pixels, and the default of a program that does not write
// its own: 1024x576 from fraktaler-3, 1000x1000 from rust-fractal. So with the iterations.
//
// # What is not
//
// Nothing is dropped without a word. Every key of a format is in one of the tables kallesKeys, fraktalerKeys and the
// like: it is read; or it has no influence on the picture, and the table says so; or it is a [Loss], unless it has the
// value that changes nothing. A key that is in no table is a loss. A file whose formula is not one of the farm's is an
// error, because another formula is another picture.
//
// # Orientation
//
// The axis of the imaginary numbers points up in a plain view here. It points down in Kalles Fraktaler, unless the file says
// otherwise, in rust-fractal and in DeepDrill, and in fraktaler-3 if the file says so: then the view is mirrored. Kalles
// Fraktaler stretches what it has turned and fraktaler-3 turns what it has stretched; a Spec does as the latter.
//
// # Guarantees
//
// Files come from strangers. Read takes at most [MaxSize] bytes, never panics, and its cost is bounded: numbers have at
// most 100,000 digits, TOML at most 5,000 keys.
//
// The package imports what a Spec is and a TOML parser, and knows neither files nor HTTP.
package foreign
