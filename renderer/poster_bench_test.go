//go:build unix

package renderer

import (
	"io"
	"runtime"
	"syscall"
	"testing"
	"time"

	"mandelfarm/renderer/spec"
)

// BenchmarkPoster draws 8192x8192 smooth pixels in RGB from Spec to PNG.
//
// "parts" does on one thread, one after the other, what a thread does: the metrics are nanoseconds per pixel for points
// and iterations, for colours and for encoding, and the last two's share of the whole in percent. "threads" is the real
// thing on one thread and on two: the wall-clock times' ratio, the CPU time of two threads by that of one, which holds on
// a machine that others use too, and the most memory in use on the way in MB.
func BenchmarkPoster(b *testing.B) {
	s, err := spec.Parse([]byte(`{"width":8192,"height":8192}`))
	if err != nil {
		b.Fatal(err)
	}
	b.Run("parts", func(b *testing.B) {
		var parts partTimes
		for b.Loop() {
			parts.draw(b, s)
		}
		pixels := float64(s.Width) * float64(s.Height) * float64(b.N)
		whole := parts.points + parts.color + parts.encode
		b.ReportMetric(float64(parts.points.Nanoseconds())/pixels, "points-ns/pixel")
		b.ReportMetric(float64(parts.color.Nanoseconds())/pixels, "color-ns/pixel")
		b.ReportMetric(float64(parts.encode.Nanoseconds())/pixels, "encode-ns/pixel")
		b.ReportMetric(100*parts.color.Seconds()/whole.Seconds(), "%color")
		b.ReportMetric(100*parts.encode.Seconds()/whole.Seconds(), "%encode")
		b.ReportMetric(100*float64(parts.bytes)/pixels/3, "%size")
	})
	b.Run("threads", func(b *testing.B) {
		var one, two, oneCPU, twoCPU time.Duration
		var peak uint64
		for b.Loop() {
			start := cpuTime(b)
			one += timePoster(b, s, 1, &peak)
			middle := cpuTime(b)
			two += timePoster(b, s, 2, &peak)
			oneCPU += middle - start
			twoCPU += cpuTime(b) - middle
		}
		b.ReportMetric(twoCPU.Seconds()/oneCPU.Seconds(), "xcpu")
		b.ReportMetric(one.Seconds()/float64(b.N), "s/1-thread")
		b.ReportMetric(two.Seconds()/float64(b.N), "s/2-threads")
		b.ReportMetric(one.Seconds()/two.Seconds(), "x2-threads")
		b.ReportMetric(float64(peak)/1e6, "peak-MB")
	})
}

// cpuTime is what the process has used of all CPUs.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// partTimes is where the time of a drawing goes.
type partTimes struct {
	points, color, encode time.Duration
	bytes                 int
}

func (t *partTimes) draw(b *testing.B, s spec.Spec) {
	b.Helper()
	p := newPainter(s)
	work, encoder := getScratch(), encoders.Get()
	defer encoders.Put(encoder)
	stride := p.stride()
	pix := make([]byte, spec.SegmentRows*stride)
	var out []byte
	for top := 0; top < s.Height; top += spec.SegmentRows {
		for row := range spec.SegmentRows {
			for column := 0; column < s.Width; column += run {
				at := row*stride + p.format.Stride(column)
				t.run(b, p, work, top+row, column, pix[at:at+p.format.Stride(run)])
			}
		}
		start := time.Now()
		out, _ = encoder.AppendSegment(out[:0], p.format, s.Width, pix)
		t.encode += time.Since(start)
		t.bytes += len(out)
	}
}

func (t *partTimes) run(b *testing.B, p *painter, work *scratch, row, column int, dst []byte) {
	b.Helper()
	start := time.Now()
	batch := work.batch.Slice(run)
	p.grid.place(batch, row, column, p.offsets[0])
	if err := p.kernel.Run(b.Context(), batch); err != nil {
		b.Fatal(err)
	}
	middle := time.Now()
	p.shader.Add(work.shade, batch, dst)
	t.points += middle.Sub(start)
	t.color += time.Since(middle)
}

func timePoster(b *testing.B, s spec.Spec, threads int, peak *uint64) time.Duration {
	b.Helper()
	var before, during runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	rows := 0
	progress := func(n int, _ Work) {
		if rows += n; rows%1024 < n {
			runtime.ReadMemStats(&during)
			*peak = max(*peak, during.HeapAlloc-min(before.HeapAlloc, during.HeapAlloc))
		}
	}
	start := time.Now()
	if err := Write(b.Context(), io.Discard, s, Options{Threads: threads, Progress: progress}); err != nil {
		b.Fatal(err)
	}
	return time.Since(start)
}
