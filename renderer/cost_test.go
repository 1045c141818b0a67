package renderer_test

import (
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

// TestSpeedIsThatOfAMachine that this is tested on.
func TestSpeedIsThatOfAMachine(t *testing.T) {
	t.Parallel()
	speed, err := renderer.Speed(t.Context())
	require.NoError(t, err)
	assert.Greater(t, speed, 0.001)
	assert.Less(t, speed, 20.0)
	t.Logf("%.2f", speed)
}
