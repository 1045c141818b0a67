package renderer

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"mandelfarm/internal/places"
)

// bins are for distances from the boundary: below 1e-6 of a pixel, below 1e-5, and so on, and at least a tenth.
const bins = 7

func bin(distance float64) int {
	if distance == 0 {
		return 0
	}
	return max(0, min(bins-1, int(math.Floor(math.Log10(distance)))+bins))
}

// tally is what was found of places.
type tally struct {
	pixels   [bins]int // that escape, by the distances they have in the picture
	compared []comparison
}

// comparison is how far a pixel is from the truth.
type comparison struct {
	distance float64 // from the boundary, the true one, in pixels
	nu       float64 // by how much the count is off; infinite if the pixel is on the wrong side
	de       float64 // by how much the distance is off, in proportion
}

// moved is how far the pixel would have to move, in pixels, to be what it is: the error of the count over its slope, which is
// 2/(ln(2) distance).
func (c comparison) moved() float64 { return c.nu * c.distance * math.Ln2 / 2 }

// before is how far below the count of steps nu may be: log2(ln|z|) with |z| up to the square of the escape radius, and more.
const before = 4

// compare adds a pixel. Those that stay up to the limit, in truth and in the picture, say nothing of how exact it is.
func (t *tally) compare(got seen, want places.Sample, limit int) {
	inside := math.IsNaN(got.nu)
	switch {
	case want.Nu == nil && inside, inside && *want.Nu > float64(limit-before):
		return
	case want.Nu == nil:
		t.compared = append(t.compared, comparison{got.de, math.Inf(1), math.Inf(1)})
	case inside:
		t.compared = append(t.compared, comparison{*want.De, math.Inf(1), math.Inf(1)})
	default:
		t.compared = append(t.compared, comparison{*want.De, math.Abs(got.nu - *want.Nu), math.Abs(got.de / *want.De - 1)})
	}
}

func (t *tally) add(other tally) {
	for i, n := range other.pixels {
		t.pixels[i] += n
	}
	t.compared = append(t.compared, other.compared...)
}

// table returns rows of the tables in docs/benchmarks.md: of each distance which part of the pixels has it, how many were
// compared, which part of these is astray, and how far counts and distances are off, 99 of 100 and at most; and last how far
// pixels are moved that are not astray.
func (t *tally) table(name string) string {
	var rows strings.Builder
	all := 0
	for _, n := range t.pixels {
		all += n
	}
	var moved []float64
	for i := range bins {
		var nu, de []float64
		astray := 0
		for _, c := range t.compared {
			switch {
			case bin(c.distance) != i:
				continue
			case c.nu > 1:
				astray++
			default:
				moved = append(moved, c.moved())
			}
			nu, de = append(nu, c.nu), append(de, c.de)
		}
		fmt.Fprintf(&rows, "| %s | %s | %s | %d | %s | %.1e | %.1e | %.1e | %.1e |\n", name, binName(i), percent(t.pixels[i], all),
			len(nu), percent(astray, len(nu)), quantile(nu, 0.99), quantile(nu, 1), quantile(de, 0.99), quantile(de, 1))
	}
	fmt.Fprintf(&rows, "%s: %d pixels moved by %.1e (median), %.1e (99 of 100), %.1e at most\n",
		name, len(moved), quantile(moved, 0.5), quantile(moved, 0.99), quantile(moved, 1))
	return rows.String()
}

func percent(part, all int) string {
	return fmt.Sprintf("%.2g %%", 100*float64(part)/float64(max(1, all)))
}

func binName(i int) string {
	switch i {
	case 0:
		return "< 1e-6"
	case bins - 1:
		return ">= 0.1"
	}
	return fmt.Sprintf("1e%d to 1e%d", i-bins, i-bins+1)
}

// quantile is the least number that so great a part of them is not above; NaN of none.
func quantile(list []float64, part float64) float64 {
	if len(list) == 0 {
		return math.NaN()
	}
	slices.Sort(list)
	return list[int(math.Ceil(part*float64(len(list))))-1]
}
