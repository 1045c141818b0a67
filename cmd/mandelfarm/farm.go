package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"

	"mandelfarm/api"
	"mandelfarm/internal/tracing"
	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/metrics"
	"mandelfarm/queue"
	"mandelfarm/queue/embedded"
	"mandelfarm/renderer"
	"mandelfarm/renderer/parity"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage"
	"mandelfarm/storage/dir"
	"mandelfarm/storage/s3"
	"mandelfarm/web"
	"mandelfarm/worker"
)

// runner runs a part of the farm until ctx ends.
type runner func(ctx context.Context, s *settings, log *slog.Logger) error

// runAll is the farm in one process: an embedded queue, and a folder.
func runAll(ctx context.Context, s *settings, log *slog.Logger) error {
	tracer, err := openTracer(ctx, s, wholeFarm.service(), log)
	if err != nil {
		return err
	}
	defer closeTracer(ctx, tracer, log)
	redis, err := embedded.Start()
	if err != nil {
		return err
	}
	defer redis.Close()
	q, err := queue.Open(ctx, queue.Config{URL: redis.URL(), Limit: s.queueLimit, Log: log, Tracer: tracer})
	if err != nil {
		return err
	}
	defer closeQueue(ctx, q, log)
	store, err := dir.Open(s.data) //nolint:contextcheck // opening a folder is not given up half way
	if err != nil {
		return fmt.Errorf("--data (DATA): %w", err)
	}
	defer closeStore(ctx, store, log)
	release, err := lockFolder(ctx, store, s.listen, log)
	if err != nil {
		return err
	}
	defer release()

	f := newFarm(s, log, q, traced(store, tracer), abilitiesOf(store), newHealth(q, store, log, wholeFarm))
	f.tracer = tracer
	w, err := f.newWorker(ctx)
	if err != nil {
		return err
	}
	// The worker outlives the requests that wait for it. They have the grace; what
	// it is at after that is no longer waited for.
	g, ctx := errgroup.WithContext(ctx)
	working, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	g.Go(func() error { return f.serveTasks(working, w, w.Handle, time.Millisecond) })
	g.Go(func() error {
		defer stopWork()
		return f.serveAPI(ctx, s.worker.grace)
	})
	return g.Wait()
}

// lockFolder keeps other farms off the folder until release is called: two would draw the same jobs, and count them twice. It
// also says what the folder cannot do.
func lockFolder(ctx context.Context, store *dir.Store, listen string, log *slog.Logger) (release func(), err error) {
	unlock, err := store.Lock("mandelfarm on " + listen)
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		log.LogAttrs(ctx, slog.LevelWarn, "folder not locked: this system has no lock for it; run one farm on it")
		unlock = func() error { return nil }
	case err != nil:
		return nil, fmt.Errorf("--data (DATA): %w", err)
	}
	if !store.Checks() {
		log.LogAttrs(ctx, slog.LevelWarn, "what is stored is not checked: the file system of the folder keeps no extended attributes")
	}
	return func() { logClose(ctx, log, "lock", unlock()) }, nil
}

// runAPI answers requests on real servers.
func runAPI(ctx context.Context, s *settings, log *slog.Logger) error {
	return onServers(ctx, s, log, onlyServes, func(f *farm) error {
		g, ctx := errgroup.WithContext(ctx)
		g.Go(func() error { return f.serveAPI(ctx, s.api.WaitLimit+margin) })
		g.Go(func() error {
			f.standIn(ctx)
			return nil
		})
		return g.Wait()
	})
}

// margin is what an answer may take after the wait for its picture has ended.
const margin = 2 * time.Second

// runWorker draws on real servers, and answers probes until it has ended.
func runWorker(ctx context.Context, s *settings, log *slog.Logger) error {
	return onServers(ctx, s, log, onlyDraws, func(f *farm) error {
		w, err := f.newWorker(ctx)
		if err != nil {
			return err
		}
		g, ctx := errgroup.WithContext(ctx)
		probing, stopProbes := context.WithCancel(context.WithoutCancel(ctx))
		g.Go(func() error {
			defer stopProbes()
			return f.serveTasks(ctx, w, w.Handle, s.worker.grace)
		})
		g.Go(func() error { return f.serveProbes(probing) })
		return g.Wait()
	})
}

