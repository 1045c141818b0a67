package main

import (
	"io"
	"log/slog"
	"runtime"
	"time"

	"github.com/spf13/pflag"

	"mandelfarm/api"
	"mandelfarm/connlimit"
	"mandelfarm/internal/logging"
	"mandelfarm/queue"
	"mandelfarm/storage/s3"
)

// settings is everything that can be set: a field, and a row of a table below. Each
// command adds the tables it uses.
type settings struct {
	checks []func() error // of what was added

	listen  string
	data    string
	farmURL string
	farmKey secretFlag
	tls     tlsFiles
	log     logSettings

	tracing      tracingSettings
	startTimeout time.Duration
	redis        redisSettings
	queueLimit   int
	s3           s3.Config
	api          api.Config
	connections  connlimit.Config
	worker       workerSettings
	webhooks     webhookSettings
}

type logSettings struct {
	level  string
	format string
}

type tracingSettings struct {
	exporter string
	endpoint string
	headers  secretFlag
	timeout  int // milliseconds, as OpenTelemetry has it
	protocol string
}

type redisSettings struct {
	url, password, sentinelPassword secretFlag
	access                          queue.Access // less the passwords
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
	versionWait time.Duration
	grace       time.Duration
	pool        string

	rendersMaxAge   time.Duration
	rendersMaxBytes int64
	prepassMaxAge   time.Duration
	prepassCache    int64
}

func defaultSettings() *settings {
	return &settings{api: api.DefaultConfig(), s3: s3.DefaultConfig()}
}

func (s *settings) addListen(fs *pflag.FlagSet, standard, purpose string) {
	s.add(fs, row("listen", &s.listen, standard, "`host:port` "+purpose, address))
}

func (s *settings) addConnections(fs *pflag.FlagSet) {
	c := &s.connections
	s.add(fs,
		row("max-connections", &c.Served, min(standardConnections, mostConnections()), "`number` of clients' connections at a time; by default half of the files that the process may open, less a reserve, and at most 4096", affordable),
		row("send-timeout", &c.SendTimeout, 30*time.Second, "`duration` in which a client must take some of its answer before it is cut off", positive),
	)
}

func (s *settings) addFarm(fs *pflag.FlagSet) {
	s.add(fs,
		row("farm-url", &s.farmURL, "http://localhost:8080", "`url` of the farm that is asked", farmURL),
		secret("farm-key", &s.farmKey, "`key` that the farm is asked with; better in the environment than on a command line, where others on the machine see it", optional(farmKey)),
	)
}

// addTLS adds where a certificate is.
func (s *settings) addTLS(fs *pflag.FlagSet) {
	s.add(fs,
		row("tls-cert", &s.tls.cert, "", "`file` of the certificate, and those between it and an authority, with which the API speaks TLS; read again when it changes. By default it does not, and a proxy in front may", anyValue),
		row("tls-key", &s.tls.key, "", "`file` of the certificate's key", anyValue),
	)
	s.checks = append(s.checks, s.tlsCheck)
}

func (s *settings) tlsCheck() error { return s.tls.check() }

func (s *settings) addLog(fs *pflag.FlagSet) {
	s.add(fs,
		row("log-level", &s.log.level, "info", "least `level` that is logged: debug, info, warn or error", level),
		row("log-format", &s.log.format, "text", "`format` of the log on standard error: text or json", oneOf("text", "json")),
	)
}

// addTracing adds whether there are traces and where they go, by the names that OpenTelemetry has for its variables. How
// many there are, and what they say of the process, its SDK reads from others of them.
func (s *settings) addTracing(fs *pflag.FlagSet) {
	t := &s.tracing
	s.add(fs,
		row("otel-traces-exporter", &t.exporter, exportNothing, "`exporter` of traces: none, or otlp, which sends them to a collector", oneOf(exportNothing, exportOTLP)),
		row("otel-exporter-otlp-endpoint", &t.endpoint, "http://localhost:4318", "`url` of the collector, to which /v1/traces is added", farmURL),
		secret("otel-exporter-otlp-headers", &t.headers, "`name=value,...` of headers that the collector wants, such as a key", otlpHeaderList),
		row("otel-exporter-otlp-timeout", &t.timeout, 10_000, "`milliseconds` that the collector may take for a batch", positive),
		row("otel-exporter-otlp-protocol", &t.protocol, otlpProtocol, "`protocol` that the collector understands: http/protobuf", oneOf(otlpProtocol)),
	)
}

