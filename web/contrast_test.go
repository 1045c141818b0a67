package web_test

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pigment is a colour in sRGB, each channel 0 to 1, and how much of it covers what is below.
type pigment struct {
	channels [3]float64
	alpha    float64
}

// parsePigment reads a colour as the style sheet writes them: #rgb, #rrggbb, or rgb(r g b / a).
func parsePigment(t *testing.T, text string) pigment {
	t.Helper()
	p := pigment{alpha: 1}
	if hex, ok := strings.CutPrefix(text, "#"); ok {
		if len(hex) == 3 {
			hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
		}
		n, err := strconv.ParseUint(hex, 16, 24)
		require.NoError(t, err, text)
		for i := range p.channels {
			p.channels[i] = float64(n>>(16-8*i)&255) / 255
		}
		return p
	}
	_, err := fmt.Sscanf(text, "rgb(%g %g %g / %g)", &p.channels[0], &p.channels[1], &p.channels[2], &p.alpha)
	require.NoError(t, err, text)
	for i := range p.channels {
		p.channels[i] /= 255
	}
	return p
}

// over is the colour that is seen where p lies over another, which covers all.
func (p pigment) over(below pigment) pigment {
	for i := range p.channels {
		p.channels[i] = p.alpha*p.channels[i] + (1-p.alpha)*below.channels[i]
	}
	p.alpha = 1
	return p
}

// luminance is relative luminance (WCAG 2.2).
func (p pigment) luminance() float64 {
	sum := 0.0
	for i, weight := range [3]float64{0.2126, 0.7152, 0.0722} {
		linear := p.channels[i] / 12.92
		if p.channels[i] > 0.04045 {
			linear = math.Pow((p.channels[i]+0.055)/1.055, 2.4)
		}
		sum += weight * linear
	}
	return sum
}

// contrast is the ratio of two colours (WCAG 2.2).
func contrast(a, b pigment) float64 {
	x, y := a.luminance(), b.luminance()
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// TestTextIsReadableInBothSchemes: at least 4.5 to 1 (WCAG 2.2, AA) on panels that nothing shines through, and 3 to 1 on glass
// over the picture's own darkest and brightest pixels, which is blurred beneath it.
func TestTextIsReadableInBothSchemes(t *testing.T) {
	t.Parallel()
	pairs := regexp.MustCompile(`--([\w-]+): light-dark\((rgb\([^)]*\)|#\w+), (rgb\([^)]*\)|#\w+)\)`).FindAllStringSubmatch(file(t, "style.css"), -1)
	require.Len(t, pairs, 10)
	for scheme, name := range []string{"light", "dark"} {
		colours := make(map[string]pigment)
		for _, pair := range pairs {
			colours[pair[1]] = parsePigment(t, pair[2+scheme])
		}
		black, white := pigment{alpha: 1}, pigment{channels: [3]float64{1, 1, 1}, alpha: 1}
		for _, ink := range []string{"text", "faint", "accent", "bad", "good"} {
			assert.GreaterOrEqual(t, contrast(colours[ink], colours["solid"]), 4.5, "%s on solid, %s", ink, name)
			for _, below := range []pigment{black, white} {
				assert.GreaterOrEqual(t, contrast(colours[ink], colours["glass"].over(below)), 3.0, "%s on glass over %v, %s", ink, below, name)
			}
		}
		assert.GreaterOrEqual(t, contrast(colours["on-accent"], colours["accent"]), 4.5, "on accent, %s", name)
	}
}
