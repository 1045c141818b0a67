package deep

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"mandelfarm/renderer/escape"
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
		"needle":           at("-1.7599989999999999999", "1e-25", -100, 3000),
		"seahorse":         at("-0.743643887037158704752191506114774", "0.131825904205311970493132056385139", -95, 20000),
		"minibrot":         at("-1.7548776662466927600495088963585286918946066177727931439892839706460806551280810907382270928422503", "0", -120, 5000),
		"minibrot, deeper": at("-1.7548776662466927600495088963585286918946066177727931439892839706460806551280810907382270928422503", "0", -200, 5000),
		"wide":             at("-2", "0", -1200, 5000),
	}
}

// TestEnginesAgree follows points of several views by the lanes and one by one, and compares every bit.
func TestEnginesAgree(t *testing.T) {
	t.Parallel()
	if !hasLanes() {
		t.Skip("there is but one engine here")
	}
	for name, v := range views() {
		for kind := range 4 {
			traced, stopping := kind&1 != 0, kind&2 != 0
			t.Run(fmt.Sprint(name, kind), func(t *testing.T) {
				t.Parallel()
				r, err := v.Reference(t.Context(), 1, nil)
				if err != nil {
					t.Fatal(err)
				}
				g := NewPerturbation(v, r)
				random := rand.New(rand.NewPCG(1, 2))
				points := make([]point, 999)
				for i := range points {
					p := &points[i]
					p.traced = traced
					p.offsetRe, p.offsetIm = random.Float64()*500-250, random.Float64()*500-250
					p.begin(g.start(p, wide.New(0, 0, 0), wide.New(0, 0, 0)), 0, g.follower.apart)
				}
				if points, err = g.followWide(t.Context(), points, nil); err != nil {
					t.Fatal(err)
				}
				if stopping { // at different moves, where they come near the reference, to tell whether the others mind
					for i := range points {
						points[i].outcome = g.follower.follow(&points[i], i%40)
					}
					points = slices.DeleteFunc(points, func(p point) bool { return p.outcome != moving })
					g.follower.least2 = 0x1p-8
				}
				other := slices.Clone(points)
				if err := g.follower.followAll(t.Context(), points); err != nil {
					t.Fatal(err)
				}
				if err := g.follower.followEach(t.Context(), other); err != nil {
					t.Fatal(err)
				}
				outcomes := map[outcome]int{}
				for i := range points {
					outcomes[points[i].outcome]++
					if got, want := trail(&points[i]), trail(&other[i]); got != want {
						t.Fatalf("point %d: %v, one by one %v", i, got, want)
					}
				}
				if stopping && name == "seahorse" && outcomes[tooNear] == 0 {
					t.Error("no point has come near the reference")
				}
			})
		}
	}
}

// trail is what tells whether two points went the same way.
func trail(p *point) [12]uint64 {
	list := [12]uint64{uint64(p.outcome), uint64(p.n)}
	if p.outcome == escaped {
		for i, x := range []float64{p.zRe, p.zIm, p.slopeRe, p.slopeIm} {
			list[2+i] = math.Float64bits(x)
		}
	}
	if p.outcome == tooNear {
		for i, x := range []float64{p.dRe, p.dIm, p.slopeRe, p.slopeIm} {
			list[2+i] = math.Float64bits(x)
		}
		list[6], list[7], list[8] = uint64(p.m), uint64(p.moves), uint64(p.save)
		list[9], list[10], list[11] = math.Float64bits(p.savedRe), math.Float64bits(p.savedIm), uint64(p.savedM)
	}
	return list
}

// TestCompanyDoesNotMatter follows points together and alone, and compares every bit.
func TestCompanyDoesNotMatter(t *testing.T) {
	t.Parallel()
	for name, v := range views() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := v.Reference(t.Context(), 1, nil)
			if err != nil {
				t.Fatal(err)
			}
			g := NewPerturbation(v, r)
			size := unlessShort(1500, 300)
			together := escape.NewBatch(size).Traced()
			random := rand.New(rand.NewPCG(3, 4))
			for i := range size {
				spread := math.Ldexp(1, -random.IntN(30))
				together.Re[i], together.Im[i] = (random.Float64()-0.5)*400*spread, (random.Float64()-0.5)*400*spread
			}
			together.Re[7], together.Im[7] = 0, 0
			places := [2][]float64{slices.Clone(together.Re), slices.Clone(together.Im)}
			if err := g.Run(t.Context(), together); err != nil {
				t.Fatal(err)
			}
			alone := escape.NewBatch(1).Traced()
			for i := range size {
				alone.Re[0], alone.Im[0] = places[0][i], places[1][i]
				if err := g.Run(t.Context(), alone); err != nil {
					t.Fatal(err)
				}
				if together.Count[i] != alone.Count[0] || alone.Count[0] != 0 &&
					(together.Norm2[i] != alone.Norm2[0] || together.GradX[i] != alone.GradX[0] || together.GradY[i] != alone.GradY[0]) {
					t.Fatalf("point %d: %d, %g, gradient %g; alone %d, %g, %g", i, together.Count[i], together.Norm2[i], together.GradX[i],
						alone.Count[0], alone.Norm2[0], alone.GradX[0])
				}
			}
		})
	}
}