func (s *settings) addData(fs *pflag.FlagSet) {
	s.add(fs, row("data", &s.data, "./data", "`folder` that pictures and jobs are stored in; made if absent", given("a folder")))
}

// addServers adds what is known of Redis and S3. What is wrong with several settings together, packages queue and s3 say.
func (s *settings) addServers(fs *pflag.FlagSet) {
	s.addRedis(fs, redisURL)
	s.add(fs, row("start-timeout", &s.startTimeout, time.Minute, "`duration` to wait for Redis and S3 at the start", positive))
	s.addS3(fs)
	s.checks = append(s.checks, func() error { return s.s3.Validate() })
}

// addRedis adds where Redis is, as far as check wants it.
func (s *settings) addRedis(fs *pflag.FlagSet, check func(string) string) {
	r := &s.redis
	s.add(fs,
		secret("redis-url", &r.url, "`url` of Redis: "+queue.Forms, check),
		row("redis-username", &r.access.Username, "", "`name` of the user of Redis, if the URL has none", anyValue),
		secret("redis-password", &r.password, "`password` of Redis, if the URL has none", anyValue),
		row("redis-sentinel-username", &r.access.SentinelUsername, "", "`name` of the user of the Sentinels, if they have users", anyValue),
		secret("redis-sentinel-password", &r.sentinelPassword, "`password` of the Sentinels, if they have one", anyValue),
		row("redis-tls-ca", &r.access.CA, "", "`file` of the certificates, in PEM, that servers' certificates are signed by; by default those of public authorities", anyValue),
		row("redis-tls-cert", &r.access.Certificate, "", "`file` of the farm's own certificate, in PEM, for servers that want one; read again for each connection", anyValue),
		row("redis-tls-key", &r.access.Key, "", "`file` of the key of the farm's own certificate, in PEM", anyValue),
		row("redis-tls-server-name", &r.access.ServerName, "", "`name` that servers' certificates have; by default the host that is asked", anyValue),
	)
	s.checks = append(s.checks, func() error { return s.queue().Access.Validate(string(r.url)) })
}

// queue is what the queue is to know of Redis, and how much it may hold.
func (s *settings) queue() queue.Config {
	access := s.redis.access
	access.Password, access.SentinelPassword = string(s.redis.password), string(s.redis.sentinelPassword)
	return queue.Config{URL: string(s.redis.url), Access: access, Limit: s.queueLimit}
}

func (s *settings) addS3(fs *pflag.FlagSet) {
	s.add(fs,
		row("s3-endpoint", &s.s3.Endpoint, "", "`url` of the S3 server: http://host:port or https://host", anyValue),
		row("s3-bucket", &s.s3.Bucket, s.s3.Bucket, "`bucket` that pictures and jobs are stored in; made if absent", anyValue),
		row("s3-prefix", &s.s3.Prefix, "", "`path` in the bucket below which all objects lie, so that several farms share one; none may be below another's", anyValue),
		row("s3-addressing", &s.s3.Addressing, s.s3.Addressing, "`how` requests name the bucket: path, virtual-host, or auto, which knows AWS and some others", anyValue),
		row("s3-encryption", &s.s3.Encryption, s.s3.Encryption, "`kind` of encryption that the server is asked for: none, which leaves it to the bucket, s3 (SSE-S3) or kms (SSE-KMS)", anyValue),
		row("s3-kms-key-id", &s.s3.KMSKeyID, "", "`id` of the key of S3_ENCRYPTION=kms; by default the bucket's", anyValue),
		row("s3-credentials", &s.s3.Credentials, s.s3.Credentials, "`where` the credentials are from: keys, which are the next two settings, or chain, which looks for them in the environment, the shared file of AWS, and the role of a web identity, container or machine", anyValue),
		row("s3-region", &s.s3.Region, s.s3.Region, "`region` of the bucket", anyValue),
		row("aws-access-key-id", &s.s3.AccessKeyID, "", "`id` of the key to the bucket", anyValue),
		secret("aws-secret-access-key", (*secretFlag)(&s.s3.SecretAccessKey), "`secret` of the key to the bucket; better in the environment than on a command line", anyValue),
	)
}

