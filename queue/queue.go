package queue

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

// Config says which Redis to use and how much it may be asked to hold.
type Config struct {
	URL   string       // redis://[user:password@]host:port[/db], or rediss:// for TLS
	Limit int          // tasks that may wait in one lane; at least 1
	Log   *slog.Logger // what asynq and the handlers report
	// Timeout ends a delivery that does not come to an end, which counts as a
	// failure. 0 is an hour.
	Timeout time.Duration
}

// defaultTimeout is twice what a reference orbit may be estimated to take.
const defaultTimeout = time.Hour

// Queue is a connection to the farm's Redis. It is safe for concurrent use.
type Queue struct {
	options   *redis.Options
	rdb       *redis.Client
	client    *asynq.Client
	inspector *asynq.Inspector
	bus       *bus
	limit     int
	timeout   time.Duration
	log       *slog.Logger
	name      string // of this process, in claims

	nextTurn *redis.Script
	noteRows *redis.Script
	counters
}

// errURL does not repeat the URL, which may hold a password, nor what the parser
// says of it.
var errURL = errors.New("want redis://[user:password@]host:port[/db]")

// ParseURL checks a Redis URL and returns the address in it, for messages; the
// error never contains the URL, which may hold a password.
func ParseURL(url string) (addr string, err error) {
	options, err := redis.ParseURL(url)
	if err != nil {
		return "", errURL
	}
	return options.Addr, nil
}

// Open connects to Redis and subscribes to the farm's channels. It does not
// wait for a server that is not there yet: see [Queue.Ping].
func Open(ctx context.Context, cfg Config) (*Queue, error) {
	options, err := redis.ParseURL(cfg.URL)
	if err != nil {
		return nil, fmt.Errorf("open queue: %w", errURL)
	}
	options.ContextTimeoutEnabled = true
	options.DialerRetries = 1 // commands are tried again as a whole
	options.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	redis.SetLogger(redisLog{cfg.Log}) // it has one for the whole process
	rdb := redis.NewClient(options)
	return &Queue{
		options:   options,
		rdb:       rdb,
		client:    asynq.NewClientFromRedisClient(rdb),
		inspector: asynq.NewInspectorFromRedisClient(rdb),
		bus:       listen(ctx, rdb),
		limit:     cfg.Limit,
		timeout:   cmp.Or(cfg.Timeout, defaultTimeout),
		log:       cfg.Log,
		name:      processName(),

		nextTurn: redis.NewScript(nextTurn),
		noteRows: redis.NewScript(noteRows),
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

// Close ends the subscription and the connections.
func (q *Queue) Close() error {
	q.bus.close()
	return q.rdb.Close()
}

// Ping reports whether Redis answers.
func (q *Queue) Ping(ctx context.Context) error { return unavailable(q.rdb.Ping(ctx).Err()) }

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