// onServers connects to Redis and S3, waiting for those that are starting, and
// runs a part of the farm on them.
func onServers(ctx context.Context, s *settings, log *slog.Logger, duty duty, run func(*farm) error) error {
	tracer, err := openTracer(ctx, s, duty.service(), log)
	if err != nil {
		return err
	}
	defer closeTracer(ctx, tracer, log)
	cfg := s.queue()
	cfg.Log, cfg.Tracer = log, tracer
	q, err := queue.Open(ctx, cfg)
	if err != nil {
		return err
	}
	defer closeQueue(ctx, q, log)
	redisAddr, err := queue.ParseURL(cfg.URL)
	if err != nil {
		return err
	}
	start := startup{timeout: s.startTimeout, log: log}
	if err := start.await(ctx, "Redis at "+redisAddr+" (REDIS_URL)", q.Ping); err != nil {
		return err
	}
	var store *s3.Store
	err = start.await(ctx, "S3 at "+s.s3.Endpoint+" (S3_ENDPOINT)", func(ctx context.Context) (err error) {
		store, err = s3.Open(ctx, s.s3)
		return err
	})
	if err != nil {
		return err
	}
	defer closeStore(ctx, store, log)
	f := newFarm(s, log, q, traced(store, tracer), abilitiesOf(store), newHealth(q, store, log, duty))
	f.tracer = tracer
	return run(f)
}

// farm is the parts that the commands combine. Whatever concerns all operations of the store, all tasks or all requests
// alike goes around a part here, or into the middleware of package api: the parts themselves do not know of it.
type farm struct {
	settings  *settings
	log       *slog.Logger
	queue     *queue.Queue
	ledger    *ledger.Ledger
	abilities abilities
	health    http.Handler
	metrics   *metrics.Registry
	ended     *metrics.Ended
	tracer    *tracing.Tracer // nil traces nothing
}

// abilities are what some stores can do beside what a [storage.Store] must.
type abilities struct {
	presigner ledger.Presigner
	// abandoned removes what writers that died before the given time have left.
	abandoned func(ctx context.Context, before time.Time) error
}

// abilitiesOf are those of a store itself, not of what is wrapped around it.
func abilitiesOf(store storage.Store) (a abilities) {
	a.presigner, _ = store.(ledger.Presigner)
	if uploads, ok := store.(interface {
		AbortAbandoned(ctx context.Context, before time.Time) error
	}); ok {
		a.abandoned = uploads.AbortAbandoned
	}
	return a
}

func newFarm(s *settings, log *slog.Logger, q *queue.Queue, store storage.Store, can abilities, health http.Handler) *farm {
	told := metrics.New(version(), spec.Version)
	told.Queue(q)
	return &farm{
		settings: s, log: log, queue: q, ledger: ledger.New(told.Store(store), ledger.Options{Damage: tellDamage(log, told.Damage())}), abilities: can, health: health,
		metrics: told, ended: told.Ended(),
	}
}

// tellDamage counts and logs damaged records, of which those that are not mended wait for somebody.
func tellDamage(log *slog.Logger, count func(context.Context, ledger.Damage)) func(context.Context, ledger.Damage) {
	return func(ctx context.Context, d ledger.Damage) {
		count(ctx, d)
		log.LogAttrs(ctx, slog.LevelError, "record damaged", slog.String("kind", string(d.Kind)), slog.String("key", d.Key),
			slog.Bool("mended", d.Mended), slog.Any("err", d.Err))
	}
}

// pages are what a worker answers by HTTP.
func (f *farm) pages() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", f.health)
	mux.Handle("/metrics", f.metrics.Handler())
	return mux
}

// notices are those of the queue, with the history of what has ended.
func (f *farm) notices() archivist { return archivist{f.queue, f.ledger, f.log} }

// dependencies are what whoever does a worker's duties has, but for its locks and what only drawing takes.
func (f *farm) dependencies() worker.Dependencies {
	q := f.queue
	return worker.Dependencies{Ledger: f.ledger, Tasks: q, Shares: q, Progress: q, Live: q, Fleet: q, Previews: q, Notices: f.notices(), Log: f.log}
}

func (f *farm) newWorker(ctx context.Context) (*worker.Worker, error) {
	set, q := f.settings.worker, f.queue
	speed, err := renderer.Speed(ctx)
	if err != nil {
		return nil, fmt.Errorf("measure the speed of this machine: %w", err)
	}
	webhooks, err := f.settings.sender()
	if err != nil {
		return nil, err
	}
	deps := f.dependencies()
	deps.Locks, deps.Webhooks, deps.Observer = q, webhooks, f.metrics.Work(f.ended, job.Pool(set.pool))
	w := worker.New(worker.Config{
		Threads: set.threads, Band: set.band, AtOnce: set.batch, Speed: speed, PrepassCache: set.prepassCache,
		ImagesMaxAge: set.rendersMaxAge, ImagesMaxBytes: set.rendersMaxBytes, PrepassMaxAge: set.prepassMaxAge, VersionWait: set.versionWait,
		Abandoned: f.abilities.abandoned,
	}, deps)
	f.metrics.Prepasses(w.CacheStats)
	return w, nil
}