func (s *settings) addAPI(fs *pflag.FlagSet) {
	s.addAccess(fs)
	a, limits := &s.api, &s.api.Limits
	s.add(fs,
		row("queue-limit", &s.queueLimit, 10_000, "`tasks` that may wait in a lane of the queue before requests for more get 429", positive),
		row("wait-limit", &a.WaitLimit, a.WaitLimit, "`duration` a request waits for its picture before 503", positive),
		row("find-time", &a.FindTime, a.FindTime, "`duration` that a search for a minibrot may take, as estimated before it begins and as it is, and a quote", positive),
		row("cache-bytes", &a.CacheBytes, a.CacheBytes, "`bytes` of pictures kept in memory; 0 keeps none", zeroOrMoreBytes),
		row("access-log", (*string)(&a.AccessLog), string(a.AccessLog), "`which` requests are logged: all, off, or sampled, which is all but answers from memory, 304 and probes, and up to 100 a second of those", oneOf(string(api.LogAll), string(api.LogSampled), string(api.LogNone))),
		row("max-body", &a.MaxBody, a.MaxBody, "`bytes` of a request's body at most", positive),
		row("max-batch", &a.MaxBatch, a.MaxBatch, "`jobs` that one request may ask for at most", positive),
		row("max-pixels", &limits.Pixels, limits.Pixels, "`pixels` of a picture at most, width times height", positive),
		row("max-side", &limits.Side, limits.Side, "`pixels` of a picture's width, and of its height, at most; memory is in proportion to the width", positive),
		row("max-sync-iterations", &a.Sync.Iterations, a.Sync.Iterations, "`iterations` at most of all points together of a picture that a request waits for", positive),
		row("max-sync-pixels", &a.Sync.Pixels, a.Sync.Pixels, "`pixels` at most of a picture that a request waits for; jobs take larger ones", positive),
		row("max-sync-reference", &a.Sync.Reference, a.Sync.Reference, "`duration` at most that the reference orbit of a picture that a request waits for may be estimated to take", positive),
		row("max-iterations", &limits.MaxIterations, limits.MaxIterations, "`iterations` of a point at most", positive),
		row("max-digits", &limits.Digits, limits.Digits, "`digits` of a coordinate at most, and its largest exponent", positive),
		row("max-reference", &limits.Reference, limits.Reference, "`duration` that the reference orbit of a deep view may take one thread, as estimated before it is computed; no more than half of the hour that a task may take", upTo(maxReference)),
		row("max-cost", &limits.Cost, limits.Cost, "`iterations` at most that a picture may take, those of all samples, of the search for periods and of marks, and those that the time for a reference orbit stands for; 0 is no bound beside the others", zeroOrMore),
		row("max-samples", &limits.Samples, limits.Samples, "`samples` of a pixel at most", positive),
		row("max-raw-bytes", &limits.RawBytes, limits.RawBytes, "`bytes` of a file of raw data at most (formats npy and exr)", positive),
		list("allowed-hosts", &a.AllowedHosts, "`names` or addresses, without ports, separated by commas, that the farm may be asked by, beside those of loopback; * allows all. By default none on a loopback address, and all on others", each(api.CheckHost)),
		list("trusted-origins", &a.TrustedOrigins, "`origins` (scheme://host[:port]), separated by commas, whose pages may change things, beside the farm's own: for a proxy that changes the Host header", each(api.CheckOrigin)),
	)
}

// addAccess adds what is known of those who ask, and what they get.
func (s *settings) addAccess(fs *pflag.FlagSet) {
	a := &s.api
	s.add(fs,
		row("anonymous", (*string)(&a.Anonymous), string(a.Anonymous), "`what` those may do who have no key: off, read, submit, or auto, which is everything for whoever asks from this machine a farm that listens on loopback, and to read for others", oneOf(anonymous()...)),
		row("stranger-iterations", &a.Strangers.Iterations, a.Strangers.Iterations, "`iterations` at most of all points together of a picture that is drawn for those who may only read; what is stored, they may see", positive),
		row("stranger-pixels", &a.Strangers.Pixels, a.Strangers.Pixels, "`pixels` at most of a picture that is drawn for those who may only read", positive),
		row("stranger-reference", &a.Strangers.Reference, a.Strangers.Reference, "`duration` at most that the reference orbit of a picture that is drawn for those who may only read may be estimated to take", positive),
		budget("key-requests", &a.KeyBudgets.Requests, 1, "`budget` of requests of each key, such as 600/1m; by default none, which is no bound. Answers from memory are not counted"),
		budget("key-cost", &a.KeyBudgets.Cost, api.CostUnit, "`budget` of iterations that the pictures may take that are drawn for each key, such as 1e13/24h; by default none"),
		budget("anonymous-requests", &a.AnonymousBudgets.Requests, 1, "`budget` of requests of each address without a key, by IPv4 address or IPv6 network of 64 bits; by default none"),
		budget("anonymous-cost", &a.AnonymousBudgets.Cost, api.CostUnit, "`budget` of iterations that the pictures may take that are drawn for each address without a key; by default none"),
		list("trusted-proxies", &a.TrustedProxies, "`addresses` and prefixes, separated by commas, of the proxies whose X-Forwarded-For is believed; by default none is", each(api.CheckProxy)),
	)
}

