package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"mandelfarm/access"
	"mandelfarm/internal/combine"
	"mandelfarm/internal/requestid"
	"mandelfarm/internal/tracing"
	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/outbound"
	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
)

// Dependencies are the parts of the farm that a server asks.
type Dependencies struct {
	Ledger   *ledger.Ledger
	Tasks    Tasks
	Shares   Shares
	Notices  Notices
	Progress Progress
	Fleet    Fleet
	Keys     KeyNews
	Spender  Spender
	// Presigner is the store, for a [Config].Presign that is not 0; nil if the store has no presigned URLs.
	Presigner ledger.Presigner
	Health    http.Handler // answers /healthz and /readyz
	Metrics   http.Handler // answers /metrics; nil is none
	Page      Page         // for browsers
	Version   string       // of the program, for its description
	Log       *slog.Logger
	Observer  Observer        // nil is nobody
	Tracer    *tracing.Tracer // nil traces nothing
}

// Tasks is how the API has work done.
type Tasks interface {
	// Room fails with job.ErrQueueFull if a lane can take no more.
	Room(ctx context.Context, lane job.Lane) error
	// Enqueue queues a task unless it is queued or running.
	Enqueue(ctx context.Context, t job.Task) error
	// Revive queues a task again if it was lost.
	Revive(ctx context.Context, t job.Task) error
	// Withdraw takes a task out of its lane unless a worker has it, and reports whether it was there.
	Withdraw(ctx context.Context, t job.Task) (bool, error)
	// Cancel stops the tasks of a job.
	Cancel(ctx context.Context, j job.Job) error
}

// Shares is how the clients of the farm take turns.
type Shares interface {
	// Submit has a job's own task done when it is its client's turn, unless that waits or is being worked on.
	Submit(ctx context.Context, j job.Job) error
	// SubmitGroup is Submit for the task of a group.
	SubmitGroup(ctx context.Context, g job.Group) error
}

// Notices is how processes tell each other that something about a job changed.
type Notices interface {
	// Publish tells every process.
	Publish(ctx context.Context, n job.Notice) error
	// Subscribe returns a channel of word about an image, and its end. A zero
	// notice says that word may have been missed.
	Subscribe(id spec.ID) (<-chan job.Notice, func())
}

// Progress is what the workers have noted of open jobs.
type Progress interface {
	// ProgressOf tells which of the images are being drawn, since when, and how far.
	ProgressOf(ctx context.Context, ids ...spec.ID) (map[spec.ID]job.Progress, error)
	// Completions tells which bands of a job are stored, and since when.
	Completions(ctx context.Context, id spec.ID) ([]job.Completion, error)
	// DrawingOf tells how much is drawn of the bands that are not stored.
	DrawingOf(ctx context.Context, id spec.ID) ([]job.Drawing, error)
	// WorkersOf names the workers that are on a job.
	WorkersOf(ctx context.Context, id spec.ID) ([]string, error)
	// PreviewsOf tells what the bands that are drawn look like.
	PreviewsOf(ctx context.Context, id spec.ID) (map[int][]byte, error)
}

// Fleet is the workers, and what waits for them.
type Fleet interface {
	// Workers lists those that are there.
	Workers(ctx context.Context) ([]job.Worker, error)
	// Backlogs tells how each lane stands, given the workers.
	Backlogs(ctx context.Context, workers []job.Worker) ([]job.Backlog, error)
	// ClientsOf tells what clients have, and have got of late, of a lane.
	ClientsOf(ctx context.Context, lane job.Lane) ([]job.ClientShare, error)
	// Drain has a worker take nothing more.
	Drain(ctx context.Context, name string) error
	// HistoryOf is what is known of who has worked on a job.
	HistoryOf(ctx context.Context, id spec.ID) ([]job.Stint, error)
	// Position is the place of a task among those that wait, from 1; 0 if it does not.
	Position(ctx context.Context, t job.Task) (int, error)
}

// Config bounds what clients may ask and how long they are kept waiting.
type Config struct {
	Limits     renderer.Limits
	Sync       Bounds        // of a picture that a request may wait for
	WaitLimit  time.Duration // longest wait for a picture before 503
	FindTime   time.Duration // longest search for a minibrot
	CacheBytes int64         // pictures kept in memory; 0 keeps none
	MaxBody    int64         // bytes of a request's body
	MaxBatch   int           // Specs that one request may have
	// Presign, unless 0, sends clients who fetch a job's picture to storage, by a
	// URL that is good for so long. There must be a [Dependencies].Presigner.
	Presign time.Duration
	// AllowedHosts are the names and addresses, without ports, that the farm may be
	// asked by, beside those of the loopback interface; [AnyHost] allows all.
	AllowedHosts []string
	// TrustedOrigins are origins (scheme://host[:port]) whose pages may change things.
	// The farm's own is known without.
	TrustedOrigins []string
	// Pools are those that jobs may ask for.
	Pools []string
	// Anonymous says what those may do who have no key.
	Anonymous Anonymous
	// Loopback says that the server listens on the loopback interface alone, so that nobody but this machine and its proxies
	// reaches it.
	Loopback bool
	// TrustedProxies are addresses and prefixes of the proxies whose X-Forwarded-For is believed.
	TrustedProxies []string
	// KeyBudgets are what each key gets, AnonymousBudgets what each network gets that asks without one. Without a quota there
	// is no bound.
	KeyBudgets, AnonymousBudgets Budgets
	// Strangers bounds what is drawn for those who may not have jobs drawn.
	Strangers Bounds
	// WebhookAllow are rules ([outbound.ParsePolicy]) of what jobs may name as webhooks; without any none may.
	WebhookAllow []string
	// AccessLog says which requests are logged.
	AccessLog AccessLog
}