// auditInterval is how soon what nothing else would find is found: crashes leave next
// to nothing of it.
const auditInterval = 24 * time.Hour

// serveTasks has a worker draw until ctx ends, reconcile, sweep and audit, and put on record who is blocked. Tasks, which are handled by handle, then have
// the grace.
func (f *farm) serveTasks(ctx context.Context, w *worker.Worker, handle queue.Handler, grace time.Duration) error {
	set := f.settings.worker
	atOnce := map[job.Lane]int{job.Interactive: set.interactive, job.Control: set.control, job.Batch: set.batch}
	var assigned []queue.Assignment
	for _, lane := range job.Pool(set.pool).Lanes() {
		assigned = append(assigned, queue.Assignment{Lane: lane, Concurrency: atOnce[lane.Base()], Poll: set.poll})
	}
	if f.settings.tellsWebhooks() {
		assigned = append(assigned, queue.Assignment{Lane: job.Webhooks, Concurrency: f.settings.webhooks.tasks, Poll: set.poll})
	}
	f.queue.Introduce(func() job.Worker {
		recent := w.PixelsPerSecond()
		return job.Worker{
			Version: version(), RendererVersion: spec.Version, Cores: runtime.GOMAXPROCS(0), Threads: set.threads,
			PixelsPerSecond: recent[len(recent)-1], Recent: recent, Speed: math.Round(100*w.Speed()) / 100,
		}
	})
	f.queue.Draws(func(ctx context.Context) (map[string]string, error) { return parity.Draw(ctx, set.threads) })
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return f.queue.Serve(ctx, assigned, grace, handle) })
	g.Go(func() error {
		w.Reconcile(ctx, set.reconcile)
		return nil
	})
	if f.settings.tellsWebhooks() {
		g.Go(func() error {
			w.Tell(ctx, set.reconcile)
			return nil
		})
	}
	g.Go(func() error {
		w.Sweep(ctx, set.sweep)
		return nil
	})
	g.Go(func() error {
		w.Audit(ctx, auditInterval)
		return nil
	})
	g.Go(func() error {
		(&blockWatch{workers: f.queue.Workers, ledger: f.ledger, log: f.log}).watch(ctx)
		return nil
	})
	return g.Wait()
}

// serveAPI answers requests until ctx ends. Those under way then have the grace.
func (f *farm) serveAPI(ctx context.Context, grace time.Duration) error {
	listener, err := f.settings.openListener(ctx)
	if err != nil {
		return err
	}
	cfg := f.settings.api
	cfg.AllowedHosts, cfg.Loopback = f.allowedHosts(listener.Addr()), isLoopback(listener.Addr())
	// Requests under way at the end of ctx are still answered.
	server, err := api.New(context.WithoutCancel(ctx), cfg, api.Dependencies{
		Ledger: f.ledger, Tasks: f.queue, Shares: f.queue, Notices: f.notices(), Progress: f.queue, Fleet: f.queue, Keys: f.queue, Spender: f.queue, Presigner: f.abilities.presigner,
		Health: f.health, Metrics: f.metrics.Handler(), Page: api.Page{Document: web.Document(), Assets: web.Assets()}, Version: version(), Log: f.log, Observer: f.metrics.Requests(f.ended),
		Tracer: f.tracer,
	})
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer server.Close()
	return f.serveHTTP(ctx, listener, answers{handler: server, busy: server.Busy(), tls: f.tls(ctx), ending: server.EndStreams}, grace)
}

// tls is how the API speaks TLS; nil if it does not.
func (f *farm) tls(ctx context.Context) *tls.Config {
	if f.settings.tls == (tlsFiles{}) {
		return nil
	}
	return serverTLS(f.settings.tls, func(err error) {
		f.log.LogAttrs(ctx, slog.LevelError, "new certificate refused, the last one goes on", slog.Any("err", err))
	})
}

// serveProbes answers nothing but probes and scrapes until ctx ends.
func (f *farm) serveProbes(ctx context.Context) error {
	listener, err := f.settings.openListener(ctx)
	if err != nil {
		return err
	}
	return f.serveHTTP(ctx, listener, answers{handler: f.pages(), busy: f.health, ending: func() {}}, margin)
}

func closeQueue(ctx context.Context, q *queue.Queue, log *slog.Logger) {
	logClose(ctx, log, "queue", q.Close())
}

func closeStore(ctx context.Context, s io.Closer, log *slog.Logger) {
	logClose(ctx, log, "storage", s.Close())
}

func logClose(ctx context.Context, log *slog.Logger, what string, err error) {
	if err != nil {
		log.LogAttrs(ctx, slog.LevelWarn, "not closed", slog.String("what", what), slog.Any("err", err))
	}
}
