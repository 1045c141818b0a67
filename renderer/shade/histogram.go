package shade

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
)

// levels is the number of parts of equal size that a Histogram divides the points into.
const levels = 256

// Histogram says how the depths of a picture's points are distributed, for colours that see ranks: the fractional iteration counts
// times the logarithm of the power of z.
type Histogram struct {
	// bounds are the least and the greatest depth, and between them those that divide the points that escape into levels
	// parts of equal size. It is empty if none escapes.
	bounds []float64
}

// NewHistogram makes the histogram of a picture, given the depths of some of its points ([Shader.Depth]), evenly spread. Of
// points that do not escape they are NaN.
func NewHistogram(depths []float64) *Histogram {
	escaping := make([]float64, 0, len(depths))
	for _, depth := range depths {
		if !math.IsNaN(depth) {
			escaping = append(escaping, depth)
		}
	}
	if len(escaping) == 0 {
		return &Histogram{}
	}
	slices.Sort(escaping)
	h := &Histogram{bounds: make([]float64, levels+1)}
	for level := range h.bounds {
		h.bounds[level] = escaping[level*(len(escaping)-1)/levels]
	}
	return h
}

// rank returns the part of the points that are less deep, from 0 to 1.
func (h *Histogram) rank(depth float64) float64 {
	if len(h.bounds) == 0 || depth < h.bounds[0] {
		return 0
	}
	bounds := (*[levels + 1]float64)(h.bounds)
	if depth >= bounds[levels] {
		return 1
	}
	level := 0 // the last that begins at the depth or before; found by halving, without branches to be guessed
	for step := levels / 2; step > 0; step /= 2 {
		next := level
		if bounds[level+step] <= depth {
			next = level + step
		}
		level = next
	}
	low, high := bounds[level], bounds[level+1]
	return (float64(level) + (depth-low)/(high-low)) / levels
}

// MarshalBinary returns about two kilobytes.
func (h *Histogram) MarshalBinary() ([]byte, error) {
	data := make([]byte, 0, 8*len(h.bounds))
	for _, bound := range h.bounds {
		data = binary.LittleEndian.AppendUint64(data, math.Float64bits(bound))
	}
	return data, nil
}

// UnmarshalBinary reads what MarshalBinary returns, and nothing else.
func (h *Histogram) UnmarshalBinary(data []byte) error {
	if len(data) != 0 && len(data) != 8*(levels+1) {
		return fmt.Errorf("histogram: %d bytes are not its size", len(data))
	}
	var bounds []float64
	last := math.Inf(-1)
	for ; len(data) > 0; data = data[8:] {
		bound := math.Float64frombits(binary.LittleEndian.Uint64(data))
		if !(bound >= last) || math.IsInf(bound, 0) {
			return errors.New("histogram: its bounds are not in order")
		}
		bounds, last = append(bounds, bound), bound
	}
	h.bounds = bounds
	return nil
}
