package parity_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/renderer/parity"
	"mandelfarm/renderer/spec"
)

// TestDrawingTwiceIsDrawingTheSame, whatever the threads, and covers what can be asked
// for.
func TestDrawingTwiceIsDrawingTheSame(t *testing.T) {
	t.Parallel()
	one, err := parity.Draw(t.Context(), 1)
	require.NoError(t, err)
	several, err := parity.Draw(t.Context(), 3)
	require.NoError(t, err)
	assert.Equal(t, one, several)
	for _, m := range spec.Methods() {
		assert.Contains(t, one, "method "+string(m))
	}
	for _, f := range spec.FileFormats() {
		assert.Contains(t, one, "format "+f.String())
		assert.Contains(t, one, fmt.Sprintf("format %s, band 2", f))
	}
	different := slices.Collect(maps.Values(one))
	slices.Sort(different)
	// Bands of the same view in the default format and method are there twice.
	assert.Greater(t, len(slices.Compact(different)), len(one)-10, "pictures differ from each other")
	text, err := json.Marshal(one)
	require.NoError(t, err)
	assert.Less(t, len(text), 1<<14, "it is sent by Redis")
}

func TestDrawingEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := parity.Draw(ctx, 1)
	require.ErrorIs(t, err, context.Canceled)
}

func TestWhoDrawsOtherwiseThanMostIsNamed(t *testing.T) {
	t.Parallel()
	right, wrong := parity.Drawn{"set": "1", "deep": "2"}, parity.Drawn{"set": "1", "deep": "3"}
	less := parity.Drawn{"set": "1"}
	both := []string{"deep"}
	for name, test := range map[string]struct {
		drawn   map[string]parity.Drawn
		decided bool
		differ  map[string][]string
	}{
		"all agree":        {map[string]parity.Drawn{"a": right, "b": right}, true, map[string][]string{}},
		"one alone":        {map[string]parity.Drawn{"a": right}, true, map[string][]string{}},
		"nobody":           {nil, false, map[string][]string{}},
		"one differs":      {map[string]parity.Drawn{"a": right, "b": wrong, "c": right}, true, map[string][]string{"b": both}},
		"one draws less":   {map[string]parity.Drawn{"a": right, "b": less, "c": right}, true, map[string][]string{"b": both}},
		"one against one":  {map[string]parity.Drawn{"a": right, "b": wrong}, false, map[string][]string{"a": both, "b": both}},
		"all differ":       {map[string]parity.Drawn{"a": right, "b": wrong, "c": less}, false, map[string][]string{"a": both, "b": both, "c": both}},
		"two against four": {map[string]parity.Drawn{"a": wrong, "b": wrong, "c": right, "d": right, "e": right, "f": right}, true, map[string][]string{"a": both, "b": both}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			verdict := parity.Compare(test.drawn)
			assert.Equal(t, test.decided, verdict.Decided)
			assert.Equal(t, test.differ, verdict.Differ)
		})
	}
}
