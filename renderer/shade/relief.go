package shade

import (
	"math"

	"mandelfarm/renderer/bandpng"
	"mandelfarm/renderer/elementary"
	"mandelfarm/renderer/escape"
	"mandelfarm/renderer/spec"
)

// relief lights colours from one side, as if the palette were painted on a hill that rises toward the boundary with the
// same steepness everywhere.
type relief struct {
	x, y     float64 // where the light comes from, in the picture, y upward; of length 1
	strength float64
}

func newRelief(c spec.Coloring) *relief {
	sin, cos := elementary.SinCos(c.Light.String())
	return &relief{cos, sin, c.Relief.Float64()}
}

// Faces away from the light lose as much as shadow of their colour. Faces toward it go as far toward white as glow of the
// colour itself and haze say, so that dark places stay dark and bright ones keep their hue.
const (
	shadow = 0.85
	glow   = 0.8
	haze   = 0.15
)

// light changes the colours of points outside. Within a pixel of the boundary it fades: there the hill faces another way at
// every point.
func (r *relief) light(colors []uint64, batch escape.Batch, format bandpng.Format) {
	bits, channels := 8, 3
	switch format {
	case bandpng.RGB16:
		bits = 16
	case bandpng.Gray8:
		channels = 1
	case bandpng.Gray16:
		bits, channels = 16, 1
	case bandpng.Gray1, bandpng.RGB8, bandpng.Indexed8: // a relief has other formats
	}
	log2 := elementary.NewLogCurve()
	for i, count := range batch.Count[:len(colors)] {
		if count == 0 {
			continue
		}
		gradX, gradY := batch.GradX[i], batch.GradY[i]
		near := min(1, distance(log2, batch.Norm2[i], gradX, gradY))
		colors[i] = lit(colors[i], float64(near*r.facing(gradX, gradY)), bits, channels)
	}
}

// facing is the cosine of the angle between the light and the way down the hill, times the strength. It is 0 where the
// gradient is beyond all numbers.
func (r *relief) facing(gradX, gradY float64) float64 {
	size := math.Sqrt(float64(gradX*gradX) + float64(gradY*gradY))
	cosine := (float64(gradX*r.x) + float64(gradY*r.y)) / size
	if cosine >= -1.001 && cosine <= 1.001 {
		return float64(max(-1, min(1, cosine)) * r.strength)
	}
	return 0
}

// lit returns a colour of so many channels of so many bits under a light from -1 to 1.
func lit(color uint64, light float64, bits, channels int) uint64 {
	mask := uint64(1)<<bits - 1
	white := float64(mask)
	result := uint64(0)
	for channel := range channels {
		shift := channel * bits
		value := float64(color>>shift&mask) / white
		if light > 0 {
			value += float64(float64((1-value)*light) * (float64(glow*value) + haze))
		} else {
			value += float64(value * float64(light*shadow))
		}
		result |= uint64(math.Floor(float64(value*white)+0.5)) << shift
	}
	return result
}
