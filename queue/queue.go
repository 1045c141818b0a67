package queue

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"mandelfarm/internal/tracing"
	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

// Config says which Redis to use and how much it may be asked to hold.
type Config struct {
	URL    string       // where Redis is, see [ParseURL]
	Access Access       // who asks there
	Limit  int          // tasks that may wait in one lane; at least 1
	Log    *slog.Logger // what asynq and the handlers report
	// Timeout ends a delivery that does not come to an end, which counts as a
	// failure. 0 is an hour.
	Timeout time.Duration
	Tracer  *tracing.Tracer // nil traces nothing
}

// defaultTimeout is twice what a reference orbit may be estimated to take.
const defaultTimeout = time.Hour

// Queue is a connection to the farm's Redis. It is safe for concurrent use.
type Queue struct {
	redis     *connector
	rdb       redis.UniversalClient
	client    *asynq.Client
	inspector *asynq.Inspector
	bus       *bus
	limit     int
	timeout   time.Duration
	log       *slog.Logger
	tracer    *tracing.Tracer
	name      string // of this process, in claims
	describe  func() job.Worker
	draw      func(ctx context.Context) (map[string]string, error)
	serving   atomic.Pointer[presence] // nil before Serve

	turns       turns
	noteRows    *redis.Script
	giveUp      *redis.Script
	removeGhost *redis.Script
	hasten      *redis.Script
	ghosts      ghosts
	spend       *redis.Script
	counters
}

// Open connects to Redis and subscribes to the farm's channels. It does not
// wait for a server that is not there yet: see [Queue.Ping].
func Open(ctx context.Context, cfg Config) (*Queue, error) {
	a, err := parseAddress(cfg.URL)
	if err != nil {
		return nil, fmt.Errorf("open queue: %w", err)
	}
	connector, err := newConnector(a, cfg.Access)
	if err != nil {
		return nil, fmt.Errorf("open queue: %w", err)
	}
	redis.SetLogger(redisLog{cfg.Log}) // it has one for the whole process
	rdb := connector.client()
	if cfg.Tracer != nil {
		rdb.AddHook(traced{})
	}
	name := processName()
	return &Queue{
		redis:     connector,
		rdb:       rdb,
		client:    asynq.NewClientFromRedisClient(rdb),
		inspector: asynq.NewInspectorFromRedisClient(rdb),
		bus:       listen(ctx, rdb, name),
		limit:     cfg.Limit,
		timeout:   cmp.Or(cfg.Timeout, defaultTimeout),
		log:       cfg.Log,
		tracer:    cfg.Tracer,
		name:      name,
		describe:  func() job.Worker { return job.Worker{} },
		draw:      func(context.Context) (map[string]string, error) { return nil, errors.ErrUnsupported },

		turns:       newTurns(),
		noteRows:    redis.NewScript(noteRows),
		giveUp:      redis.NewScript(giveUp),
		removeGhost: redis.NewScript(removeGhost),
		hasten:      redis.NewScript(hasten),
		spend:       redis.NewScript(spend),
	}, nil
}

// processName tells processes apart in claims and logs: host, pid, and enough
// randomness for pids that come round again in containers.
func processName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s-%d-%s", host, os.Getpid(), rand.Text()[:4])
}

// Name is that of this process, in claims and histories.
func (q *Queue) Name() string { return q.name }

// Close ends the subscription and the connections.
func (q *Queue) Close() error {
	q.bus.close()
	return q.rdb.Close()
}

// Ping reports whether Redis answers.
func (q *Queue) Ping(ctx context.Context) error { return unavailable(q.rdb.Ping(ctx).Err()) }

// Probe reports whether Redis takes writes, which the farm lives by: a replica that
// was left by its primary, or a server whose memory is used up, answers a ping and
// does not.
func (q *Queue) Probe(ctx context.Context) error {
	return unavailable(q.rdb.Set(ctx, probeKey, q.name, probeTTL).Err())
}

// probeTTL is how long what a probe writes is kept.
const probeTTL = 10 * time.Second

// Refusal says why Redis refuses what it was asked, in words for an operator; false
// if err is no refusal of its.
func Refusal(err error) (reason string, ok bool) {
	for _, row := range []struct{ prefix, reason string }{
		{"READONLY", "it is a replica and refuses writes: point REDIS_URL at the primary, or promote it"},
		{"OOM", "its memory is used up and it refuses writes: raise maxmemory"},
		{"MISCONF", "it cannot save to its disk and refuses writes: its log says why"},
		{"NOREPLICAS", "too few replicas are there and it refuses writes"},
		{"LOADING", "it is loading its data"},
		{"NOPERM", "the user of REDIS_URL may not do this: mandelfarm doctor says what it must be allowed"},
		{"NOAUTH", "it wants a password: REDIS_URL has none"},
		{"WRONGPASS", "it does not know the user and password of REDIS_URL"},
	} {
		if redis.HasErrorPrefix(err, row.prefix) {
			return row.reason, true
		}
	}
	return "", false
}

// Draining reports whether this process takes nothing more.
func (q *Queue) Draining() bool {
	p := q.serving.Load()
	return p != nil && p.draining()
}

// Publish tells every process that something about an image has changed.
func (q *Queue) Publish(ctx context.Context, n job.Notice) error {
	return q.bus.publish(ctx, n)
}

// Subscribe returns a channel that receives word of id: its notice, or a zero
// notice when one may have been missed. Word that is not taken in time is
// dropped if there is newer. The returned function ends the subscription.
func (q *Queue) Subscribe(id spec.ID) (<-chan job.Notice, func()) {
	return q.bus.subscribe(id)
}

// PublishKeys tells every process that keys were added or removed.
func (q *Queue) PublishKeys(ctx context.Context) error {
	return unavailable(q.rdb.Publish(ctx, keysChannel, "").Err())
}

// KeysChanged returns a channel that receives when keys were added or removed, or may have been. The returned function ends
// that.
func (q *Queue) KeysChanged() (<-chan struct{}, func()) { return q.bus.keyholder() }

// Lock takes a farm-wide lock for ttl, if nobody has it. It is not released but
// runs out: what it guards happens at most once in ttl.
func (q *Queue) Lock(ctx context.Context, name string, ttl time.Duration) (bool, error) {
	ok, err := setNX(ctx, q.rdb, lockKey(name), q.name, ttl)
	return ok, unavailable(err)
}

// unavailable classifies an error of Redis.
func unavailable(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", job.ErrUnavailable, err)
}
