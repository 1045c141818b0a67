package foreign

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"mandelfarm/renderer/palette"
	"mandelfarm/renderer/spec"
)

// kallesTurn is the number of colours in a turn of Kalles Fraktaler's palette: those of the file, its keys, and others between
// them. IterDiv is the distance from one to the next, and ColorOffset says at which to start.
const kallesTurn = 1024

// rgb is red, green and blue.
type rgb [3]uint8

func (c rgb) stop() string { return fmt.Sprintf("%02x%02x%02x", c[0], c[1], c[2]) }

// kallesTable is the turn that Kalles Fraktaler makes of the keys: half a sine from each to the next, cut to whole numbers.
func kallesTable(keys []rgb) []rgb {
	table := make([]rgb, kallesTurn)
	for i := range table {
		key, part := i*len(keys)/kallesTurn, i*len(keys)%kallesTurn
		table[i] = between(keys[key], keys[(key+1)%len(keys)], float64(part)/kallesTurn)
	}
	return table
}

// between is the colour at a part of the way from one key to the next.
func between(from, to rgb, part float64) (c rgb) {
	rise := (1 - math.Cos(math.Pi*part)) / 2
	for i := range c {
		c[i] = uint8(float64(from[i]) + rise*(float64(to[i])-float64(from[i])))
	}
	return c
}

// tolerance is how far a palette may be from Kalles Fraktaler's table, on average over its colours and channels of 255. That
// does not show, and leaves many palettes with their own few stops: from black to white and back the cubic of a gradient is
// 1.8 from the sine.
const tolerance = 1.9

// kallesStops returns the gradient of a list of keys, and how often it is repeated in a turn. It has the shortest of the lists
// that the keys repeat, each key with as many colours on the way to the next as it takes to follow the sine; where that is
// more than the table has, the table itself. The turn of a palette that has a name is that.
func kallesStops(keys []rgb) (gradient spec.Palette, repeats int) {
	for _, name := range spec.Palettes() {
		if len(keys) == kallesTurn && slices.Equal(keys, turnOf(name, true)) {
			return name, 1
		}
	}
	table := kallesTable(keys)
	short := period(keys)
	repeats = len(keys) / len(short)
	for each := 1; each <= 8 && each*len(short) <= kallesTurn; each *= 2 {
		gradient = spread(subdivide(short, each))
		if deviation(gradient, repeats, table) <= tolerance {
			return gradient, repeats
		}
	}
	short = period(table)
	return spread(short), kallesTurn / len(short)
}

// period returns the shortest list that the colours repeat.
func period(colors []rgb) []rgb {
	for n := 1; n < len(colors); n++ {
		if len(colors)%n == 0 && repeated(colors, n) {
			return colors[:n]
		}
	}
	return colors
}

// repeated reports whether each of the colours is the one n before it.
func repeated(colors []rgb, n int) bool {
	for i, c := range colors[n:] {
		if c != colors[i] {
			return false
		}
	}
	return true
}

// subdivide puts colours between the keys, so that each has so many places.
func subdivide(keys []rgb, each int) []rgb {
	var all []rgb
	for i, key := range keys {
		for j := range each {
			all = append(all, between(key, keys[(i+1)%len(keys)], float64(j)/float64(each)))
		}
	}
	return all
}

// spread makes a gradient of colours at even places. A gradient has two stops at least.
func spread(colors []rgb) spec.Palette {
	if len(colors) == 1 {
		colors = []rgb{colors[0], colors[0]}
	}
	texts := make([]string, len(colors))
	for i, c := range colors {
		texts[i] = c.stop() + "@" + place(i, len(colors))
	}
	return spec.Palette(strings.Join(texts, ","))
}

// place is i/n as the place of a stop, in the one form that such a number has.
func place(i, n int) string {
	d, err := spec.ParseDecimal(fmt.Sprintf("0.%09d", i*1_000_000_000/n))
	if err != nil {
		panic("foreign: a place is a number: " + err.Error())
	}
	return d.String()
}

// deviation is how far the gradient, as it is drawn, is from a turn of colours in which it is repeated.
func deviation(gradient spec.Palette, repeats int, turn []rgb) float64 {
	drawn := palette.New(gradient, 8, true)
	sum := 0.0
	for i, want := range turn {
		got := drawn[i*repeats%len(turn)*len(drawn)/len(turn)]
		for channel := range want {
			sum += math.Abs(float64(got[channel]) - float64(want[channel]))
		}
	}
	return sum / float64(3*len(turn))
}
