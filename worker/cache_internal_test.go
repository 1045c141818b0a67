package worker

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"mandelfarm/renderer"
	"mandelfarm/renderer/panics"
	"mandelfarm/renderer/spec"
)

// made is the prepass of a view, a few kilobytes.
func made(t *testing.T, name int) *renderer.Prepass {
	t.Helper()
	s, err := spec.Normalize(spec.Draft{Width: 10 + name, Height: 10, MaxIterations: spec.Auto})
	require.NoError(t, err)
	p, err := renderer.NewPrepass(t.Context(), s, 1, nil)
	require.NoError(t, err)
	return p
}

// countingCache is a cache that is asked for prepasses by number, and counts how many it has had made.
type countingCache struct {
	*prepasses
	all   [8]*renderer.Prepass
	makes int
}

// newCountingCache is a cache that has room for a number of prepasses, and a bit.
func newCountingCache(t *testing.T, room float64) *countingCache {
	t.Helper()
	s := &countingCache{}
	for name := range s.all {
		s.all[name] = made(t, name)
	}
	s.prepasses = newPrepasses(int64(room * float64(s.all[0].Size())))
	return s
}

func (s *countingCache) ask(t *testing.T, names ...int) {
	t.Helper()
	for _, name := range names {
		got, err := s.get(t.Context(), s.all[name].Key(), func() (*renderer.Prepass, error) { s.makes++; return s.all[name], nil })
		require.NoError(t, err)
		require.Same(t, s.all[name], got)
		if s.cache != nil {
			s.cache.CleanUp() // it would drop what there is no room for a moment later
			require.LessOrEqual(t, s.cache.WeightedSize(), s.cache.GetMaximum())
		}
	}
}

// TestPrepassesAreKept as far as there is room, and never beyond.
func TestPrepassesAreKept(t *testing.T) {
	t.Parallel()
	s := newCountingCache(t, 3.5)
	s.ask(t, 1, 2, 3, 1, 2, 3, 3, 2, 1)
	require.Equal(t, 3, s.makes)
	s.ask(t, 1, 2, 3, 4, 5, 6, 7)
	require.Equal(t, 7, s.makes)
	require.Equal(t, 3, s.cache.EstimatedSize())
}

// TestAPrepassThatIsUsedIsKept though others were used more before: a job's bands do not read it again and again.
func TestAPrepassThatIsUsedIsKept(t *testing.T) {
	t.Parallel()
	s := newCountingCache(t, 3.5)
	for range 100 {
		s.ask(t, 1, 2, 3)
	}
	require.Equal(t, 3, s.makes)
	for range 100 {
		s.ask(t, 4)
	}
	require.LessOrEqual(t, s.makes, 3+5)
}

// TestWhatIsTooLargeIsNotKept.
func TestWhatIsTooLargeIsNotKept(t *testing.T) {
	t.Parallel()
	for _, room := range []float64{0, 0.1, 0.9} {
		s := newCountingCache(t, room)
		s.ask(t, 1, 1)
		require.Equal(t, 2, s.makes, "room for %v", room)
	}
}

// TestOneMakesForAll who ask at the same time; if it fails or panics all fail, and if it leaves another makes it.
func TestOneMakesForAll(t *testing.T) {
	t.Parallel()
	p := made(t, 1)
	errBad := errors.New("bad")
	for name, test := range map[string]struct {
		first func(leave context.CancelFunc) (*renderer.Prepass, error)
		makes int
		check func(t *testing.T, err error)
	}{
		"made": {
			func(context.CancelFunc) (*renderer.Prepass, error) { return p, nil }, 1,
			func(t *testing.T, err error) { t.Helper(); require.NoError(t, err) },
		},
		"failed": {
			func(context.CancelFunc) (*renderer.Prepass, error) { return nil, errBad }, 1,
			func(t *testing.T, err error) { t.Helper(); require.ErrorIs(t, err, errBad) },
		},
		"left": {
			func(leave context.CancelFunc) (*renderer.Prepass, error) { leave(); return nil, context.Canceled }, 2,
			func(t *testing.T, err error) { t.Helper(); require.NoError(t, err) },
		},
		"panicked": {
			func(context.CancelFunc) (*renderer.Prepass, error) { panic("bug") }, 1,
			func(t *testing.T, err error) {
				t.Helper()
				_, ok := errors.AsType[*panics.Error](err)
				require.True(t, ok, "%v", err)
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, makes, begin := newPrepasses(0), 0, make(chan struct{})
				ctx, leave := context.WithCancel(t.Context())
				defer leave()
				go func() {
					_, _ = c.get(ctx, p.Key(), func() (*renderer.Prepass, error) {
						makes++
						<-begin
						return test.first(leave)
					})
				}()
				synctest.Wait()
				got := make(chan error)
				for range 3 {
					go func() {
						_, err := c.get(t.Context(), p.Key(), func() (*renderer.Prepass, error) {
							makes++
							<-begin
							return p, nil
						})
						got <- err
					}()
				}
				synctest.Wait() // they wait for the first
				require.Equal(t, 1, makes)
				begin <- struct{}{}
				synctest.Wait()
				close(begin)
				for range 3 {
					test.check(t, <-got)
				}
				require.Equal(t, test.makes, makes)
			})
		})
	}
}

// TestWhoWaitsMayLeave without ending the work of others; who makes it returns when that has ended.
func TestWhoWaitsMayLeave(t *testing.T) {
	t.Parallel()
	p := made(t, 1)
	synctest.Test(t, func(t *testing.T) {
		c, finish := newPrepasses(0), make(chan struct{})
		ask := func(ctx context.Context) (ended chan error) {
			ended = make(chan error, 1)
			go func() {
				_, err := c.get(ctx, p.Key(), func() (*renderer.Prepass, error) {
					<-finish
					return p, ctx.Err()
				})
				ended <- err
			}()
			synctest.Wait()
			return ended
		}
		making, stop := context.WithCancel(t.Context())
		waiting, leave := context.WithCancel(t.Context())
		maker, waiter := ask(making), ask(waiting)
		leave()
		require.ErrorIs(t, <-waiter, context.Canceled)
		stop()
		synctest.Wait()
		require.Empty(t, maker, "it would leave its goroutine behind")
		close(finish)
		require.ErrorIs(t, <-maker, context.Canceled)
	})
}
