package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage"
)

// Queue is what the API needs of the queue.
type Queue interface {
	Tasks
	Notices
}

// Tasks is how the API has work done.
type Tasks interface {
	// Room fails with job.ErrQueueFull if a lane can take no more.
	Room(ctx context.Context, lane job.Lane) error
	// Enqueue queues a task unless it is queued or running.
	Enqueue(ctx context.Context, t job.Task) error
	// Revive queues a task again if it was lost.
	Revive(ctx context.Context, t job.Task) error
	// Cancel stops the tasks of a job.
	Cancel(ctx context.Context, id spec.ID) error
	// Progress tells which of the images are being drawn, since when, and how far.
	Progress(ctx context.Context, ids ...spec.ID) (map[spec.ID]job.Progress, error)
}

// Notices is how processes tell each other that something about a job changed.
type Notices interface {
	// Publish tells every process.
	Publish(ctx context.Context, n job.Notice) error
	// Subscribe returns a channel of word about an image, and its end. A zero
	// notice says that word may have been missed.
	Subscribe(id spec.ID) (<-chan job.Notice, func())
}

// Board is where the workers note how far large jobs are.
type Board interface {
	// Completions tells which bands of a job are stored, and since when.
	Completions(ctx context.Context, id spec.ID) ([]job.Completion, error)
	// Crew names the workers that are on a job.
	Crew(ctx context.Context, id spec.ID) ([]string, error)
	// Strips tells what the bands that are drawn look like.
	Strips(ctx context.Context, id spec.ID) (map[int][]byte, error)
}

// Config bounds what clients may ask and how long they are kept waiting.
type Config struct {
	Limits     renderer.Limits
	SyncPixels int64 // samples of a picture that a request may wait for
	// SyncIterations is how many iterations all its samples may have together, unless
	// they are "auto".
	SyncIterations int64
	// SyncReference is how long its reference orbit may take, as estimated.
	SyncReference time.Duration
	WaitLimit     time.Duration // longest wait for a picture before 503
	FindTime      time.Duration // longest search for a minibrot
	CacheBytes    int64         // pictures kept in memory; 0 keeps none
	MaxBody       int64         // bytes of a request's body
	// Presign, unless 0, sends clients who fetch a job's picture to storage, by a
	// URL that is good for so long. The store must be a [Presigner].
	Presign time.Duration
}

// Presigner is a store that can let others fetch an object.
type Presigner interface {
	// Presign returns a URL by which anybody may fetch the object until validity
	// has passed, under a file name.
	Presign(ctx context.Context, key string, validity time.Duration, filename string) (string, error)
}

// DefaultConfig suits a public farm on one machine.
func DefaultConfig() Config {
	return Config{
		Limits:         renderer.DefaultLimits(),
		SyncPixels:     16 << 20,
		SyncIterations: 1e12,
		SyncReference:  2 * time.Minute,
		WaitLimit:      30 * time.Second,
		FindTime:       10 * time.Second,
		CacheBytes:     256 << 20,
		MaxBody:        1 << 20,
	}
}

// Server answers requests. It is safe for concurrent use; Close it after the
// HTTP server in front of it has stopped.
type Server struct {
	cfg     Config
	store   storage.Store
	ledger  *ledger.Ledger
	queue   Queue
	board   Board
	log     *slog.Logger
	router  *gin.Engine
	finder  *finder
	feed    *feed
	targets targets
	presign Presigner // nil if the API sends pictures itself

	searching chan struct{} // holds the one search for a minibrot that may be under way

	stop       context.CancelFunc // ends what requests have set going
	endStreams context.CancelFunc
	ongoing    sync.WaitGroup
}

// New is a server for the farm behind store, l and q. Probes are answered by
// health, at /healthz and /readyz; the page for browsers is page. What requests
// set going ends with ctx at the latest.
func New(ctx context.Context, cfg Config, store storage.Store, l *ledger.Ledger, q Queue, b Board,
	health http.Handler, page []byte, log *slog.Logger,
) (*Server, error) {
	ctx, stop := context.WithCancel(ctx)
	streams, endStreams := context.WithCancel(ctx)
	s := &Server{cfg: cfg, store: store, ledger: l, queue: q, board: b, log: log, stop: stop, endStreams: endStreams}
	s.searching = make(chan struct{}, 1)
	s.feed = newFeed(streams, q, &s.ongoing, s.read)
	var finderErr, targetsErr, presignErr error
	s.finder, finderErr = newFinder(ctx, cfg, store, q, &s.ongoing)
	s.targets, targetsErr = newTargets()
	s.presign, presignErr = presigner(cfg, store)
	if err := errors.Join(finderErr, targetsErr, presignErr); err != nil {
		stop()
		return nil, err
	}
	s.router = s.routes(health, page) //nolint:contextcheck // handlers use their requests' contexts
	return s, nil
}

// presigner is the store, if pictures are to be fetched from it.
func presigner(cfg Config, store storage.Store) (Presigner, error) {
	if cfg.Presign == 0 {
		return nil, nil //nolint:nilnil // none is wanted
	}
	p, ok := store.(Presigner)
	if !ok {
		return nil, errors.New("this storage has no presigned URLs")
	}
	return p, nil
}

// EndStreams ends all event streams, now and from now on: they would go on for
// as long as their jobs. It is for [http.Server.RegisterOnShutdown]. Clients
// connect again, to another process.
func (s *Server) EndStreams() { s.endStreams() }

// Close ends what requests have set going and waits for it.
func (s *Server) Close() {
	s.stop()
	s.ongoing.Wait()
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.router.ServeHTTP(w, r) }

func (s *Server) routes(health http.Handler, page []byte) *gin.Engine {
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	r.HandleMethodNotAllowed = true
	r.RedirectTrailingSlash = false // one address for one thing
	r.Use(gin.CustomRecoveryWithWriter(nil, s.panicked))
	r.Use(func(c *gin.Context) { c.Header("X-Content-Type-Options", "nosniff") })
	r.NoRoute(func(c *gin.Context) { s.fail(c, errNoRoute) })
	r.NoMethod(func(c *gin.Context) { s.fail(c, errMethod) })

	read := []string{http.MethodGet, http.MethodHead}
	r.Match(read, "/", s.index(page))
	r.Match(read, "/generate/:width/:height", s.generate)
	r.Match(read, "/tiles/:z/:x/:file", s.tile)
	r.Match(read, "/find", s.minibrot)
	r.POST("/jobs", soon(s.submit))
	r.Match(read, "/jobs", soon(s.list))
	r.Match(read, "/jobs/:id", soon(s.status))
	r.DELETE("/jobs/:id", soon(s.cancel))
	r.POST("/jobs/:id/retry", soon(s.retry))
	r.Match(read, "/jobs/:id/events", s.events)
	r.Match(read, "/jobs/:id/image", s.jobImage)
	r.Match(read, "/jobs/:id/preview", soon(s.preview))
	r.POST("/jobs/:id/pause", soon(s.hold(true)))
	r.POST("/jobs/:id/resume", soon(s.hold(false)))
	r.Match(read, "/healthz", gin.WrapH(health))
	r.Match(read, "/readyz", gin.WrapH(health))
	return r
}

// patience is how long storage and Redis may take for a request that waits for
// no picture.
const patience = 15 * time.Second

// soon ends a handler's context when its time is up: 503 rather than silence.
func soon(handle gin.HandlerFunc) gin.HandlerFunc {
	return func(c *gin.Context) {
		ctx, cancel := context.WithTimeout(c.Request.Context(), patience)
		defer cancel()
		c.Request = c.Request.WithContext(ctx)
		handle(c)
	}
}
