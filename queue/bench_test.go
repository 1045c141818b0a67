package queue_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	"github.com/stretchr/testify/require"

	"mandelfarm/job"
	"mandelfarm/queue"
)

// BenchmarkLatency is the time from a request to the call of its handler, on a
// farm with nothing else to do: with the gate, and with nothing but asynq, which
// looks for work at intervals. Run it with -benchtime=200x.
func BenchmarkLatency(b *testing.B) {
	b.Run("farm", func(b *testing.B) {
		f := onRedis(b)
		q := f.open(b)
		calls := make(chan time.Time, 1)
		serve(b, f.open(b), time.Second, func(context.Context, job.Task, job.Delivery) error {
			calls <- time.Now()
			return nil
		}, assign(job.Interactive, 250*time.Millisecond))
		latency(b, calls, 0, func(i int) { enqueue(b, q, task(b, 1+i, job.Interactive)) })
	})
	for _, interval := range []time.Duration{10 * time.Millisecond, time.Second} {
		b.Run("asynq every "+interval.String(), func(b *testing.B) {
			f := onRedis(b)
			calls := make(chan time.Time, 1)
			client := plainAsynq(b, f, interval, func(context.Context, *asynq.Task) error {
				calls <- time.Now()
				return nil
			})
			latency(b, calls, interval, func(i int) { enqueuePlain(b, client, i) })
		})
	}
}

// latency has tasks queued at random times, which spread over the interval at
// which the server looks, and reports how long after they were called.
func latency(b *testing.B, calls <-chan time.Time, interval time.Duration, enqueue func(i int)) {
	b.Helper()
	enqueue(0) // connections, scripts
	receive(b, calls, "the first task")
	var all []time.Duration
	for i := 1; b.Loop(); i++ {
		<-time.After(5*time.Millisecond + rand.N(max(interval, 95*time.Millisecond)))
		began := time.Now()
		enqueue(i)
		all = append(all, receive(b, calls, "a task").Sub(began))
	}
	slices.Sort(all)
	for name, percent := range map[string]int{"p50-ms": 50, "p99-ms": 99} {
		b.ReportMetric(float64(all[(len(all)-1)*percent/100].Microseconds())/1000, name)
	}
	b.ReportMetric(0, "ns/op") // of the pauses, mostly
}

// BenchmarkThroughput is how fast tasks go that do nothing, 8 at a time.
func BenchmarkThroughput(b *testing.B) {
	const atOnce = 8
	b.Run("farm", func(b *testing.B) {
		f := onRedis(b)
		q := f.open(b)
		for i := range b.N {
			enqueue(b, q, task(b, 1+i, job.Batch))
		}
		left := make(chan struct{}, b.N)
		b.ResetTimer()
		serve(b, q, time.Second, func(context.Context, job.Task, job.Delivery) error {
			left <- struct{}{}
			return nil
		}, queue.Assignment{Lane: job.Batch, Concurrency: atOnce, Poll: time.Second})
		drain(b, left)
	})
	b.Run("asynq", func(b *testing.B) {
		f := onRedis(b)
		options, err := asynq.ParseRedisURI(f.url)
		require.NoError(b, err)
		client := asynq.NewClient(options)
		for i := range b.N {
			enqueuePlain(b, client, i)
		}
		require.NoError(b, client.Close())
		left := make(chan struct{}, b.N)
		b.ResetTimer()
		plainAsynq(b, f, time.Second, func(context.Context, *asynq.Task) error {
			left <- struct{}{}
			return nil
		})
		drain(b, left)
	})
}

func drain(b *testing.B, left <-chan struct{}) {
	b.Helper()
	for range b.N {
		receive(b, left, "a task")
	}
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tasks/s")
}

// plainAsynq is asynq's own server, 8 tasks at a time, and a client for it.
func plainAsynq(b *testing.B, f *farm, interval time.Duration, handle asynq.HandlerFunc) *asynq.Client {
	b.Helper()
	options, err := asynq.ParseRedisURI(f.url)
	require.NoError(b, err)
	server := asynq.NewServer(options, asynq.Config{Concurrency: 8, TaskCheckInterval: interval, LogLevel: asynq.FatalLevel})
	require.NoError(b, server.Start(handle))
	b.Cleanup(server.Shutdown)
	client := asynq.NewClient(options)
	b.Cleanup(func() { require.NoError(b, client.Close()) })
	return client
}

// enqueuePlain queues a task of the size of the farm's.
func enqueuePlain(b *testing.B, client *asynq.Client, i int) {
	b.Helper()
	payload := make([]byte, 350)
	_, err := client.Enqueue(asynq.NewTask("image", payload), asynq.TaskID(strconv.Itoa(i)))
	require.NoError(b, err)
}
