package renderer_test

import (
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"mandelfarm/renderer"
	"mandelfarm/renderer/panics"
	"mandelfarm/renderer/spec"
)

// TestPanicsAreErrors provokes one where it can be: in the caller's own callback, which runs in the renderer's goroutines.
func TestPanicsAreErrors(t *testing.T) {
	t.Parallel()
	s, err := spec.Normalize(spec.Draft{Width: 50, Height: 200})
	require.NoError(t, err)
	opt := renderer.Options{Threads: 2, Progress: func(int, renderer.Work) { panic("boom") }}
	_, err = renderer.Render(t.Context(), s, spec.Rows{Start: 0, End: 200}, opt)
	var bug *panics.Error
	require.ErrorAs(t, err, &bug)
	require.Equal(t, "panic: boom", err.Error(), "clients see it: no stack")
	require.Contains(t, string(bug.Stack), "panic_test.go")
	require.ErrorContains(t, renderer.Write(t.Context(), io.Discard, s, opt), "boom")
}
