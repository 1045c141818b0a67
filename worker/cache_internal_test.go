package worker

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
)

// laid is the groundwork of a view, a few kilobytes.
func laid(t *testing.T, name int) (string, *renderer.Prepass) {
	t.Helper()
	s, err := spec.Normalize(spec.Draft{Width: 10 + name, Height: 10, MaxIterations: spec.Auto})
	require.NoError(t, err)
	g, err := renderer.NewPrepass(t.Context(), s, 1)
	require.NoError(t, err)
	return g.Key(), g
}

// TestTheLastUsedAreKept up to the limit, and what is larger than that not at all.
func TestTheLastUsedAreKept(t *testing.T) {
	t.Parallel()
	var all [5]*renderer.Prepass
	for name := range all {
		_, all[name] = laid(t, name)
	}
	one := all[0]
	c := newGroundworks(3*one.Size() + 1)
	made := 0
	get := func(names ...int) {
		for _, name := range names {
			got, err := c.get(t.Context(), all[name].Key(), func() (*renderer.Prepass, error) { made++; return all[name], nil })
			require.NoError(t, err)
			require.Same(t, all[name], got)
		}
	}
	get(1, 2, 3, 1, 2, 3)
	require.Equal(t, 3, made)
	get(4, 2, 3)
	require.Equal(t, 4, made, "1 had to go")
	get(1)
	require.Equal(t, 5, made)
	get(2, 3, 1)
	require.Equal(t, 5, made, "4 had to go")
	require.Equal(t, 3*one.Size(), c.size)
	require.Len(t, c.kept, 3)

	c = newGroundworks(one.Size() - 1)
	made = 0
	get(1, 1)
	require.Equal(t, 2, made)
	require.Empty(t, c.kept)
}

// TestOneMakesForAll who ask at the same time; if it fails all fail, and if it leaves or panics another makes it.
func TestOneMakesForAll(t *testing.T) {
	t.Parallel()
	key, g := laid(t, 1)
	errBad := errors.New("bad")
	for name, test := range map[string]struct {
		first func(leave context.CancelFunc) (*renderer.Prepass, error)
		made  int
		err   error
	}{
		"made":     {func(context.CancelFunc) (*renderer.Prepass, error) { return g, nil }, 1, nil},
		"failed":   {func(context.CancelFunc) (*renderer.Prepass, error) { return nil, errBad }, 1, errBad},
		"left":     {func(leave context.CancelFunc) (*renderer.Prepass, error) { leave(); return nil, context.Canceled }, 2, nil},
		"panicked": {func(context.CancelFunc) (*renderer.Prepass, error) { panic("bug") }, 2, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, made, begin := newGroundworks(0), 0, make(chan struct{})
				ctx, leave := context.WithCancel(t.Context())
				defer leave()
				go func() {
					defer func() { _ = recover() }()
					_, _ = c.get(ctx, key, func() (*renderer.Prepass, error) {
						made++
						<-begin
						return test.first(leave)
					})
				}()
				synctest.Wait()
				got := make(chan error)
				for range 3 {
					go func() {
						_, err := c.get(t.Context(), key, func() (*renderer.Prepass, error) {
							made++
							<-begin
							return g, nil
						})
						got <- err
					}()
				}
				synctest.Wait() // they wait for the first
				require.Equal(t, 1, made)
				begin <- struct{}{}
				synctest.Wait()
				close(begin)
				for range 3 {
					require.ErrorIs(t, <-got, test.err)
				}
				require.Equal(t, test.made, made)
				require.Empty(t, c.making)
			})
		})
	}
}
