package shade

import (
	"mandelfarm/renderer/escape"
	"mandelfarm/renderer/spec"
)

// whole is the depth of points by their whole counts, for colours that are not smooth: those of raw data, so that who colours that
// comes to the same bands.
type whole struct {
	kernel escape.Kernel
	shift  float64
	bits   float64 // log2 of the power of z
}

// newWhole is nil for colours that are smooth.
func newWhole(s spec.Spec, bits float64) *whole {
	if s.Coloring.Smooth != spec.Off {
		return nil
	}
	k := escape.Kernel{Power: max(2, s.Power)}
	return &whole{kernel: k, shift: k.Shift(), bits: bits}
}

// depth is that of nu at the beginning of the count's band.
func (w *whole) depth(count int32, norm2 float64) float64 {
	number, _ := w.kernel.Split(w.shift, count, norm2)
	return float64((float64(number) - w.shift) * w.bits)
}
