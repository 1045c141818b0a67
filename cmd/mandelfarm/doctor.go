package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"mandelfarm/job"
	"mandelfarm/queue"
	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage"
	"mandelfarm/storage/s3"
)

// errUnwell: something is to be mended.
var errUnwell = errors.New("not everything is as it should be")

func doctorCommand(env environment) *cobra.Command {
	s := defaultSettings()
	var policies, compare bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Examine settings, servers, permissions, clocks, workers and this machine",
		Long: `Examine what a farm on Redis and S3 stands on: whether both are reached, whether
each command and call that the farm uses is allowed, how far clocks differ, how
fast this machine draws, and whether all workers draw the same bytes. A line for
each, which says what to mend. What it writes it removes.

--policy prints the least that Redis and S3 must allow, and examines nothing.

--parity has every worker, and this machine, draw the same short list of
pictures and compares them, instead of the rest. A worker that draws otherwise
than most is named and takes no more work, and what its machine has drawn is
listed.

Exit code 0: all is well. 1: something is to be mended. 2: wrong settings.`,
		Args: usage(cobra.NoArgs),
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if policies {
			if err := fromEnvironment(cmd.Flags(), env); err != nil {
				return fmt.Errorf("%w: %w", errUsage, err)
			}
			return printPolicies(cmd.OutOrStdout(), s.s3)
		}
		if err := s.load(cmd.Flags(), env); err != nil {
			return err
		}
		if compare {
			return compareWorkers(cmd.Context(), s, cmd.OutOrStdout())
		}
		return examine(cmd.Context(), s, cmd.OutOrStdout())
	}
	cmd.Flags().BoolVar(&policies, "policy", false, "print the least policies, and examine nothing")
	cmd.Flags().BoolVar(&compare, "parity", false, "compare what all workers draw, instead of the rest")
	arguments(cmd.Flags(), "policy", "parity")
	s.addServers(cmd.Flags())
	return cmd
}

// doctor writes down what it finds.
type doctor struct {
	out    io.Writer
	unwell int
}

// say writes a line: what was examined, how it is, and if that is bad what to do.
func (d *doctor) say(what string, well bool, format string, args ...any) {
	mark := "ok  "
	if !well {
		mark = "BAD "
		d.unwell++
	}
	fmt.Fprintf(d.out, "%s %-16s %s\n", mark, what, fmt.Sprintf(format, args...))
}

// examine examines all there is, as far as it is reached.
func examine(ctx context.Context, s *settings, out io.Writer) error {
	d := &doctor{out: out}
	d.say("settings", true, "read")
	d.speed(ctx)
	cfg := s.queue()
	cfg.Log = slog.New(slog.DiscardHandler)
	q, err := queue.Open(ctx, cfg)
	if err != nil {
		return err
	}
	defer q.Close()
	d.redis(ctx, q)
	d.s3(ctx, s.s3)
	if err := ctx.Err(); err != nil {
		return err
	}
	return d.verdict()
}

// verdict is an error if anything is to be mended.
func (d *doctor) verdict() error {
	if d.unwell > 0 {
		return fmt.Errorf("%w; lines that say what to mend: %d", errUnwell, d.unwell)
	}
	return nil
}

// maxSkew is what clocks may differ by: a worker that has just taken a task is found
// by its lease, in whole seconds, within two of them.
const maxSkew = time.Second

func (d *doctor) redis(ctx context.Context, q *queue.Queue) {
	if err := tryOnce(ctx, q.Ping); err != nil {
		d.say("redis", false, "%s (REDIS_URL)", reasonOf(err))
		return
	}
	if there, err := q.Topology(ctx); err != nil {
		d.say("redis", false, "%s", reasonOf(err))
	} else {
		d.say("redis", len(there.Missing) == 0, "%s", strings.Join(append([]string{there.Text}, there.Missing...), "; "))
	}
	refused, err := q.Try(ctx)
	switch {
	case err != nil:
		d.say("redis commands", false, "%s", reasonOf(err))
	case len(refused) > 0:
		d.say("redis commands", false, "refused: %s. The user must be allowed what mandelfarm doctor --policy prints", strings.Join(refused, "; "))
	default:
		d.say("redis commands", true, "all are allowed")
	}
	if ahead, err := q.Clock(ctx); err != nil {
		d.say("redis clock", false, "%s", reasonOf(err))
	} else {
		d.say("redis clock", ahead.Abs() <= maxSkew, "is ahead by %s; at most %s is good: see to NTP on both machines", ahead.Round(time.Millisecond), maxSkew)
	}
	d.workers(ctx, q)
}

// workers tells whether all workers draw the same bytes as this program.
func (d *doctor) workers(ctx context.Context, q *queue.Queue) {
	all, err := q.Workers(ctx)
	if err != nil {
		d.say("workers", false, "%s", reasonOf(err))
		return
	}
	if len(all) == 0 {
		d.say("workers", false, "there are none: start one")
		return
	}
	d.say("workers", true, "%d are there", len(all))
	for _, w := range all {
		d.worker(w)
	}
}

func (d *doctor) worker(w job.Worker) {
	switch {
	case w.RendererVersion != spec.Version:
		d.say("worker", false, "%s has renderer version %s, and this program %s: run one version", w.Name, w.RendererVersion, spec.Version)
	case w.Version != version():
		d.say("worker", true, "%s is of version %s, and this program of %s; they draw the same", w.Name, w.Version, version())
	case len(w.Lanes) > 0 && !w.Draining && !takesAll(w):
		d.say("worker", false, "%s is blocked in a lane: mandelfarm workers says why", w.Name)
	}
}

func takesAll(w job.Worker) bool {
	for lane := range w.Lanes {
		if !w.Takes(lane, time.Now()) {
			return false
		}
	}
	return true
}

