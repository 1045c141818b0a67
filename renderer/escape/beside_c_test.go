//go:build linux && amd64

package escape

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// benchSide is the width and height of the views measured, a multiple of a chunk.
const benchSide = 256

// benchViews are the views that figures are given for. Repeats make one measurement some milliseconds long.
var benchViews = []struct {
	name           string
	re, im, radius float64
	limit, repeats int
}{
	{"interior", -0.1225, 0.7449, 0.001, 1000, 8}, // in a disc of period 3
	{"full1000", -0.75, 0, 1.25, 1000, 25},
	{"full128", -0.75, 0, 1.25, 128, 100},
	{"full10000", -0.75, 0, 1.25, 10_000, 4},
	{"seahorse", -0.743643887037151, 0.131825904205330, 5e-6, 5000, 10},
}

// rival is the running C program.
type rival struct {
	in  io.Writer
	out *bufio.Reader
}

// newRival compiles testdata/kernel.c for this machine and starts it.
func newRival(b *testing.B) *rival {
	b.Helper()
	gcc, err := exec.LookPath("gcc")
	if err != nil || !hasAVX512() {
		b.Skip("needs gcc and AVX-512")
	}
	path := filepath.Join(b.TempDir(), "kernel")
	out, err := exec.CommandContext(b.Context(), gcc, "-O3", "-march=native", "-ffp-contract=off", "-o", path,
		filepath.Join("testdata", "kernel.c")).CombinedOutput()
	require.NoError(b, err, "%s", out)
	program := exec.CommandContext(b.Context(), path)
	in, err := program.StdinPipe()
	require.NoError(b, err)
	stdout, err := program.StdoutPipe()
	require.NoError(b, err)
	require.NoError(b, program.Start())
	b.Cleanup(func() {
		_ = in.Close()
		_ = program.Wait() // the context may have ended it
	})
	return &rival{in, bufio.NewReader(stdout)}
}

// BenchmarkBesideC makes every step of every point of a view, no shortcuts, here and in C, by turns. It reports both
// speeds in 10^9 iterations per second of processor time, and the median and the extent of the middle half of the
// ratio of ours to C's: above 1, ours is faster. The results must be the same to the bit.
func BenchmarkBesideC(b *testing.B) {
	rival := newRival(b)
	for i, view := range benchViews {
		b.Run(view.name, func(b *testing.B) {
			batch := benchBatch(i)
			kernel := Kernel{MaxIterations: view.limit, Radius2: 4}
			engine := fastest(quadratic)
			var ours, theirs, ratios []float64
			for b.Loop() {
				took := processorTime(b, func() {
					for range view.repeats {
						require.NoError(b, kernel.run(b.Context(), *batch, engine, false))
					}
				}) / float64(view.repeats)
				rivals := rival.measure(b, i, checksum(batch))
				ours, theirs, ratios = append(ours, took), append(theirs, rivals), append(ratios, rivals/took)
			}
			b.ReportMetric(iterations(batch, view.limit)/quantile(ours, 0.5)/1e9, "Giter/s")
			b.ReportMetric(iterations(batch, view.limit)/quantile(theirs, 0.5)/1e9, "C-Giter/s")
			b.ReportMetric(quantile(ratios, 0.5), "ours/C")
			b.ReportMetric(quantile(ratios, 0.25), "low")
			b.ReportMetric(quantile(ratios, 0.75), "high")
		})
	}
}

// BenchmarkShortcuts compares the time with all shortcuts with the time without, in one run.
func BenchmarkShortcuts(b *testing.B) {
	for i, view := range benchViews {
		b.Run(view.name, func(b *testing.B) {
			batch := benchBatch(i)
			kernel := Kernel{MaxIterations: view.limit, Radius2: 4}
			engine := fastest(quadratic)
			var with, ratios []float64
			for b.Loop() {
				var took [2]float64
				for way := range took {
					took[way] = processorTime(b, func() {
						require.NoError(b, kernel.run(b.Context(), *batch, engine, way == 1))
					})
				}
				with, ratios = append(with, took[1]), append(ratios, took[0]/took[1])
			}
			b.ReportMetric(quantile(with, 0.5)/benchSide/benchSide*1e9, "ns/pixel")
			b.ReportMetric(quantile(ratios, 0.5), "speedup")
		})
	}
}

// BenchmarkEngines makes every step of a view by each engine.
func BenchmarkEngines(b *testing.B) {
	for name, kernel := range map[string]Kernel{
		"mandelbrot": {}, "ship": {Formula: BurningShip}, "tricorn": {Formula: Tricorn}, "power3": {Power: 3}, "power8": {Power: 8},
	} {
		for _, e := range engines(kernel.species()) {
			for i, view := range benchViews[:2] {
				b.Run(name+"/"+e.name+"/"+view.name, func(b *testing.B) {
					batch := benchBatch(i)
					kernel := Kernel{Formula: kernel.Formula, Power: kernel.Power, MaxIterations: view.limit, Radius2: 4}
					var times []float64
					for b.Loop() {
						times = append(times, processorTime(b, func() {
							require.NoError(b, kernel.run(b.Context(), *batch, e, false))
						}))
					}
					b.ReportMetric(iterations(batch, view.limit)/quantile(times, 0.5)/1e9, "Giter/s")
				})
			}
		}
	}
}

// quantile returns the number below which lies the given part of the times.
func quantile(times []float64, part float64) float64 {
	slices.Sort(times)
	return times[int(part*float64(len(times)))]
}

// benchBatch holds the points of a view.
func benchBatch(i int) *Batch {
	batch := NewBatch(benchSide * benchSide)
	view(batch, benchSide, benchViews[i].re, benchViews[i].im, benchViews[i].radius)
	return batch
}

// measure lets the C program iterate a view and returns its processor time.
func (r *rival) measure(b *testing.B, i int, want uint64) float64 {
	b.Helper()
	view := benchViews[i]
	_, err := fmt.Fprintf(r.in, "%.17g %.17g %g %d %d %d\n", view.re, view.im, view.radius, benchSide, view.limit, view.repeats)
	require.NoError(b, err)
	var took float64
	var sum uint64
	_, err = fmt.Fscanf(r.out, "%f %x\n", &took, &sum)
	require.NoError(b, err)
	require.Equal(b, want, sum, "the results in C are others")
	return took
}

// checksum is that of testdata/kernel.c.
func checksum(b *Batch) uint64 {
	sum := uint64(0)
	for i, count := range b.Count {
		bits := uint64(0)
		if count != 0 {
			bits = math.Float64bits(b.Norm2[i])
		}
		sum = (sum*31+uint64(count))*31 + bits
	}
	return sum
}

// iterations is the number of steps that the definition asks for.
func iterations(b *Batch, limit int) float64 {
	total := 0
	for _, count := range b.Count {
		if count == 0 {
			count = int32(limit)
		}
		total += int(count)
	}
	return float64(total)
}

// processorTime returns the seconds that this thread spends in work.
func processorTime(b *testing.B, work func()) float64 {
	b.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	start := threadTime(b)
	work()
	return threadTime(b) - start
}

func threadTime(b *testing.B) float64 {
	b.Helper()
	var now unix.Timespec
	require.NoError(b, unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &now))
	return float64(now.Nano()) / 1e9
}
