package spec

// The original picture: the view and the bounds of the service that this one grew from.
const (
	originalMinWidth, originalMaxWidth   = 100, 1200
	originalMinHeight, originalMaxHeight = 50, 1024
	originalIterations                   = 128
)

// Original returns the picture that GET /generate/{width}/{height} shows without a query: the whole Mandelbrot set in
// black on white, stretched to the size, after 128 iterations. The size is clamped to 100..1200 by 50..1024, so every
// pair of integers is good.
func Original(width, height int) Spec {
	return Spec{draft{
		Formula: Mandelbrot,
		Window: Window{
			Re: [2]Decimal{{text: "-2.25"}, {text: "0.75"}},
			Im: [2]Decimal{{text: "-1.25"}, {text: "1.25"}},
		},
		Width:         max(originalMinWidth, min(width, originalMaxWidth)),
		Height:        max(originalMinHeight, min(height, originalMaxHeight)),
		MaxIterations: originalIterations,
		Samples:       1,
		Coloring:      Coloring{Method: MethodSet},
	}}
}
