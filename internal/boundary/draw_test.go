package boundary

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/internal/places"
	"mandelfarm/renderer/orbit"
	"mandelfarm/renderer/wide"
)

// source is one of random numbers.
func source(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }

// TestPlacesShowTheBoundary: places of each kind have pixels that escape, at counts that differ, and some that are next to the
// boundary.
func TestPlacesShowTheBoundary(t *testing.T) {
	t.Parallel()
	for _, k := range kinds() {
		for _, w := range []Wanted{{1, 6, 2000}, {20, 40, 2000}, {200, 300, 10_000}} {
			if w.Shallowest > k.deepest || testing.Short() && w.Deepest > 100 {
				continue
			}
			t.Run(fmt.Sprintf("%s at %v", k.name, w.Deepest), func(t *testing.T) {
				t.Parallel()
				p := placeOf(t, k, w)
				radius, ok := size(p.Radius)
				require.True(t, ok)
				depth := -log10(radius)
				assert.True(t, depth > w.Shallowest-0.01 && depth < w.Deepest+0.01, "a radius of %s", p.Radius)
				assert.LessOrEqual(t, p.MaxIterations, w.MaxIterations)
				checkShows(t, p)
			})
		}
	}
}

// placeOf tries until it has a place of a kind.
func placeOf(t *testing.T, k kind, w Wanted) places.Place {
	t.Helper()
	random := source(1)
	for range attempts {
		p, err := draw(t.Context(), random, w, k)
		if err == nil {
			return p
		}
		require.ErrorIs(t, err, errNone)
	}
	require.Fail(t, "no place is found")
	return places.Place{}
}

// checkShows looks at pixels all over a place.
func checkShows(t *testing.T, p places.Place) {
	t.Helper()
	truth, ok := NewTruth(p)
	require.True(t, ok)
	nearest, least, most := math.Inf(1), math.Inf(1), 0.0
	for row := 20; row < places.Height; row += 80 {
		for column := 20; column < places.Width; column += 80 {
			s, err := truth.At(t.Context(), column, row, p.MaxIterations)
			require.NoError(t, err)
			if s.Nu != nil {
				nearest, least, most = min(nearest, *s.De), min(least, *s.Nu), max(most, *s.Nu)
			}
		}
	}
	assert.Less(t, nearest, 10.0, "pixels from the boundary: %v", p)
	assert.Greater(t, most-least, 1.0, "iterations between pixels: %v", p)
}

// TestSeedsDecide: the same numbers make the same places, others make others.
func TestSeedsDecide(t *testing.T) {
	t.Parallel()
	drawn := func(seed uint64) (list []places.Place) {
		random := source(seed)
		for range 4 {
			p, err := Draw(t.Context(), random, Wanted{3, 9, 2000})
			require.NoError(t, err)
			list = append(list, p)
		}
		return list
	}
	first := drawn(1)
	assert.Equal(t, first, drawn(1))
	assert.NotEqual(t, first, drawn(2))
	assert.NotEqual(t, first[0], first[1])
}

// TestNewtonFindsWhatIsKnown: i and -2 are the points next to the guesses whose orbits end in a cycle of two, and of one.
func TestNewtonFindsWhatIsKnown(t *testing.T) {
	t.Parallel()
	const digits = 300
	d := &drawing{random: source(1), limit: 1000, bits: bitsFor(digits)}
	target := power10(-digits)
	for _, test := range []struct {
		guess, want complex128
		k, p        int
	}{{0.01 + 0.99i, 1i, 2, 2}, {-1.99 + 0.01i, -2, 2, 1}} {
		got, err := d.newton(t.Context(), d.point(test.guess), test.k, test.p, target)
		require.NoError(t, err)
		assert.True(t, got.Minus(d.point(test.want), d.bits).Norm().Less(target), "%v", got.Wide(d.bits))
	}
	_, err := d.newton(t.Context(), d.point(2+2i), 30, 1, target)
	require.ErrorIs(t, err, errNone, "an orbit that escapes before")
}

// TestEdgesOfCopies: a spot on a copy's edge has points that escape and points that stay around it.
func TestEdgesOfCopies(t *testing.T) {
	t.Parallel()
	d := &drawing{random: source(3), limit: 5000, bits: bitsFor(60)}
	var s spot
	err := errNone
	for range attempts {
		if s, err = d.copied(t.Context(), 12); !errors.Is(err, errNone) {
			break
		}
	}
	require.NoError(t, err)
	out, in := 0, 0
	for range 200 {
		by := d.direction()
		e, err := follow(t.Context(), s.c.Plus(wide.New(real(by), imag(by), 0).MulReal(s.radius), d.bits), d.bits, d.limit)
		require.NoError(t, err)
		if e.n == 0 {
			in++
		} else {
			out++
		}
	}
	assert.Positive(t, out)
	assert.Positive(t, in)
}

// TestPointsOfContact are neither outside nor more than a little inside: next to them both are found.
func TestPointsOfContact(t *testing.T) {
	t.Parallel()
	d := &drawing{random: source(1), limit: 3000}
	for range 20 {
		c, out, in := d.contact(), 0, 0
		for range 200 {
			if _, escapes := d.escape(c + 0.05*d.direction()); escapes {
				out++
			} else {
				in++
			}
		}
		assert.Positive(t, out, c)
		assert.Positive(t, in, c)
	}
}

func TestNothingIsDrawnWithoutIterations(t *testing.T) {
	t.Parallel()
	_, err := Draw(t.Context(), source(1), Wanted{200, 300, 3})
	require.ErrorIs(t, err, errNone)
}

func TestDrawingEndsWithTheContext(t *testing.T) {
	t.Parallel()
	enough := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(enough)
	_, err := Draw(ctx, source(1), Wanted{1, 300, 10_000})
	require.ErrorIs(t, err, enough)
}

// TestDecimals come back as they were, but for what is cut off.
func TestDecimals(t *testing.T) {
	t.Parallel()
	d := &drawing{bits: bitsFor(40)}
	for _, c := range []complex128{0, -2, 0.25 + 1i, -1.2345678901234567 + 1e-9i} {
		from := d.point(c)
		back, ok := orbit.Parse(decimal(from.Re, d.bits, 48), decimal(from.Im, d.bits, 48), d.bits)
		require.True(t, ok)
		assert.True(t, back.Minus(from, d.bits).Norm().Less(power10(-47)), c)
	}
}
