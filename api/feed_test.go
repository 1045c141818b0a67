package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

// scripted is a job whose status, and notices, the test decides.
type scripted struct {
	mu      sync.Mutex
	status  job.Status
	err     error
	reads   int
	notices chan job.Notice
}

func (s *scripted) Publish(context.Context, job.Notice) error { return nil }

func (s *scripted) Subscribe(spec.ID) (<-chan job.Notice, func()) { return s.notices, func() {} }

func (s *scripted) read(context.Context, spec.ID) (job.Status, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	return s.status, s.err
}

// becomes changes the status without a word.
func (s *scripted) becomes(p job.Progress, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status.Progress, s.err = p, err
}

func (s *scripted) readings() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reads
}

// scriptedFeed is a feed of one running job, for a test under a clock of its own.
func scriptedFeed(t *testing.T) (*scripted, *feed) {
	t.Helper()
	s := &scripted{notices: make(chan job.Notice, 1)}
	s.becomes(job.Progress{State: job.Running}, nil)
	ctx, stop := context.WithCancel(t.Context())
	var ongoing sync.WaitGroup
	t.Cleanup(func() {
		stop()
		ongoing.Wait()
	})
	return s, newFeed(ctx, Dependencies{Notices: s, Log: slog.New(slog.DiscardHandler)}, &ongoing, s.read)
}

// pass lets time go by.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestNoticesCoalesce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, f := scriptedFeed(t)
		updates, leave := f.join("a")
		defer leave()
		<-updates
		got, last := 0, update{}
		take := func() {
			select {
			case last = <-updates:
				got++
			default:
			}
		}
		for i := range 1000 {
			s.becomes(job.Progress{State: job.Running, BandsDone: i + 1}, nil)
			select {
			case s.notices <- job.Notice{State: job.Running}:
			default:
			}
			pass(time.Millisecond)
			take()
		}
		pass(feedGap)
		take()
		assert.InDelta(t, 10, got, 1, "a thousand changes in a second")
		assert.Contains(t, string(last.data), `"bands_done":1000`, "the last is not lost")
	})
}

// TestAPanicOfALaterReadingIsLogged, though no viewer gets its error: they wait for the next.
func TestAPanicOfALaterReadingIsLogged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, f := scriptedFeed(t)
		log := testenv.NewLog(t)
		f.log = log.Logger
		read := f.read
		f.read = func(ctx context.Context, id spec.ID) (job.Status, error) {
			if s.readings() == 1 {
				_, _ = s.read(ctx, id)
				panic("boom")
			}
			return read(ctx, id)
		}
		updates, leave := f.join("a")
		defer leave()
		require.NoError(t, (<-updates).err)
		pass(rereadSoon)
		require.Empty(t, updates)
		log.RequirePanic(t, "TestAPanicOfALaterReadingIsLogged")
		s.becomes(job.Progress{State: job.Done}, nil)
		require.Equal(t, job.Done, (<-updates).state)
	})
}

func TestWithoutNoticesAJobIsReadEverMoreRarely(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, f := scriptedFeed(t)
		updates, leave := f.join("a")
		defer leave()
		<-updates
		pass(rereadSoon + time.Second)
		assert.Equal(t, 2, s.readings())
		pass(time.Hour)
		assert.InDelta(t, time.Hour/rereadRarely, s.readings(), 5)
		s.becomes(job.Progress{State: job.Done}, nil) // the notice is lost
		pass(rereadRarely)
		assert.Equal(t, job.Done, (<-updates).state)
	})
}

func TestAZeroNoticeIsReasonToLook(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, f := scriptedFeed(t)
		updates, leave := f.join("a")
		defer leave()
		<-updates
		s.becomes(job.Progress{State: job.Done}, nil)
		s.notices <- job.Notice{}
		pass(feedGap)
		assert.Equal(t, job.Done, (<-updates).state)
	})
}

func TestFailedReadingsAreForNewcomers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, f := scriptedFeed(t)
		updates, leave := f.join("a")
		defer leave()
		<-updates
		broken := errors.New("storage is away")
		s.becomes(job.Progress{}, broken)
		later, leaveToo := f.join("a")
		defer leaveToo()
		require.ErrorIs(t, (<-later).err, broken)
		s.becomes(job.Progress{State: job.Done}, nil)
		pass(rereadSoon)
		u := <-updates
		require.NoError(t, u.err, "who has seen a status waits for the next")
		assert.Equal(t, job.Done, u.state)
	})
}

func TestIdleStreamsAreKeptOpen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, f := scriptedFeed(t)
		updates, leave := f.join("a")
		defer leave()
		ctx, left := context.WithCancel(t.Context())
		client := httptest.NewRecorder()
		var streaming sync.WaitGroup
		streaming.Go(func() {
			(&Server{feed: f}).stream(ctx, newEventStream(client), <-updates, updates, "")
		})
		pass(4*heartbeat + time.Second)
		left()
		streaming.Wait()
		assert.Equal(t, 4, strings.Count(client.Body.String(), "\n\n: "), "a comment at every heartbeat: %s", client.Body)
		assert.Equal(t, 1, strings.Count(client.Body.String(), "event:"), "and no event")
		assert.True(t, client.Flushed)
	})
}
