package deep

import (
	"testing"

	"mandelfarm/renderer/escape"
	"mandelfarm/renderer/wide"
)

// TestShortReferences draws views whose reference ends after one step or two: by the limit, by escaping, or because the
// view holds the middle of the whole set.
func TestShortReferences(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		re, im string
		limit  int
		want   int32 // count of all points
	}{
		{"-2", "0", 1, 0},
		{"-2", "0", 2, 0},
		{"0", "0", 1, 0},
		{"0", "0", 1000, 0},
		{"5", "0", 1, 0},
		{"5", "0", 100, 3},
		{"300", "0", 1, 1},
		{"1e50", "1e50", 3, 1},
	} {
		for _, exponent := range []int{-70, -7000} {
			v := View{
				Re: test.re, Im: test.im, Step: wide.NewReal(1, exponent), Bound: wide.NewReal(100, exponent),
				MaxIterations: test.limit, Radius2: 1 << 16,
			}
			p := perturbationOf(t, v)
			b := escape.NewBatch(20).Traced()
			for i := range b.Re {
				b.Re[i], b.Im[i] = float64(5*i-50), float64(i-10)
			}
			if err := p.Run(t.Context(), b); err != nil {
				t.Fatal(err)
			}
			for i, count := range b.Count {
				if count != test.want {
					t.Errorf("%s + %s i, 2^%d, limit %d: point %d has count %d, want %d", test.re, test.im, exponent, test.limit, i, count, test.want)
				}
			}
		}
	}
}
