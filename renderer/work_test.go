package renderer_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
)

// costOf is the cost of a picture, by so many threads.
func costOf(t *testing.T, s spec.Spec, threads int) (cost time.Duration) {
	t.Helper()
	opt := renderer.Options{Threads: threads, Progress: func(_ int, w renderer.Work) { cost += w.Cost }}
	_, err := renderer.Render(t.Context(), s, spec.Rows{End: s.Height}, opt)
	require.NoError(t, err)
	return cost
}

// costOfFile is that of a file of a picture.
func costOfFile(t *testing.T, s spec.Spec) (cost time.Duration) {
	t.Helper()
	file(t, s, renderer.Options{Threads: 1, Progress: func(_ int, w renderer.Work) { cost += w.Cost }})
	return cost
}

// TestCostIsCounted of pictures of each kind of effort: it is the same whenever it is asked for, hardly depends on the threads, and
// grows with the samples and the limit.
func TestCostIsCounted(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"steps":        `{"width":160,"height":120,"center":{"re":"-0.75","im":"0.1"},"radius":"0.05"}`,
		"higher power": `{"width":160,"height":120,"formula":"multibrot","power":4}`,
		"derivatives":  `{"width":160,"height":120,"coloring":{"method":"distance"}}`,
		"deep":         `{"width":160,"height":120,"center":{"re":"-1.7598171308048479165828760533255","im":"-0.0125933107997496573193886668543"},"radius":"4e-12"}`,
		"wide numbers": `{"width":160,"height":120,"center":{"re":"-2"},"radius":"1e-400"}`,
	} {
		s := parse(t, text)
		one := costOf(t, s, 1)
		assert.InEpsilon(t, one, costOf(t, s, 1), 0.02, name)
		assert.InEpsilon(t, one, costOf(t, s, 3), 0.3, name)
		assert.InEpsilon(t, 4*one, costOf(t, s.With(func(d *spec.Draft) { d.Samples = 4 }), 1), 0.2, name)
		assert.GreaterOrEqual(t, costOf(t, s.With(func(d *spec.Draft) { d.MaxIterations *= 50 }), 1), one, name)
	}
}

// TestCostKnowsWhatIsComputedBesides: periods and marks, of points inside and of those that escape, cost many times as much as what pictures are without them, before and after.
func TestCostKnowsWhatIsComputedBesides(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text  string // with a switch
		times float64
	}{
		"periods beside the cusp": {`{"width":40,"height":30,"center":{"re":"0.2500001"},"radius":"1e-9","coloring":{"periods":%t}}`, 20},
		"proofs":                  {`{"width":40,"height":30,"center":{"re":"-0.1","im":"0.7"},"radius":"0.01","format":"npy","undecided":%t}`, 50},
		"marks of what escapes":   {`{"width":40,"height":30,"center":{"re":"-0.7436","im":"0.1318"},"radius":"0.003","max_iterations":2000,"format":"npy","undecided":%t}`, 3},
		"marks of deep points":    {`{"width":40,"height":30,"max_iterations":3000,"center":{"re":"-0.743643887037158704752","im":"0.131825904205311970493"},"radius":"3e-9","format":"npy","undecided":%t}`, 1},
	} {
		with, without := parse(t, fmt.Sprintf(c.text, true)), parse(t, fmt.Sprintf(c.text, false))
		assert.Greater(t, costOfFile(t, with).Seconds(), c.times*costOfFile(t, without).Seconds(), name)
		assert.Greater(t, renderer.Cost(with), renderer.Cost(without), name)
	}
	quick := parse(t, `{"width":40,"height":30,"max_iterations":100}`)
	assert.True(t, renderer.IsQuick(quick))
	assert.False(t, renderer.IsQuick(quick.With(func(d *spec.Draft) { d.Coloring.Periods = true })))
	assert.False(t, renderer.IsQuick(quick.With(func(d *spec.Draft) { d.Format, d.Undecided = spec.NPY, true })))
}

// TestSpeedIsThatOfAMachine that this is tested on.
func TestSpeedIsThatOfAMachine(t *testing.T) {
	t.Parallel()
	speed, err := renderer.Speed(t.Context())
	require.NoError(t, err)
	assert.Greater(t, speed, 0.001)
	assert.Less(t, speed, 20.0)
	t.Logf("%.2f", speed)
}

// TestEstimates of pictures drawn whole afterwards: of each kind of effort within a tenth, at less than a fortieth of the cost.
func TestEstimates(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"all of the set": `{"width":1200,"height":900}`,
		"a valley":       `{"width":1200,"height":900,"center":{"re":"-0.7436","im":"0.1318"},"radius":"0.003","max_iterations":2000}`,
		"Julia":          `{"width":1200,"height":900,"formula":"julia"}`,
		"samples":        `{"width":600,"height":450,"samples":4,"formula":"tricorn"}`,
		"slopes":         `{"width":1200,"height":900,"coloring":{"method":"slope"}}`,
		"finer":          `{"width":2000,"height":200,"center":{"re":"-0.544244787617235937","im":"-0.576318869978262649"},"radius":"3.69e-10","max_iterations":3000}`,
		"deep":           `{"width":800,"height":600,"center":{"re":"-1.7598171308048479165828760533255","im":"-0.0125933107997496573193886668543"},"radius":"4e-12"}`,
	} {
		s := parse(t, text)
		pre, err := renderer.NewPrepass(t.Context(), s, 2, nil)
		require.NoError(t, err)
		var whole renderer.Work
		_, err = renderer.Render(t.Context(), s, spec.Rows{End: s.Height}, renderer.Options{
			Prepass: pre, Progress: func(_ int, w renderer.Work) { whole.Add(w) },
		})
		require.NoError(t, err)
		e, err := renderer.EstimateWork(t.Context(), s, pre, whole.Cost/50)
		require.NoError(t, err)
		assert.InEpsilon(t, whole.Cost, e.Work.Cost, 0.1, name)
		assert.InEpsilon(t, whole.Iterations, e.Work.Iterations, 0.1, name)
		assert.Equal(t, whole.Points, e.Work.Points, name)
		require.Len(t, e.Rows, e.Small.Height)
		var small renderer.Work
		for _, row := range e.Rows {
			small.Add(row)
		}
		assert.Less(t, small.Cost, whole.Cost/40, name)
	}
}

// TestEstimatesOfRawData know that gradients are written, which a picture of the counts does not need.
func TestEstimatesOfRawData(t *testing.T) {
	t.Parallel()
	s := parse(t, `{"width":600,"height":400}`)
	cost := func(format spec.FileFormat) time.Duration {
		e, err := renderer.EstimateWork(t.Context(), s.With(func(d *spec.Draft) { d.Format = format }), nil, 0)
		require.NoError(t, err)
		return e.Work.Cost
	}
	assert.Greater(t, cost(spec.EXR), cost(spec.PNG)*11/10)
}
