package main

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"mandelfarm/internal/testenv"
	"mandelfarm/job"
	"mandelfarm/queue"
	"mandelfarm/queue/embedded"
	"mandelfarm/storage"
	"mandelfarm/storage/dir"
	"mandelfarm/storage/s3"
)

// countingStore wraps a store as metrics or checks would.
type countingStore struct {
	storage.Store
	puts atomic.Int64
}

func (s *countingStore) Put(ctx context.Context, key, contentType string, r io.Reader) error {
	if strings.HasPrefix(key, "renders/") { // a sweep stores how far it is, beside
		s.puts.Add(1)
	}
	return s.Store.Put(ctx, key, contentType, r)
}

// counting wraps a handler of tasks.
func counting(handle queue.Handler, tasks *atomic.Int64) queue.Handler {
	return func(ctx context.Context, t job.Task, d job.Delivery) error {
		tasks.Add(1)
		return handle(ctx, t, d)
	}
}

// TestStoresAndTasksCanBeWrapped without a part of the farm that knows of it.
func TestStoresAndTasksCanBeWrapped(t *testing.T) {
	t.Parallel()
	redis, err := embedded.Start()
	require.NoError(t, err)
	t.Cleanup(redis.Close)
	log := testenv.NewLog(t)
	q, err := queue.Open(t.Context(), queue.Config{URL: redis.URL(), Limit: 100, Log: log.Logger})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, q.Close()) })
	folder, err := dir.Open(t.TempDir())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, folder.Close()) })

	s := defaultSettings()
	fs := pflag.NewFlagSet("", pflag.ContinueOnError)
	s.addListen(fs, "127.0.0.1:0", "")
	s.addConnections(fs)
	s.addAPI(fs)
	s.addWorker(fs)
	store, tasks := &countingStore{Store: folder}, new(atomic.Int64)
	f := newFarm(s, log.Logger, q, store, abilitiesOf(folder), http.NotFoundHandler())
	ctx, stop := context.WithCancel(t.Context())
	g, ctx := errgroup.WithContext(ctx)
	w, err := f.newWorker(ctx)
	require.NoError(t, err)
	g.Go(func() error { return f.serveTasks(ctx, w, counting(w.Handle, tasks), time.Second) })
	g.Go(func() error { return f.serveAPI(ctx, time.Second) })
	t.Cleanup(func() {
		stop()
		require.NoError(t, g.Wait())
	})
	var url string
	require.Eventually(t, func() bool {
		for _, line := range log.Lines("msg=listening") {
			url = listening.FindStringSubmatch(line)[1]
		}
		return url != ""
	}, testTimeout, time.Millisecond)
	response, err := http.Get(url + "/generate/100/100")
	require.NoError(t, err)
	defer response.Body.Close()
	assert.Equal(t, http.StatusOK, response.StatusCode)
	assert.EqualValues(t, 1, store.puts.Load())
	assert.EqualValues(t, 1, tasks.Load())
}

// TestAbilitiesAreThoseOfTheStore itself, whatever is wrapped around it.
func TestAbilitiesAreThoseOfTheStore(t *testing.T) {
	t.Parallel()
	of := abilitiesOf(&s3.Store{})
	assert.NotNil(t, of.presigner)
	assert.NotNil(t, of.abandoned)
	of = abilitiesOf(&dir.Store{})
	assert.Nil(t, of.presigner)
	assert.NotNil(t, of.abandoned)
}
