package escape

import (
	"context"
	"math"
)

// Blur bounds what z is off by after so many steps of z^2 + c from where it is off by so much: at each step twice as much times |z|, and the step's rounding. It makes the steps that the engines
// make, one by one.
func Blur(ctx context.Context, x, y, cx, cy float64, steps int, blur float64, effort *Effort) (float64, error) {
	const rounding = 0x1p-52 // of numbers up to 1: of the sum of two squares and c, and of c itself
	effort.Add(Effort{Moves: int64(steps)})
	for ; steps > 0; steps -= pollSteps {
		if err := context.Cause(ctx); err != nil {
			return 0, err
		}
		for range min(steps, pollSteps) {
			z2 := norm2(x, y)
			blur = math.FMA(blur, 2*math.Sqrt(z2), float64(rounding*max(1, z2)))
			x, y = stepQuadratic(x, y, cx, cy)
		}
	}
	return blur, nil
}
