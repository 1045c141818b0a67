package requestid_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mandelfarm/internal/requestid"
)

func TestIDsFromOutsideAreTakenIfTheyAreSane(t *testing.T) {
	t.Parallel()
	for _, id := range []string{
		"a", "7f3c9d2e-0b1a-4c5d-8e6f-001122334455", "Root=1-67891233"[5:], "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
		strings.Repeat("x", 64), "host:port_1.2",
	} {
		require.True(t, requestid.Valid(id), id)
	}
	for _, id := range []string{
		"", strings.Repeat("x", 65), "two words", "line\nbreak", "quote\"", "k=v", "ümlaut", "nul\x00", "a,b", "<b>",
	} {
		require.False(t, requestid.Valid(id), id)
	}
}

// TestNoIDIsMadeTwice by one source or by two, and each would be taken from outside.
func TestNoIDIsMadeTwice(t *testing.T) {
	t.Parallel()
	made := make(map[string]bool)
	for range 2 {
		source := requestid.NewSource()
		for range 20 {
			for _, id := range source.Batch() {
				require.True(t, requestid.Valid(id), id)
				require.False(t, made[id], id)
				made[id] = true
			}
		}
	}
}

func TestContextCarriesTheID(t *testing.T) {
	t.Parallel()
	require.Empty(t, requestid.Of(t.Context()))
	require.Equal(t, t.Context(), requestid.With(t.Context(), ""), "what has no ID costs nothing")
	require.Equal(t, "abc", requestid.Of(requestid.With(t.Context(), "abc")))
}
