package deep

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/renderer/escape"
)

// TestPeriodsInMinibrots are those of the same points of the plain set, times the minibrot's, with its core, and where differences are in
// the range of double precision without it as well, by skips and by single steps.
func TestPeriodsInMinibrots(t *testing.T) {
	t.Parallel()
	for name, m := range minibrots(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := perturbationOf(t, m.View)
			require.NotNil(t, p.core)
			engines := map[string]*Perturbation{"core": p}
			if !p.deep {
				engines["skips"], engines["steps"] = p.without(false), p.without(true)
			}
			b := scattered(unlessShort(1500, 400), 2.2*pixelsOfMinibrot)
			require.NoError(t, p.Run(t.Context(), b))
			b = b.Periodic()
			kinds := map[int32]int{}
			for engine, p := range engines {
				require.NoError(t, p.Periods(t.Context(), b))
				for i, count := range b.Count {
					x, y := p.coreOf(t, m).place(b.Re[i]+p.view.OffsetRe, b.Im[i]+p.view.OffsetIm)
					plain := escape.Kernel{Radius2: escape.SmoothRadius2}.Period(x, y, nil)
					if count != 0 {
						require.Zero(t, b.Period[i])
						continue
					}
					if engine == "core" || b.Period[i] > 0 {
						require.Equal(t, plain*perturbationPeriod(p), int(b.Period[i]), "%s: point %d, at %g + %gi of the set", engine, i, x, y)
					}
					kinds[b.Period[i]]++
				}
			}
			assert.Greater(t, len(kinds), 3, "%v", kinds)
			assert.Less(t, kinds[0], len(b.Re)/20, "%v", kinds)
		})
	}
}

// coreOf is the core of a minibrot's view, of an engine that does not use it as well.
func (p *Perturbation) coreOf(t *testing.T, m minibrot) *core {
	t.Helper()
	if p.core != nil {
		return p.core
	}
	return newCore(perturbationOf(t, m.View).follower.table, true, m.Step, m.Bound, m.MaxIterations)
}

func perturbationPeriod(p *Perturbation) int { return len(p.follower.table.elements) - 1 }

// TestPeriodsBesideAReference are those that double precision finds, where it reaches and both find one, in a view of many minibrots
// and without a core.
func TestPeriodsBesideAReference(t *testing.T) {
	t.Parallel()
	v := directViews()["minibrot's minibrot"]
	re, err := strconv.ParseFloat(v.Re, 64)
	require.NoError(t, err)
	im, err := strconv.ParseFloat(v.Im, 64)
	require.NoError(t, err)
	p := perturbationOf(t, v).without(false)
	b := scattered(unlessShort(2000, 1000), 150)
	require.NoError(t, p.Run(t.Context(), b))
	b = b.Periodic()
	require.NoError(t, p.Periods(t.Context(), b))
	both, alone, kinds := 0, 0, map[int]bool{}
	for i, count := range b.Count {
		step, period := v.Step.Float64(), int(b.Period[i])
		plain := escape.Kernel{Radius2: escape.SmoothRadius2}.Period(re+float64(b.Re[i]*step), im+float64(b.Im[i]*step), nil)
		switch {
		case count != 0:
			require.Zero(t, period)
		case plain > 0 && period > 0:
			require.Equal(t, plain, period, "point %d", i)
			both, kinds[period] = both+1, true
		case plain > 0:
			alone++
		}
	}
	assert.Greater(t, both, 10*alone, "that double precision alone finds: %d", alone)
	assert.Greater(t, len(kinds), 3, "%v", kinds)
}

// TestDivide undoes products.
func TestDivide(t *testing.T) {
	t.Parallel()
	for _, b := range []complex128{1, 1i, -3 + 2i, 2 - 3i, 1e-200 + 1e-210i, 1e-12 - 1e200i} {
		for _, want := range []complex128{0, 1, -1i, 0.3 - 7i} {
			got := divide(times(want, b), b)
			assert.LessOrEqual(t, both(got-want), 0x1p-50*both(want), "%v times %v", want, b)
		}
	}
}
