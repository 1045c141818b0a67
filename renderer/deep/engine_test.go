package deep

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"mandelfarm/renderer/wide"
)

// views whose points skip, step, rebase, escape and stay, some of them in wide numbers.
func views() map[string]View {
	at := func(re, im string, exponent, limit int) View {
		return View{
			Re: re, Im: im, Step: wide.NewReal(1, exponent), Bound: wide.NewReal(400, exponent),
			MaxIterations: limit, Radius2: 1 << 16,
		}
	}
	return map[string]View{
		"needle":   at("-1.7599989999999999999", "1e-25", -100, 3000),
		"seahorse": at("-0.743643887037158704752191506114774", "0.131825904205311970493132056385139", -95, 20000),
		"minibrot": at("-1.7548776662466927600495088963585286918946066177727931439892839706460806551280810907382270928422503", "0", -120, 5000),
		"wide":     at("-2", "0", -1200, 5000),
	}
}

// TestEnginesAgree follows points of several views by the lanes and one by one, and compares every bit.
func TestEnginesAgree(t *testing.T) {
	t.Parallel()
	if !hasLanes() {
		t.Skip("there is but one engine here")
	}
	for name, v := range views() {
		for _, traced := range []bool{false, true} {
			t.Run(fmt.Sprint(name, " ", traced), func(t *testing.T) {
				t.Parallel()
				r, err := v.Reference(t.Context(), 1)
				if err != nil {
					t.Fatal(err)
				}
				g := NewGround(v, r)
				random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // not a secret
				points := make([]point, 999)
				for i := range points {
					p := &points[i]
					p.traced = traced
					p.offsetRe, p.offsetIm = random.Float64()*500-250, random.Float64()*500-250
					p.begin(g.start(p, wide.New(0, 0, 0), wide.New(0, 0, 0)), 0)
				}
				if points, err = g.approach(t.Context(), points); err != nil {
					t.Fatal(err)
				}
				other := append([]point(nil), points...)
				if err := g.walker.followAll(t.Context(), points); err != nil {
					t.Fatal(err)
				}
				if err := g.walker.followEach(t.Context(), other); err != nil {
					t.Fatal(err)
				}
				outcomes := map[outcome]int{}
				for i := range points {
					outcomes[points[i].outcome]++
					if got, want := trail(&points[i]), trail(&other[i]); got != want {
						t.Fatalf("point %d: %v, one by one %v", i, got, want)
					}
				}
				t.Log(outcomes, len(g.walker.track.links))
			})
		}
	}
}

// trail is what tells whether two points went the same way.
func trail(p *point) [8]uint64 {
	list := [8]uint64{uint64(p.outcome), uint64(p.n)} //nolint:gosec // as bits
	if p.outcome == escaped {
		for i, x := range []float64{p.zRe, p.zIm, p.slopeRe, p.slopeIm} {
			list[2+i] = math.Float64bits(x)
		}
	}
	if p.outcome == close {
		for i, x := range []float64{p.dRe, p.dIm, p.slopeRe, p.slopeIm} {
			list[2+i] = math.Float64bits(x)
		}
		list[6] = uint64(p.m) //nolint:gosec // as bits
	}
	return list
}
