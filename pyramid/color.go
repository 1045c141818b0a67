package pyramid

import (
	"math"

	"mandelfarm/renderer/bandpng"
)

const channels = 3 // red, green, blue

// appendRGB appends the colours of some columns of a row, in 8 bits per channel.
func appendRGB(dst []byte, h bandpng.Header, row []byte, from, to int) []byte {
	for x := from; x < to; x++ {
		switch h.Format {
		case bandpng.Gray1:
			gray := -(row[x/8] >> (7 - x%8) & 1)
			dst = append(dst, gray, gray, gray)
		case bandpng.Gray8:
			dst = append(dst, row[x], row[x], row[x])
		case bandpng.Gray16:
			dst = append(dst, row[2*x], row[2*x], row[2*x])
		case bandpng.Indexed8:
			color := [channels]byte{}
			if int(row[x]) < len(h.Palette) {
				color = h.Palette[row[x]]
			}
			dst = append(dst, color[:]...)
		case bandpng.RGB8:
			dst = append(dst, row[channels*x:channels*(x+1)]...)
		case bandpng.RGB16:
			dst = append(dst, row[6*x], row[6*x+2], row[6*x+4])
		}
	}
	return dst
}

// rootMean is the root of the mean of squares, rounded to the nearest.
func rootMean(sum uint64, count uint32) byte {
	return byte(math.Sqrt(float64(sum)/float64(count)) + 0.5)
}
