package renderer_test

import (
	"fmt"
	"math/cmplx"
	"testing"

	"github.com/stretchr/testify/require"

	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
)

// linspace is numpy's: n numbers from start to stop, both included.
func linspace(start, stop float64, n int) []float64 {
	numbers := make([]float64, n)
	step := (stop - start) / float64(n-1)
	for i := range numbers {
		numbers[i] = float64(float64(i)*step) + start
	}
	numbers[n-1] = stop
	return numbers
}

// escapes is the original's algorithm for one point: complex numbers, and |z| itself.
func escapes(c complex128) bool {
	z := complex128(0)
	for range 128 {
		z = z*z + c
		if cmplx.Abs(z) > 2 {
			return true
		}
	}
	return false
}

// originalSizes are the sizes that the original is compared at: some by name, and some scattered over all it allows.
func originalSizes() [][2]int {
	sizes := [][2]int{{800, 600}, {100, 50}, {1200, 1024}, {101, 51}, {333, 777}, {640, 480}, {999, 64}, {128, 129}}
	scattered := 48
	if testing.Short() {
		scattered = 4
	}
	// Steps coprime to the numbers of widths and heights visit all of them in turn.
	for i := range scattered {
		sizes = append(sizes, [2]int{100 + i*419%1101, 50 + i*307%975})
	}
	return sizes
}

// TestOriginalPixelForPixel computes the original's picture in the most straightforward way there is, without fused
// arithmetic. At none of these sizes is a pixel so close to the boundary that the rounding decides.
func TestOriginalPixelForPixel(t *testing.T) {
	t.Parallel()
	for _, size := range originalSizes() {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			t.Parallel()
			width, height := size[0], size[1]
			got, err := renderer.Render(t.Context(), spec.Original(width, height), spec.Rows{Start: 0, End: height}, renderer.Options{})
			require.NoError(t, err)
			require.Equal(t, renderer.Gray1, got.Format)
			re, im := linspace(-2.25, 0.75, width), linspace(-1.25, 1.25, height)
			for row := range height {
				for column := range width {
					want := escapes(complex(re[column], im[height-1-row]))
					white := got.Pix[row*got.Stride+column/8]>>(7-column%8)&1 == 1
					if white != want {
						t.Fatalf("pixel (%d,%d): white is %v, want %v", column, row, white, want)
					}
				}
			}
		})
	}
}
