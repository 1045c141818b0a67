package orbit_test

import (
	"fmt"
	"math/big"
	"testing"

	"mandelfarm/renderer/orbit"
	"mandelfarm/renderer/wide"
)

// BenchmarkStep is a step of the orbit of a deep view's reference. The sizes are on both sides of where two threads begin
// and of where words are left out, and those of views at 1e-1086 and 1e-8000.
func BenchmarkStep(b *testing.B) {
	for _, bits := range []int{256, 832, 2240, 2368, 3712, 6784, 26688, 74944} {
		for _, threads := range []int{1, 2} {
			b.Run(fmt.Sprintf("%d/%dthreads", bits, threads), func(b *testing.B) {
				o := orbit.Orbit{Start: zero(), C: bounded(b, bits), Bits: bits, Limit: b.N, Threads: threads}
				_, err := o.Follow(b.Context(), func(int, wide.Complex) bool { return true })
				if err != nil {
					b.Fatal(err)
				}
			})
		}
	}
}

func zero() orbit.Point { return orbit.Point{Re: new(big.Int), Im: new(big.Int)} }

// bounded is a point of the main cardioid: its orbit stays, and uses all bits.
func bounded(tb testing.TB, bits int) orbit.Point {
	tb.Helper()
	c, ok := orbit.Parse("-0.30102999566398119521", "0.43429448190325182765", bits)
	if !ok {
		tb.Fatal("not parsed")
	}
	return c
}
