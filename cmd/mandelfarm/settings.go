package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"mandelfarm/api"
	"mandelfarm/api/client"
	"mandelfarm/queue"
	"mandelfarm/storage/s3"
)

// settings is everything that can be set. Each command registers the groups it
// uses; what a group means is said once, in its flags' usage.
type settings struct {
	listen       string
	data         string
	farmURL      string
	log          logSettings
	startTimeout time.Duration
	redisURL     secretFlag
	queueLimit   int
	s3           s3.Config
	api          api.Config
	worker       workerSettings
}

type logSettings struct {
	level  string
	format string
}

type workerSettings struct {
	interactive int
	control     int
	batch       int
	band        time.Duration
	threads     int
	poll        time.Duration
	reconcile   time.Duration
	sweep       time.Duration
	grace       time.Duration

	rendersMaxAge   time.Duration
	rendersMaxBytes int64
	prepassMaxAge   time.Duration
	prepassCache    int64
}

func defaultSettings() *settings {
	return &settings{api: api.DefaultConfig(), s3: s3.DefaultConfig()}
}

func (s *settings) addListen(fs *pflag.FlagSet, standard, purpose string) {
	fs.StringVar(&s.listen, "listen", standard, "`host:port` "+purpose)
}

func (s *settings) addFarm(fs *pflag.FlagSet) {
	fs.StringVar(&s.farmURL, "farm-url", "http://localhost:8080", "`url` of the farm that is asked")
}

func (s *settings) addLog(fs *pflag.FlagSet) {
	fs.StringVar(&s.log.level, "log-level", "info", "least `level` that is logged: debug, info, warn or error")
	fs.StringVar(&s.log.format, "log-format", "text", "`format` of the log on standard error: text or json")
}

func (s *settings) addData(fs *pflag.FlagSet) {
	fs.StringVar(&s.data, "data", "./data", "`folder` that pictures and jobs are stored in; made if absent")
}

func (s *settings) addServers(fs *pflag.FlagSet) {
	fs.Var(&s.redisURL, "redis-url", "`url` of Redis: redis://[user:password@]host:port[/db], or rediss:// for TLS")
	fs.StringVar(&s.s3.Endpoint, "s3-endpoint", "", "`url` of the S3 server: http://host:port or https://host")
	fs.StringVar(&s.s3.Bucket, "s3-bucket", s.s3.Bucket, "`bucket` that pictures and jobs are stored in; made if absent")
	fs.StringVar(&s.s3.Region, "s3-region", s.s3.Region, "`region` of the bucket")
	fs.StringVar(&s.s3.AccessKeyID, "aws-access-key-id", "", "`id` of the key to the bucket")
	fs.Var((*secretFlag)(&s.s3.SecretAccessKey), "aws-secret-access-key", "`secret` of the key to the bucket; better in the environment than on a command line")
	fs.DurationVar(&s.startTimeout, "start-timeout", time.Minute, "`duration` to wait for Redis and S3 at the start")
}

func (s *settings) addAPI(fs *pflag.FlagSet) {
	a := &s.api
	fs.IntVar(&s.queueLimit, "queue-limit", 10_000, "`tasks` that may wait in a lane of the queue before requests for more get 429")
	fs.DurationVar(&a.WaitLimit, "wait-limit", a.WaitLimit, "`duration` a request waits for its picture before 503")
	fs.DurationVar(&a.FindTime, "find-time", a.FindTime, "`duration` that a search for a minibrot may take, as estimated before it begins and as it is")
	fs.Int64Var(&a.CacheBytes, "cache-bytes", a.CacheBytes, "`bytes` of pictures kept in memory; 0 keeps none")
	fs.Int64Var(&a.MaxBody, "max-body", a.MaxBody, "`bytes` of a request's body at most")
	fs.Int64Var(&a.Limits.Pixels, "max-pixels", a.Limits.Pixels, "`pixels` of a picture at most, width times height")
	fs.IntVar(&a.Limits.Side, "max-side", a.Limits.Side, "`pixels` of a picture's width, and of its height, at most; memory is in proportion to the width")
	fs.Int64Var(&a.SyncIterations, "max-sync-iterations", a.SyncIterations, "`iterations` at most of all points together of a picture that a request waits for")
	fs.Int64Var(&a.SyncPixels, "max-sync-pixels", a.SyncPixels, "`pixels` at most of a picture that a request waits for; jobs take larger ones")
	fs.DurationVar(&a.SyncReference, "max-sync-reference", a.SyncReference, "`duration` at most that the reference orbit of a picture that a request waits for may be estimated to take")
	fs.IntVar(&a.Limits.MaxIterations, "max-iterations", a.Limits.MaxIterations, "`iterations` of a point at most")
	fs.IntVar(&a.Limits.Digits, "max-digits", a.Limits.Digits, "`digits` of a coordinate at most, and its largest exponent")
	fs.DurationVar(&a.Limits.Reference, "max-reference", a.Limits.Reference, "`duration` that the reference orbit of a deep view may take one thread, as estimated before it is computed; no more than half of the hour that a task may take")
	fs.IntVar(&a.Limits.Samples, "max-samples", a.Limits.Samples, "`samples` of a pixel at most")
	fs.Int64Var(&a.Limits.RawBytes, "max-raw-bytes", a.Limits.RawBytes, "`bytes` of a file of raw data at most (formats npy and exr)")
}

