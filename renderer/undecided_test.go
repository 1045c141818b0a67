package renderer_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/cpu"

	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
)

// markedViews are views of every way to follow points: directly, beside a reference and directly again, in a core, in wide numbers.
func markedViews() map[string]string {
	return map[string]string{
		"whole":    `"max_iterations":500`,
		"window":   `"max_iterations":500,"window":{"re":["-0.8","-0.7"],"im":["0.05","0.15"]}`,
		"near":     `"max_iterations":3000,"center":{"re":"-0.743643887037158704752","im":"0.131825904205311970493"},"radius":"3e-9"`,
		"minibrot": `"max_iterations":3000,"center":{"re":"-1.7548776662466927600495088963585286918946066177727931439892839706460806551280810907382270928422503","im":"0"},"radius":"1e-40"`,
		"deepest":  `"max_iterations":2500,"center":{"re":"0","im":"1"},"radius":"1e-400","rotation":30`,
	}
}

func marked(t *testing.T, name, format string, undecided bool) spec.Spec {
	t.Helper()
	return parse(t, fmt.Sprintf(`{"width":60,"height":70,%s,"format":"%s","undecided":%t}`, markedViews()[name], format, undecided))
}

// TestMarksStandBesideTheNumbers, which are the same without; in both formats, whatever the threads and the bands.
func TestMarksStandBesideTheNumbers(t *testing.T) {
	t.Parallel()
	all := 0
	for name := range markedViews() {
		plain, with := file(t, marked(t, name, "npy", false), renderer.Options{}), marked(t, name, "npy", true)
		var work renderer.Work
		whole := file(t, with, renderer.Options{Threads: 3, Progress: func(_ int, w renderer.Work) { work.Add(w) }})
		head := string(renderer.Head(with))
		require.True(t, strings.HasPrefix(string(whole), head))
		assert.Contains(t, head, "{'descr': [('nu', '<f8'), ('undecided', '|b1')], 'fortran_order': False, 'shape': (70, 60), }")
		require.Zero(t, len(head)%64)
		image := readEXR(t, file(t, marked(t, name, "exr", true), renderer.Options{}))
		want, got, count := plain[128:], whole[len(head):], 0
		for i := range 60 * 70 {
			require.Equal(t, want[8*i:8*i+8], got[9*i:9*i+8], "%s: number %d", name, i)
			mark := float64(got[9*i+8])
			require.InDelta(t, mark, image.channels["undecided"][i/60][i%60], 0, "%s: pixel %d of the exr", name, i)
			count += int(mark)
		}
		assert.EqualValues(t, count, work.Undecided, name)
		all += count
		var parts bytes.Buffer
		parts.WriteString(head)
		for _, rows := range []spec.Rows{{Start: 0, End: 64}, {Start: 64, End: 70}} {
			_, err := renderer.WriteBand(t.Context(), &parts, with, rows, renderer.Options{Threads: 1})
			require.NoError(t, err)
		}
		require.Equal(t, whole, parts.Bytes(), name)
		plainImage := readEXR(t, file(t, marked(t, name, "exr", false), renderer.Options{}))
		delete(image.channels, "undecided")
		assert.Equal(t, plainImage.channels, image.channels, name)
	}
	assert.Greater(t, all, 100)
}

// TestMarksLeaveColoursAlone, those of periods too.
func TestMarksLeaveColoursAlone(t *testing.T) {
	t.Parallel()
	for name, view := range markedViews() {
		const picture = `{"width":60,"height":70,%s,"format":"exr","samples":2,"coloring":{"periods":true},"undecided":%t}`
		plain := readEXR(t, file(t, parse(t, fmt.Sprintf(picture, view, false)), renderer.Options{}))
		var work renderer.Work
		with := readEXR(t, file(t, parse(t, fmt.Sprintf(picture, view, true)), renderer.Options{Progress: func(_ int, w renderer.Work) { work.Add(w) }}))
		marks := 0.0
		for _, row := range with.channels["undecided"] {
			for _, mark := range row {
				marks += mark
			}
		}
		assert.InDelta(t, marks, work.Undecided, 0, "%s: pixels, and not samples", name)
		delete(with.channels, "undecided")
		assert.Equal(t, plain.channels, with.channels, name)
	}
}