func anonymous() []string {
	return []string{string(api.AnonymousAuto), string(api.AnonymousOff), string(api.AnonymousRead), string(api.AnonymousSubmit)}
}

// maxReference leaves a task, which may take an hour, time for a reference that
// takes twice as long as estimated.
const maxReference = 30 * time.Minute

func (s *settings) addPresign(fs *pflag.FlagSet) {
	s.add(fs, row("presign", &s.api.Presign, 0, "`duration` that a URL is good for by which clients fetch jobs' pictures straight from S3, which they must be able to reach at the endpoint's address; 0 sends pictures through the API", presignable))
}

func (s *settings) addWorker(fs *pflag.FlagSet) {
	w, cores := &s.worker, runtime.GOMAXPROCS(0)
	s.addThreads(fs)
	s.add(fs,
		row("interactive-tasks", &w.interactive, max(2, cores), "`number` of pictures drawn at a time that somebody waits for; by default the cores, at least 2", positive),
		row("control-tasks", &w.control, 2, "`number` of jobs at a time that are drawn whole, planned or assembled", positive),
		row("batch-tasks", &w.batch, 2, "`number` of bands of large pictures drawn at a time", positive),
		row("band-time", &w.band, 1500*time.Millisecond, "`duration` that drawing a band should take; larger pictures are cut into more", positive),
		row("poll-interval", &w.poll, 250*time.Millisecond, "`duration` after which an idle worker looks for work that nobody woke it for", positive),
		row("sweep-interval", &w.sweep, 10*time.Minute, "`duration` between removals of what is left over in storage", positive),
		row("version-wait", &w.versionWait, time.Hour, "`duration` that a job accepted for another version of the renderer waits for a worker of that, while none is there, before it fails; 0 waits for ever", zeroOrLonger),
		row("renders-max-age", &w.rendersMaxAge, 0, "`duration` after which a stored picture is removed; 0 keeps all", zeroOrLonger),
		row("renders-max-bytes", &w.rendersMaxBytes, 0, "`bytes` of stored pictures above which the oldest are removed; 0 keeps all", zeroOrMoreBytes),
		row("prepass-max-age", &w.prepassMaxAge, 7*24*time.Hour, "`duration` after which a stored prepass, such as the reference orbit of a deep view, is removed, unless an open job needs it; 0 keeps all", zeroOrLonger),
		row("prepass-cache-bytes", &w.prepassCache, 512<<20, "`bytes` of prepasses, such as reference orbits, kept in memory, with what drawing makes of them; 0 keeps none", zeroOrMoreBytes),
		row("grace", &w.grace, 20*time.Second, "`duration` that work under way may go on after SIGTERM before it is handed back", atLeast(time.Millisecond)),
	)
}

// addReconcile adds how often what is owed is compared with what is queued: by workers, and by an api while there are none.
func (s *settings) addReconcile(fs *pflag.FlagSet) {
	s.add(fs, row("reconcile-interval", &s.worker.reconcile, 2*time.Second, "`duration` between comparisons of the jobs that are owed with the queue", positive))
}

// addPools adds which pools there are, for those who accept jobs.
func (s *settings) addPools(fs *pflag.FlagSet) {
	s.add(fs, list("pools", &s.api.Pools, "`names`, separated by commas, of the pools that jobs may ask for; workers have one of them as POOL", each(poolName)))
}

// addPool adds the pool of a worker.
func (s *settings) addPool(fs *pflag.FlagSet) {
	s.add(fs, row("pool", &s.worker.pool, "", "`name` of the pool whose jobs this worker draws, and nothing else; by default it draws those that ask for none, and what somebody waits for", func(name string) string { return reason(poolName(name)) }))
}

func (s *settings) addThreads(fs *pflag.FlagSet) {
	s.add(fs, row("render-threads", &s.worker.threads, runtime.GOMAXPROCS(0), "`threads` that draw one picture; by default the cores", positive))
}

// logger is the log that the settings describe. Lines say what their contexts say.
func (l logSettings) logger(w io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(l.level)) // validated
	options := &slog.HandlerOptions{Level: level}
	if l.format == "json" {
		return slog.New(logging.Contextual(slog.NewJSONHandler(w, options)))
	}
	return slog.New(logging.Contextual(slog.NewTextHandler(w, options)))
}