func (s *settings) addPresign(fs *pflag.FlagSet) {
	fs.DurationVar(&s.api.Presign, "presign", 0, "`duration` that a URL is good for by which clients fetch jobs' pictures straight from S3, which they must be able to reach at the endpoint's address; 0 sends pictures through the API")
}

func (s *settings) addWorker(fs *pflag.FlagSet) {
	w, cores := &s.worker, runtime.GOMAXPROCS(0)
	s.addThreads(fs)
	fs.IntVar(&w.interactive, "interactive-tasks", max(2, cores), "`number` of pictures drawn at a time that somebody waits for; by default the cores, at least 2")
	fs.IntVar(&w.control, "control-tasks", 2, "`number` of jobs at a time that are drawn whole, planned or assembled")
	fs.IntVar(&w.batch, "batch-tasks", 2, "`number` of bands of large pictures drawn at a time")
	fs.DurationVar(&w.band, "band-time", 1500*time.Millisecond, "`duration` that drawing a band should take; larger pictures are cut into more")
	fs.DurationVar(&w.poll, "poll-interval", 250*time.Millisecond, "`duration` after which an idle worker looks for work that nobody woke it for")
	fs.DurationVar(&w.reconcile, "reconcile-interval", 2*time.Second, "`duration` between comparisons of the jobs that are owed with the queue")
	fs.DurationVar(&w.sweep, "sweep-interval", 10*time.Minute, "`duration` between removals of what is left over in storage")
	fs.DurationVar(&w.rendersMaxAge, "renders-max-age", 0, "`duration` after which a stored picture is removed; 0 keeps all")
	fs.Int64Var(&w.rendersMaxBytes, "renders-max-bytes", 0, "`bytes` of stored pictures above which the oldest are removed; 0 keeps all")
	fs.DurationVar(&w.prepassMaxAge, "prepass-max-age", 7*24*time.Hour, "`duration` after which a stored prepass, such as the reference orbit of a deep view, is removed, unless an open job needs it; 0 keeps all")
	fs.Int64Var(&w.prepassCache, "prepass-cache-bytes", 512<<20, "`bytes` of prepasses, such as reference orbits, kept in memory, with what drawing makes of them; 0 keeps none")
	fs.DurationVar(&w.grace, "grace", 20*time.Second, "`duration` that work under way may go on after SIGTERM before it is handed back")
}

func (s *settings) addThreads(fs *pflag.FlagSet) {
	fs.IntVar(&s.worker.threads, "render-threads", runtime.GOMAXPROCS(0), "`threads` that draw one picture; by default the cores")
}

// variable is the environment variable of a flag.
func variable(flag string) string { return strings.ToUpper(strings.ReplaceAll(flag, "-", "_")) }

// fromEnvironment sets the flags that were not given from their variables.
func fromEnvironment(fs *pflag.FlagSet, lookup environment) error {
	var errs []error
	fs.VisitAll(func(f *pflag.Flag) {
		value, ok := lookup(variable(f.Name))
		if !ok || f.Changed || !configurable(f) {
			return
		}
		if err := fs.Set(f.Name, value); err != nil {
			errs = append(errs, fmt.Errorf("--%s (%s): want %s", f.Name, variable(f.Name), form(f.Value.Type())))
		}
	})
	return errors.Join(errs...)
}

// form says how a value of a flag's type is written.
func form(kind string) string {
	switch kind {
	case "duration":
		return "a duration, such as 250ms, 30s or 5m"
	case "int", "int64":
		return "a whole number"
	}
	return "a " + kind
}

// argument marks flags that say what a command is to do this time, as its
// arguments do. They are no settings and have no variable.
const argument = "argument"

// arguments marks flags that are there.
func arguments(fs *pflag.FlagSet, names ...string) {
	for _, name := range names {
		_ = fs.SetAnnotation(name, argument, nil)
	}
}

// configurable tells settings from arguments and from flags such as --help.
func configurable(f *pflag.Flag) bool {
	_, isArgument := f.Annotations[argument]
	return f.Name != "help" && f.Name != "version" && !isArgument
}

