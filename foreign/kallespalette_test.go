package foreign

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"mandelfarm/renderer/palette"
	"mandelfarm/renderer/spec"
)

// tableOf is what Kalles Fraktaler draws of a list of red, green and blue: 1,024 colours, one of the keys at every multiple of
// 1024/n, and half a sine from each to the next.
func tableOf(keys [][3]float64) (turn [1024][3]float64) {
	for i := range turn {
		place := float64(i) * float64(len(keys)) / 1024
		key := math.Floor(place)
		weight := 0.5 + math.Sin((place-key-0.5)*math.Pi)/2
		from, to := keys[int(key)], keys[(int(key)+1)%len(keys)]
		for channel := range 3 {
			turn[i][channel] = math.Floor(weight*to[channel] + (1-weight)*from[channel])
		}
	}
	return turn
}

// requirePalette reads a palette and compares a turn of Kalles Fraktaler's with the same part of ours. The density says how
// many turns of ours that is.
func requirePalette(t require.TestingT, keys [][3]float64) Picture {
	var list strings.Builder
	for _, key := range keys {
		fmt.Fprintf(&list, "%v,%v,%v,", key[2], key[1], key[0])
	}
	p, err := Read(Kalles, []byte(kallesPlace+"ColorMethod: 1\nIterDiv: 0.0078125\nColorOffset: 37\nColors: "+list.String()+"\n"), Size{})
	require.NoError(t, err)
	repeats, offset := p.Spec.Coloring.Density.Float64(), p.Spec.Coloring.Offset.Float64()
	colors := palette.New(p.Spec.Coloring.Palette, 8, true)
	sum := 0.0
	turn := tableOf(keys)
	for i := range turn {
		place := offset + repeats*float64(i)/1024
		got := colors[int((place-math.Floor(place))*float64(len(colors)))]
		for channel, want := range turn[(i+37)%1024] {
			sum += math.Abs(want - float64(got[channel]))
		}
	}
	require.LessOrEqual(t, sum/(3*1024), 2.0, "of 255, on average, in %d keys", len(keys))
	return p
}

// TestPalettesAreTheTable draws random lists of any length, some of which repeat a shorter one.
func TestPalettesAreTheTable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		channel := rapid.Map(rapid.Byte(), func(b byte) float64 { return float64(b) })
		color := rapid.Custom(func(t *rapid.T) [3]float64 {
			return [3]float64{channel.Draw(t, "red"), channel.Draw(t, "green"), channel.Draw(t, "blue")}
		})
		n := rapid.IntRange(2, 1024).Draw(t, "colours")
		repeats := rapid.IntRange(1, 1024/n).Draw(t, "repeats")
		list := rapid.SliceOfN(color, n, n).Draw(t, "list")
		var keys [][3]float64
		for range repeats {
			keys = append(keys, list...)
		}
		p := requirePalette(t, keys)
		assert.LessOrEqual(t, strings.Count(string(p.Spec.Coloring.Palette), "@"), spec.MaxStops)
	})
}

// TestPalettesOfEveryKind: what is hardest to follow by few stops.
func TestPalettesOfEveryKind(t *testing.T) {
	t.Parallel()
	kinds := map[string]func(i int) [3]float64{
		"a ramp": func(i int) [3]float64 {
			return [3]float64{float64(i % 256), float64(255 - i%256), float64(i / 4 % 256)}
		},
		"a stair": func(i int) [3]float64 { return [3]float64{float64(i / 8 * 50 % 256), 0, 255} },
		"stripes": func(i int) [3]float64 {
			return [3]float64{float64(i % 2 * 255), float64(i % 2 * 255), float64(i % 2 * 255)}
		},
		"one peak":  func(i int) [3]float64 { return [3]float64{255 * float64(min(1, i)), 255, 255} },
		"one color": func(int) [3]float64 { return [3]float64{1, 2, 3} },
	}
	for _, at := range kinds {
		for _, n := range []int{2, 3, 4, 5, 16, 61, 127, 128, 129, 250, 256, 257, 500, 511, 512, 513, 1000, 1023, 1024} {
			var keys [][3]float64
			for i := range n {
				keys = append(keys, at(i))
			}
			requirePalette(t, keys)
		}
	}
}

// TestLongListsOfFewColours: a list of 128 that alternates is two colours 64 times, and one of 640 ten of them, each with three
// on the way to the next.
func TestLongListsOfFewColours(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]string{
		"alternating.kfp": {"000000@0", "ffffff@0.5"},
		"ten-colours-64-times.kfp": {
			"000764@0", "103997@0.1", "206bcb@0.2", "86b5e5@0.3", "edffff@0.4", "f6d47f@0.5", "ffaa00@0.6", "7f5600@0.7", "000200@0.8", "000432@0.9",
		},
	} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		require.NoError(t, err)
		p := readText(t, Kalles, string(data))
		stops := strings.Split(string(p.Spec.Coloring.Palette), ",")
		each := len(stops) / len(want)
		assert.LessOrEqual(t, each, 4, name)
		for i, key := range want {
			assert.Equal(t, key, stops[i*each], name)
		}
		assert.Equal(t, "0.5", p.Spec.Coloring.Density.String(), name)
	}
}

// TestLights: SlopeAngle says, clockwise from the right, which side is dark.
func TestLights(t *testing.T) {
	t.Parallel()
	for angle, want := range map[string]string{"SlopeAngle: 0\n": "180", "": "135", "SlopeAngle: 90\n": "90", "SlopeAngle: 300\n": "-120", "SlopeAngle: -45\n": "-135"} {
		p := readText(t, Kalles, kallesPlace+"Slopes: 1\n"+angle)
		assert.Equal(t, want, p.Spec.Coloring.Light.String(), angle)
	}
}