// s3 tries each call that the farm makes.
func (d *doctor) s3(ctx context.Context, cfg s3.Config) {
	store, err := s3.Open(ctx, cfg)
	if err != nil {
		d.say("s3", false, "%v: see to S3_ENDPOINT, S3_BUCKET and the key to it, which must be allowed what mandelfarm doctor --policy prints", err)
		return
	}
	defer store.Close()
	d.say("s3", true, "bucket %s is there", cfg.Bucket)
	const key, large = "doctor/small", "doctor/large"
	defer func() { _ = store.Delete(context.WithoutCancel(ctx), key, large) }() // said below
	for _, call := range []struct {
		name, needs string
		try         func() error
	}{
		{"s3 write", "s3:PutObject", func() error { return store.Put(ctx, key, "text/plain", strings.NewReader("doctor")) }},
		{"s3 read", "s3:GetObject", func() error {
			_, err := storage.ReadAll(ctx, store, key, 100)
			return err
		}},
		{"s3 create", "If-None-Match on PutObject, which this server must honour", func() error { return createTwice(ctx, store, key) }},
		{"s3 list", "s3:ListBucket", func() error {
			for _, err := range store.List(ctx, "doctor/", "") {
				return err
			}
			return storage.ErrNotFound
		}},
		{"s3 multipart", "s3:PutObject in parts", func() error {
			return store.Put(ctx, large, "text/plain", bytes.NewReader(make([]byte, 9<<20)))
		}},
		{"s3 uploads", "s3:ListBucketMultipartUploads and s3:AbortMultipartUpload", func() error { return store.AbortAbandoned(ctx, time.Unix(0, 0)) }},
		{"s3 clock", "", func() error { return d.s3Clock(ctx, store, key) }},
		{"s3 delete", "s3:DeleteObject", func() error { return store.Delete(ctx, key, large) }},
	} {
		err := call.try()
		if err != nil {
			d.say(call.name, false, "%v: allow %s (mandelfarm doctor --policy)", err, call.needs)
		} else if call.needs != "" {
			d.say(call.name, true, "works")
		}
	}
}

// createTwice reports a server that lets somebody create what is there.
func createTwice(ctx context.Context, store storage.Store, key string) error {
	if err := store.Create(ctx, key, "text/plain", []byte("again")); !errors.Is(err, storage.ErrExists) {
		return fmt.Errorf("what is there was created again: %w", err)
	}
	return nil
}

func (d *doctor) s3Clock(ctx context.Context, store storage.Store, key string) error {
	info, err := store.Stat(ctx, key)
	if err != nil {
		return err
	}
	behind := time.Since(info.Modified)
	const most = 10 * time.Second // it has whole seconds, and the object is some old
	d.say("s3 clock", behind.Abs() <= most, "differs by %s; more than %s is bad: see to NTP on both machines", behind.Round(time.Second), most)
	return nil
}

// referenceSpeed is what docs/benchmarks.md says of the seahorse valley at 5,000
// iterations, in iterations per second of one core with AVX-512.
const referenceSpeed = 8.7e9

// slowMachine is the part of it from which a machine is said to be slow: one without
// AVX2 has a fourteenth.
const slowMachine = 0.2

// speed draws a small picture and counts iterations.
func (d *doctor) speed(ctx context.Context) {
	s, err := spec.Parse([]byte(`{"width": 256, "height": 256, "max_iterations": 5000, "center": {"re": "-0.743643", "im": "0.131825"}, "radius": "0.0001"}`))
	if err != nil {
		d.say("speed", false, "%v", err)
		return
	}
	var iterations atomic.Int64
	began := time.Now()
	_, err = renderer.Render(ctx, s, spec.Rows{Start: 0, End: s.Height}, renderer.Options{Threads: 1, Progress: func(_ int, w renderer.Work) { iterations.Add(w.Iterations) }})
	if err != nil {
		d.say("speed", false, "%v", err)
		return
	}
	perSecond := float64(iterations.Load()) / time.Since(began).Seconds()
	d.say("speed", perSecond >= slowMachine*referenceSpeed, "%.1f G iterations/s on one thread, %.0f %% of docs/benchmarks.md; a machine without AVX2, or one that is busy, has much less",
		perSecond/1e9, 100*perSecond/referenceSpeed)
}

// printPolicies prints what Redis and S3 must allow at least.
func printPolicies(out io.Writer, cfg s3.Config) error {
	const s3Policy = `{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Resource": "arn:aws:s3:::%[4]s", "Action": ["s3:ListBucket", "s3:ListBucketMultipartUploads"]},
  {"Effect": "Allow", "Resource": "arn:aws:s3:::%[5]s/*", "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]}%[6]s
]}`
	keyPolicy := ""
	if cfg.Encryption == s3.EncryptionKMS {
		keyPolicy = fmt.Sprintf(`,
  {"Effect": "Allow", "Resource": %q, "Action": ["kms:GenerateDataKey", "kms:Decrypt"]}`, cmp.Or(cfg.KMSKeyID, "*"))
	}
	_, err := fmt.Fprintf(out, `Redis, with a password of your own, on every server:

ACL SETUSER mandelfarm on >PASSWORD %[1]s

In a cluster, on every node, also: %[2]s

Sentinels, if they have users, on each:

ACL SETUSER mandelfarm on >PASSWORD %[3]s

S3, and s3:CreateBucket where the bucket is not there:

`+s3Policy+"\n", queue.Policy(), queue.ClusterRules(), queue.SentinelPolicy(), cfg.Bucket, path.Join(cfg.Bucket, cfg.Prefix), keyPolicy)
	return err
}