// DefaultConfig suits a public farm on one machine.
func DefaultConfig() Config {
	return Config{
		Limits:     renderer.DefaultLimits(),
		Sync:       Bounds{Pixels: 16 << 20, Iterations: 1e12, Reference: 2 * time.Minute},
		Strangers:  Bounds{Pixels: 2 << 20, Iterations: 1e11, Reference: 10 * time.Second},
		Anonymous:  AnonymousAuto,
		WaitLimit:  30 * time.Second,
		FindTime:   10 * time.Second,
		CacheBytes: 256 << 20,
		MaxBody:    1 << 20,
		MaxBatch:   1000,
		AccessLog:  LogSampled,
	}
}

// Server answers requests. It is safe for concurrent use; Close it after the
// HTTP server in front of it has stopped.
type Server struct {
	cfg      Config
	deps     Dependencies
	router   *gin.Engine
	busy     *gin.Engine // answers what there is no room for
	guard    *guard
	explorer *explorer
	pictures *pictures
	feed     *feed
	targets  targets
	viewers  *viewers
	access   *accessLog
	keys     *keyring
	proxies  proxies
	webhooks outbound.Policy
	together *combine.Combiner[*submission]

	everybody access.Role // what anybody may do, see [Anonymous]
	caching   caching     // of pictures

	requestIDs *requestid.Source
	exchanges  sync.Pool // of *exchange

	began     time.Time                                                      // when it was made
	observers map[string]func(method string, status int, took time.Duration) // by route

	searching chan struct{} // holds the one search for a minibrot that may be under way
	quoting   chan struct{} // and the one quote

	stop       context.CancelFunc // ends what requests have set going
	endStreams context.CancelFunc
	ongoing    sync.WaitGroup
}

// New is a server for a farm. What requests set going ends with ctx at the latest.
func New(ctx context.Context, cfg Config, deps Dependencies) (*Server, error) {
	if cfg.Presign != 0 && deps.Presigner == nil {
		return nil, errors.New("this storage has no presigned URLs")
	}
	cfg.KeyBudgets, cfg.AnonymousBudgets = cfg.KeyBudgets.named(), cfg.AnonymousBudgets.named()
	guard, err := newGuard(cfg)
	if err != nil {
		return nil, err
	}
	explorer, err := newExplorer(deps.Page)
	if err != nil {
		return nil, err
	}
	proxies, err := newProxies(cfg.TrustedProxies)
	if err != nil {
		return nil, err
	}
	webhooks, err := outbound.ParsePolicy(cfg.WebhookAllow)
	if err != nil {
		return nil, err
	}
	if deps.Observer == nil {
		deps.Observer = nobody{}
	}
	ctx, stop := context.WithCancel(ctx)
	streams, endStreams := context.WithCancel(ctx)
	s := &Server{
		cfg: cfg, deps: deps, guard: guard, explorer: explorer, searching: make(chan struct{}, 1), quoting: make(chan struct{}, 1),
		stop: stop, endStreams: endStreams, began: time.Now(),
		proxies: proxies, webhooks: webhooks, everybody: cfg.Anonymous.everybody(), caching: cachingFor(cfg.Anonymous.everybody()),
	}
	s.holdKeys(ctx)
	s.feed = newFeed(streams, deps, &s.ongoing, s.read)
	s.pictures, s.targets = newPictures(ctx, cfg, deps, &s.ongoing), newTargets()
	s.viewers = newViewers(newPyramids(ctx, deps, &s.ongoing))
	s.access, s.requestIDs = &accessLog{log: deps.Log, which: cfg.AccessLog, proxies: proxies}, requestid.NewSource()
	s.together = combine.New(job.MaxGroup, lingering, requestTimeout, s.acceptAll)
	s.exchanges.New = func() any { return new(exchange) }
	s.router, s.busy = s.routes(s.middleware()), s.turnAway() //nolint:contextcheck // handlers use their requests' contexts
	return s, nil
}

// holdKeys reads the keys, now and whenever they change until ctx ends.
func (s *Server) holdKeys(ctx context.Context) {
	s.keys = &keyring{ledger: s.deps.Ledger, log: s.deps.Log, began: s.began}
	changed, leave := s.deps.Keys.KeysChanged()
	_ = s.keys.reread(ctx) // which is tried again, and logged, below
	s.ongoing.Go(func() {
		defer leave()
		s.keys.follow(ctx, changed)
	})
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
