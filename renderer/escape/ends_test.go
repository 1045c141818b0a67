package escape

import "testing"

// TestEnds follows points to an even limit by every engine and one by one: points that have neither escaped nor are known
// to stay are where as many steps lead.
func TestEnds(t *testing.T) {
	t.Parallel()
	const limit, size = 64, 333
	for _, e := range engines(quadratic) {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			b := NewBatch(size).Traced()
			for i := range b.Re {
				b.Re[i], b.Im[i] = -0.75+float64(i-size/2)*1e-4, 0.05 // between the cardioid and the disc
			}
			k := Kernel{Formula: Mandelbrot, MaxIterations: limit, Radius2: 1 << 16, Ends: true}
			if err := k.run(t.Context(), b, e, true); err != nil {
				t.Fatal(err)
			}
			unfinished := 0
			for i, count := range b.Count {
				if count != Unfinished {
					continue
				}
				unfinished++
				x, y := 0.0, 0.0
				for range limit {
					x, y = quadratic.step(x, y, b.Re[i], b.Im[i])
				}
				if b.ZX[i] != x || b.ZY[i] != y {
					t.Fatalf("point %d ends at %g%+gi, want %g%+gi", i, b.ZX[i], b.ZY[i], x, y)
				}
			}
			if unfinished == 0 {
				t.Error("no point is on its way at the limit")
			}
		})
	}
}
