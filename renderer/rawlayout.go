package renderer

import (
	"math"
	"math/bits"

	"mandelfarm/renderer/spec"
)

// newRawLayout returns the layout that a Spec asks for, and nil for a PNG.
func newRawLayout(s spec.Spec) rawLayout {
	switch s.Format {
	case spec.NPY:
		return counts{width: s.Width, height: s.Height, kernel: newKernel(s), undecided: s.Undecided}
	case spec.EXR:
		return newChannels(s)
	case spec.PackedCounts, spec.PackedGradients:
		return newPacked(s)
	case spec.PNG:
	}
	return nil
}

// RawBytes is the size of all rows in the file of a Spec if that is one of raw data which is not packed: the file's but for
// its head, which is small beside them. It is 0 for others, whose size nobody knows before they are drawn.
func RawBytes(s spec.Spec) int64 {
	r := newRawLayout(s)
	if r == nil || s.Format.IsPacked() {
		return 0
	}
	high, low := bits.Mul64(uint64(r.stride()), uint64(s.Height)) //nolint:gosec // both are positive
	if high > 0 || low > math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(low)
}
