package shade

import (
	"math"

	"mandelfarm/renderer/escape"
	"mandelfarm/renderer/spec"
)

// spread lays the palette over depths as a Spec's range and equalization say: turns go by the root of the depth, by rank, or
// by something between.
type spread struct {
	ends      [2]float64 // depths of the range
	ranged    bool       // whether there is one
	start     float64    // root of the depth at which a turn begins
	length    float64    // of a turn, in roots
	equalize  float64    // 0 for roots, 1 for ranks
	rankStart float64    // part of the points that are less deep than a turn's beginning
	rankTurn  float64    // part of them that a turn spans
}

const (
	// leastLength is that of a turn, where a range is narrower than doubles tell apart.
	leastLength = 0x1p-30
	// mostTurns bounds turns, for [Shader.at]. Nothing is to be seen of a palette that turns as often.
	mostTurns = 0x1p13
)

// newSpread is nil for smooth colours of which nothing is said.
func newSpread(c spec.Coloring, bits float64) *spread {
	p := &spread{length: 1 / turnsPerRoot, equalize: c.Equalize.Float64(), rankTurn: 1, ranged: c.Range != (spec.Range{})}
	if p.ranged {
		for i, count := range c.Range {
			p.ends[i] = float64(count.Float64() * bits)
		}
		p.start = math.Sqrt(p.ends[0])
		p.length = max(leastLength, math.Sqrt(p.ends[1])-p.start)
	}
	if !p.ranged && p.equalize == 0 && c.Smooth != spec.Off {
		return nil // colorSmooth is quicker
	}
	return p
}

// use has turns go by the ranks of a histogram. In a range that holds no points there are none to go by.
func (p *spread) use(h *Histogram) {
	if !p.ranged {
		return
	}
	p.rankStart = h.rank(p.ends[0])
	p.rankTurn = h.rank(p.ends[1]) - p.rankStart
	if p.rankTurn <= 0 {
		p.equalize = 0
	}
}

// colorSpread goes by the depth as colorSmooth does, laid out by the spread.
func (n *Shader) colorSpread(colors []uint64, batch escape.Batch) {
	depthOf := n.depths()
	interior := n.table[n.places]
	for i, count := range batch.Count[:len(colors)] {
		if count == 0 {
			colors[i] = interior
			continue
		}
		depth := depthOf(count, batch.Norm2[i])
		turns := n.spread.straight(depth)
		if n.spread.equalize > 0 {
			even := (n.histogram.rank(depth) - n.spread.rankStart) / n.spread.rankTurn
			turns += float64(n.spread.equalize * (even - turns))
		}
		turns = max(-mostTurns, min(turns, mostTurns))
		colors[i] = n.entry(int64(math.Floor(n.offset + float64(n.scale*turns))))
	}
}

// straight is how many turns a depth is from the beginning, by its root.
func (p *spread) straight(depth float64) float64 {
	return (math.Sqrt(max(0, depth)) - p.start) / p.length
}
