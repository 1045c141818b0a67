package chaos

import (
	"context"
	"flag"
	"image/color"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

var (
	soak    = flag.Duration("soak", 0, "how long the farm is used")
	drawing = flag.String("plot", "", "file of the plot, an SVG")
)

// samples is how often a soak is looked at.
const samples = 200

// TestSoak uses a farm for as long as -soak says, and draws how large its processes, Redis and storage get.
func TestSoak(t *testing.T) { //nolint:paralleltest // it takes the machine
	if *soak == 0 {
		t.Skip("it takes an hour: make soak")
	}
	f := newFarm(t, program(t, false), false)
	r := newRecord()
	before := measure(t, f)
	ctx, cancel := context.WithTimeout(t.Context(), *soak)
	defer cancel()
	var using sync.WaitGroup
	using.Go(func() { newClients(f, r).run(ctx, 1) })
	grown := newGrowth()
	for ctx.Err() == nil {
		grown.sample(t, f, time.Since(r.begun))
		pause(ctx, *soak/samples)
	}
	using.Wait()

	audit(t, f, r)
	r.report(t)
	for _, wrong := range r.contradictions() {
		t.Error(wrong)
	}
	requireNothingLeft(t, f)
	requireQuietLogs(t, f)
	requireNoGrowth(t, f, before)
	grown.requireLevel(t)
	if *drawing != "" {
		grown.draw(t, *drawing)
	}
}

// growth is how large everything was, over time: by what is measured, and then of what.
type growth map[string]map[string]plotter.XYs

const (
	redisKeys     = "keys in Redis"
	storedObjects = "files of stored objects"
)

func newGrowth() growth {
	return growth{memory: {}, goroutines: {}, openFiles: {}, redisKeys: {}, storedObjects: {}}
}

func (g growth) add(what, of string, at time.Duration, size float64) {
	g[what][of] = append(g[what][of], plotter.XY{X: at.Minutes(), Y: size})
}

func (g growth) sample(t *testing.T, f *farm, at time.Duration) {
	t.Helper()
	for name, found := range measure(t, f) {
		for what, size := range found {
			g.add(what, name, at, size)
		}
	}
	g.add(redisKeys, "Redis", at, float64(f.number(t, "DBSIZE")))
	objects := 0
	require.NoError(t, filepath.WalkDir(f.store.Folder(f.bucket.Bucket), func(_ string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			objects++
		}
		return nil // some are removed meanwhile
	}))
	g.add(storedObjects, "S3", at, float64(objects))
}

// requireLevel fails if what ought to stay as it is was larger in the last quarter than in the one before, by more than a third of that.
func (g growth) requireLevel(t *testing.T) {
	t.Helper()
	for _, what := range []string{memory, goroutines, openFiles} {
		for of, line := range g[what] {
			n := len(line)
			third, last := mean(line[n/2:n*3/4]), mean(line[n*3/4:])
			assert.LessOrEqual(t, last, third*4/3, "%s of %s", what, of)
		}
	}
}

func mean(line plotter.XYs) float64 {
	sum := 0.0
	for _, p := range line {
		sum += p.Y
	}
	return sum / float64(max(len(line), 1))
}

// palette has colours that most people tell apart.
func palette() []color.Color {
	return []color.Color{
		color.RGBA{0, 0x72, 0xb2, 255}, color.RGBA{0xe6, 0x9f, 0, 255}, color.RGBA{0, 0x9e, 0x73, 255}, color.RGBA{0xd5, 0x5e, 0, 255}, color.RGBA{0xcc, 0x79, 0xa7, 255},
	}
}

// titles are what plots are called, from above to below, and what their sizes are divided by.
func titles() []struct {
	what, title string
	unit        float64
} {
	return []struct {
		what, title string
		unit        float64
	}{
		{memory, "resident memory, MiB", 1 << 20},
		{goroutines, "goroutines", 1},
		{openFiles, "open files", 1},
		{redisKeys, redisKeys, 1},
		{storedObjects, storedObjects, 1},
	}
}

// draw writes a column of plots.
func (g growth) draw(t *testing.T, file string) {
	t.Helper()
	const width, height = 20 * vg.Centimeter, 5 * vg.Centimeter
	var rows [][]*plot.Plot
	for i, row := range titles() {
		p := plot.New()
		p.Title.Text = row.title
		g.drawLines(t, p, row.what, row.unit, i == 0)
		rows = append(rows, []*plot.Plot{p})
	}
	rows[len(rows)-1][0].X.Label.Text = "minutes"
	canvas := vgsvg.New(width, height*vg.Length(len(rows)))
	tiles := draw.Tiles{Rows: len(rows), Cols: 1, PadY: 2 * vg.Millimeter}
	for row, canvases := range plot.Align(rows, tiles, draw.New(canvas)) {
		rows[row][0].Draw(canvases[0])
	}
	out, err := os.Create(file)
	require.NoError(t, err)
	_, err = canvas.WriteTo(out)
	require.NoError(t, err)
	require.NoError(t, out.Close())
}

func (g growth) drawLines(t *testing.T, p *plot.Plot, what string, unit float64, legend bool) {
	t.Helper()
	p.Y.Min = 0
	for i, of := range slices.Sorted(maps.Keys(g[what])) {
		points := slices.Clone(g[what][of])
		for n := range points {
			points[n].Y /= unit
		}
		line, err := plotter.NewLine(points)
		require.NoError(t, err)
		line.Color = palette()[i%len(palette())]
		p.Add(line)
		if legend {
			p.Legend.Add(of, line)
		}
	}
}
