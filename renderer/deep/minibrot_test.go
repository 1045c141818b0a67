package deep

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"mandelfarm/renderer/escape"
	"mandelfarm/renderer/nucleus"
	"mandelfarm/renderer/wide"
)

// pixelsOfMinibrot is how many pixels of minibrotView the unit of the plain Mandelbrot set is long.
const pixelsOfMinibrot = 20

// minibrot is a view around a nucleus, and how the whole set is to be scaled and turned to lie on its minibrot.
type minibrot struct {
	View
	size wide.Complex
}

// minibrotIn is the minibrot of the least period in a disc.
func minibrotIn(t *testing.T, re, im string, radius wide.Real) minibrot {
	t.Helper()
	found, err := nucleus.Find(t.Context(), nucleus.View{Re: re, Im: im, Radius: radius}, nucleus.Options{Limit: 1000, Threads: 1})
	require.NoError(t, err)
	size := found.Size.Norm()
	return minibrot{View{
		Re: found.Re, Im: found.Im, Step: size.Quo(wide.NewReal(pixelsOfMinibrot, 0)), Bound: size.Mul(wide.NewReal(5, 0)),
		MaxIterations: 60 * found.Period, Radius2: escape.SmoothRadius2,
	}, found.Size}
}

// minibrotView is a view around the nucleus of period n+1 that is next to the tip of the needle, c = -2. Its minibrot is an upright
// copy of the whole set, of size 2^-4n or so: at 20 in the range of double precision, at 175 far below.
func minibrotView(t *testing.T, n int) View {
	t.Helper()
	m := minibrotIn(t, "-2", "0", wide.NewReal(14, -2*n))
	require.Equal(t, 60*(n+1), m.MaxIterations)
	return m.View
}

// minibrots are upright ones next to the tip of the needle, and turned ones next to c = i, of sizes from 2^-79 to 2^-1599.
func minibrots(t *testing.T) map[string]minibrot {
	t.Helper()
	return map[string]minibrot{
		"of period 21, size 2^-79":    minibrotIn(t, "-2", "0", wide.NewReal(14, -40)),
		"of period 176, size 2^-699":  minibrotIn(t, "-2", "0", wide.NewReal(14, -350)),
		"of period 401, size 2^-1599": minibrotIn(t, "-2", "0", wide.NewReal(14, -800)),
		"of period 50, size 2^-123":   minibrotIn(t, "0", "1", wide.NewReal(1, -60)),
		"of period 282, size 2^-703":  minibrotIn(t, "0", "1", wide.NewReal(1, -350)),
	}
}

// perturbationOf is the engine of a view, with its reference.
func perturbationOf(t *testing.T, v View) *Perturbation {
	t.Helper()
	r, err := v.Reference(t.Context(), 1, nil)
	require.NoError(t, err)
	return NewPerturbation(v, r)
}

// without is the same engine without its core, and without skips if that is asked for.
func (p *Perturbation) without(skips bool) *Perturbation {
	plain := *p
	plain.core, plain.direct = nil, nil
	if skips {
		bare := *p.follower.table
		bare.elements = make([]element, len(bare.elements))
		for m, e := range p.follower.table.elements {
			bare.elements[m] = element{re: e.re, im: e.im}
		}
		plain.follower.table = &bare
	}
	return &plain
}

// scattered is a batch of points that are at most so many pixels from the middle.
func scattered(count int, pixels float64) escape.Batch {
	b := escape.NewBatch(count).Traced()
	random := rand.New(rand.NewPCG(21, 22))
	for i := range b.Re {
		b.Re[i], b.Im[i] = pixels*(2*random.Float64()-1), pixels*(2*random.Float64()-1)
	}
	return b
}