// TestMarksAreTheSameByEveryEngine. It has the processor seem to be another, so that nothing may run beside it.
func TestMarksAreTheSameByEveryEngine(t *testing.T) { //nolint:paralleltest // see above
	for name := range markedViews() {
		s := marked(t, name, "npy", true)
		want := file(t, s, renderer.Options{})
		func() {
			defer func(avx512, avx2 bool) { cpu.X86.HasAVX512F, cpu.X86.HasAVX2 = avx512, avx2 }(cpu.X86.HasAVX512F, cpu.X86.HasAVX2)
			cpu.X86.HasAVX512F = false
			assert.Equal(t, want, file(t, s, renderer.Options{}), "%s without AVX-512", name)
			cpu.X86.HasAVX2 = false
			assert.Equal(t, want, file(t, s, renderer.Options{}), "%s without AVX2", name)
		}()
	}
}

// TestPointsThatStayAreDecidedIfThatIsCertain: the cardioid and components of higher periods are, and points that might escape after the limit are not.
func TestPointsThatStayAreDecidedIfThatIsCertain(t *testing.T) {
	t.Parallel()
	for view, want := range map[string]int{
		`"center":{"re":"-0.1","im":"0.1"},"radius":"0.01"`:                             0,
		`"center":{"re":"-0.1","im":"0"},"radius":"1e-200"`:                             0,
		`"center":{"re":"-0.122","im":"0.745"},"radius":"1e-12"`:                        0,
		`"center":{"re":"-1.755","im":"0"},"radius":"0.00001"`:                          0,
		`"center":{"re":"0.2501","im":"0"},"radius":"1e-6","max_iterations":100`:        100,
		`"center":{"re":"0.2500000000001","im":"0"},"radius":"1e-21"`:                   100,
		`"center":{"re":"0.36024","im":"-0.64131"},"radius":"1e-9","max_iterations":10`: 100,
	} {
		s := parse(t, `{"width":10,"height":10,"format":"npy","undecided":true,`+view+`}`)
		data := file(t, s, renderer.Options{})[len(renderer.Head(s)):]
		undecided := 0
		for i := range 100 {
			require.True(t, math.IsNaN(math.Float64frombits(binary.LittleEndian.Uint64(data[9*i:]))), "%s: point %d stays within the limit", view, i)
			undecided += int(data[9*i+8])
		}
		assert.Equal(t, want, undecided, view)
	}
}

// TestEstimatesTellOfUndecidedPixels about as many as there are.
func TestEstimatesTellOfUndecidedPixels(t *testing.T) {
	t.Parallel()
	s := parse(t, `{"width":400,"height":300,"max_iterations":3000,"format":"npy","undecided":true,"center":{"re":"-0.743643887037158704752","im":"0.131825904205311970493"},"radius":"1e-7"}`)
	var work renderer.Work
	file(t, s, renderer.Options{Progress: func(_ int, w renderer.Work) { work.Add(w) }})
	pre, err := renderer.NewPrepass(t.Context(), s, 1, nil)
	require.NoError(t, err)
	e, err := renderer.EstimateWork(t.Context(), s, pre, time.Second)
	require.NoError(t, err)
	require.Positive(t, work.Undecided)
	assert.InEpsilon(t, work.Undecided, e.Work.Undecided, 0.5)
}

// TestMarksHaveAFormatAndAFormula: elsewhere they have no effect, or are refused.
func TestMarksHaveAFormatAndAFormula(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"png", "counts", "gradients"} {
		assert.False(t, parse(t, `{"width":8,"height":6,"undecided":true,"format":"`+format+`"}`).Undecided, format)
	}
	s := parse(t, `{"width":8,"height":6,"undecided":true,"format":"exr"}`)
	assert.Contains(t, string(s.Canonical()), `"undecided":true`)
	assert.Equal(t, s, parse(t, string(s.Canonical())))
	asked, err := spec.FromQuery(8, 6, map[string][]string{"undecided": {"true"}, "format": {"exr"}})
	require.NoError(t, err)
	assert.Equal(t, s, asked)
	assert.Equal(t, parse(t, `{"width":8,"height":6,"format":"npy"}`), parse(t, `{"width":8,"height":6,"undecided":false,"format":"npy"}`))
	_, err = spec.Parse([]byte(`{"width":8,"height":6,"undecided":true,"format":"npy","formula":"tricorn"}`))
	require.ErrorContains(t, err, "undecided: is for the formula mandelbrot only")
}