// validate checks the values of the flags in fs. Messages name the flag and the
// variable.
func (s *settings) validate(fs *pflag.FlagSet) error {
	var errs []error
	fs.VisitAll(func(f *pflag.Flag) {
		if reason := s.fault(f.Name); reason != "" && configurable(f) {
			errs = append(errs, fmt.Errorf("--%s (%s): %s", f.Name, variable(f.Name), reason))
		}
	})
	if fs.Lookup("s3-endpoint") != nil {
		errs = append(errs, s.s3.Validate())
	}
	return errors.Join(errs...)
}

// fault says what is wrong with a setting's value, or nothing.
func (s *settings) fault(name string) string {
	switch name {
	case "listen":
		_, port, err := net.SplitHostPort(s.listen)
		if _, portErr := strconv.ParseUint(port, 10, 16); err != nil || portErr != nil {
			return "want host:port, such as 127.0.0.1:8080 or :8080"
		}
	case "farm-url":
		if _, err := client.New(s.farmURL, nil); err != nil {
			return err.Error()
		}
	case "data":
		return unless(s.data != "", "want a folder")
	case "log-level":
		return unless(new(slog.Level).UnmarshalText([]byte(s.log.level)) == nil, "want debug, info, warn or error")
	case "log-format":
		return unless(slices.Contains([]string{"text", "json"}, s.log.format), "want text or json")
	case "redis-url":
		if _, err := queue.ParseURL(string(s.redisURL)); err != nil {
			return err.Error()
		}
	case "cache-bytes":
		return unless(s.api.CacheBytes >= 0, "want 0 or more bytes")
	case "renders-max-age":
		return unless(s.worker.rendersMaxAge >= 0, "want 0 or a longer duration")
	case "renders-max-bytes":
		return unless(s.worker.rendersMaxBytes >= 0, "want 0 or more bytes")
	case "prepass-max-age":
		return unless(s.worker.prepassMaxAge >= 0, "want 0 or a longer duration")
	case "prepass-cache-bytes":
		return unless(s.worker.prepassCache >= 0, "want 0 or more bytes")
	case "max-reference":
		return unless(s.api.Limits.Reference > 0 && s.api.Limits.Reference <= maxReference, "want more than 0, and at most "+maxReference.String())
	case "presign":
		p := s.api.Presign
		return unless(p == 0 || p >= s3.MinPresign && p <= s3.MaxPresign, "want 0, or from 1s to 168h")
	case "grace":
		return unless(s.worker.grace >= time.Millisecond, "want at least 1ms")
	default:
		return unless(s.positive(name), "want more than 0")
	}
	return ""
}

// maxReference leaves a task, which may take an hour, time for a reference that
// takes twice as long as estimated.
const maxReference = 30 * time.Minute

func unless(ok bool, reason string) string {
	if ok {
		return ""
	}
	return reason
}

// positive reports whether a setting that must be above 0 is so.
func (s *settings) positive(name string) bool {
	limits := s.api.Limits
	values := map[string]int64{
		"start-timeout":       int64(s.startTimeout),
		"queue-limit":         int64(s.queueLimit),
		"wait-limit":          int64(s.api.WaitLimit),
		"find-time":           int64(s.api.FindTime),
		"max-body":            s.api.MaxBody,
		"max-pixels":          limits.Pixels,
		"max-side":            int64(limits.Side),
		"max-sync-pixels":     s.api.SyncPixels,
		"max-sync-iterations": s.api.SyncIterations,
		"max-sync-reference":  int64(s.api.SyncReference),
		"max-iterations":      int64(limits.MaxIterations),
		"max-digits":          int64(limits.Digits),
		"max-samples":         int64(limits.Samples),
		"max-raw-bytes":       limits.RawBytes,
		"interactive-tasks":   int64(s.worker.interactive),
		"control-tasks":       int64(s.worker.control),
		"batch-tasks":         int64(s.worker.batch),
		"band-time":           int64(s.worker.band),
		"render-threads":      int64(s.worker.threads),
		"poll-interval":       int64(s.worker.poll),
		"reconcile-interval":  int64(s.worker.reconcile),
		"sweep-interval":      int64(s.worker.sweep),
	}
	value, bounded := values[name]
	return !bounded || value > 0
}

// logger is the log that the settings describe.
func (l logSettings) logger(w io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(l.level)) // validated
	options := &slog.HandlerOptions{Level: level}
	if l.format == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// secretFlag is a flag whose value is never printed.
type secretFlag s3.Secret

// String is empty: help shows no default.
func (*secretFlag) String() string { return "" }

// Set implements [pflag.Value].
func (f *secretFlag) Set(value string) error {
	*f = secretFlag(value)
	return nil
}

// Type implements [pflag.Value].
func (*secretFlag) Type() string { return "string" }
