package renderer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"sync"

	"mandelfarm/renderer/deep"
	"mandelfarm/renderer/escape"
	"mandelfarm/renderer/orbit"
	"mandelfarm/renderer/wide"
)

// Groundwork is what all parts of a picture need and none can find out alone, or what takes long to compute: the reference
// orbit of a deep view, the histogram of MethodHistogram, and the limit of iterations that Auto stands for. It is computed
// once for a picture and then shared by its bands.
//
// It also keeps the tables that drawing makes of a reference, so that whoever draws several bands keeps the groundwork.
type Groundwork struct {
	key       string
	limit     int             // what Auto stands for, or 0
	histogram *Histogram      // nil for other methods
	reference *deep.Reference // nil for views that are not deep

	mutex  sync.Mutex
	view   deep.View // of ground, but for its offset
	ground *deep.Ground
}

// GroundworkKey names the groundwork of the picture, 40 hexadecimal digits. Pictures of equal keys have the same, such as
// the same view in several sizes and colours. It is empty for pictures that need none.
func (s Spec) GroundworkKey() string {
	s, err := s.Normalize()
	if err != nil || !s.isDeep() && s.MaxIterations != Auto && s.Coloring.Method != MethodHistogram {
		return ""
	}
	hash := sha256.New()
	fmt.Fprintf(hash, "mandelfarm groundwork %s\n", Version)
	if s.isDeep() {
		v := s.deepView()
		fmt.Fprintf(hash, "reference %s %s %x %d %d\n", v.Re, v.Im, v.Bound.M, v.Bound.Exp, v.MaxIterations)
	}
	if s.MaxIterations == Auto {
		fmt.Fprintf(hash, "limit %s\n", s.probe().Canonical())
	}
	if s.Coloring.Method == MethodHistogram {
		fmt.Fprintf(hash, "histogram %s\n", s.plain(surveyWidth, surveyHeight).Canonical())
	}
	return hex.EncodeToString(hash.Sum(nil))[:idDigits]
}

// NewGroundwork computes the groundwork of a picture, or nil if it needs none. Limits are for the caller to check before.
// When ctx ends it stops within milliseconds and returns the cause.
func NewGroundwork(ctx context.Context, s Spec, opt Options) (*Groundwork, error) {
	s, err := s.Normalize()
	if err != nil {
		return nil, err
	}
	g := &Groundwork{key: s.GroundworkKey()}
	if g.key == "" {
		return nil, nil //nolint:nilnil // documented
	}
	switch {
	case s.MaxIterations == Auto:
		g.limit, g.reference, err = s.resolve(ctx, opt)
	case s.isDeep():
		g.reference, err = s.deepView().Reference(ctx, opt.threads(math.MaxInt))
	}
	if err == nil && s.Coloring.Method == MethodHistogram {
		g.histogram, err = NewHistogram(s, func(small Spec) ([]float64, error) {
			p, err := newPainter(small)
			if err != nil {
				return nil, err
			}
			p.apply(g)
			return p.survey(ctx, opt, p.ink.depth)
		})
	}
	if err != nil {
		return nil, err
	}
	return g, nil
}

// IsDeep reports whether pixels of the view are too close together for double precision, so that they are followed beside
// a reference orbit.
func (s Spec) IsDeep() bool {
	s, err := s.Normalize()
	return err == nil && s.isDeep()
}

// As returns the groundwork for a smaller picture of the same view, as [Spec.Reduced] returns it, which need not have the
// same key: its sides are rounded. That draws what the large picture shows. It is nil if g is.
func (g *Groundwork) As(small Spec) *Groundwork {
	if g == nil {
		return nil
	}
	return &Groundwork{key: small.GroundworkKey(), limit: g.limit, histogram: g.histogram, reference: g.reference}
}

// Key is the GroundworkKey of the pictures that the groundwork is for.
func (g *Groundwork) Key() string { return g.key }

// MaxIterations is the limit that Auto stands for, and 0 if the picture has one of its own.
func (g *Groundwork) MaxIterations() int { return g.limit }

// Size is how much memory the groundwork takes with its tables, in bytes, roughly.
func (g *Groundwork) Size() int64 {
	const histogram = 4096 // and the rest
	if g.reference == nil {
		return histogram
	}
	return histogram + g.reference.Size()
}

// lay returns the tables for a view of the groundwork. Those of the last view are kept.
func (g *Groundwork) lay(v deep.View) *deep.Ground {
	re, im := v.OffsetRe, v.OffsetIm
	v.OffsetRe, v.OffsetIm = 0, 0
	g.mutex.Lock()
	defer g.mutex.Unlock()
	if g.ground == nil || g.view != v {
		g.ground, g.view = deep.NewGround(v, g.reference), v
	}
	return g.ground.At(re, im)
}

// prepare computes what painting takes besides the Spec, unless it is given.
func (p *painter) prepare(ctx context.Context, opt Options) error {
	key := p.spec.GroundworkKey()
	if key == "" {
		return nil
	}
	g := opt.Groundwork
	if g == nil || g.key != key {
		var err error
		if g, err = NewGroundwork(ctx, p.spec, opt); err != nil {
			return err
		}
	}
	p.apply(g)
	return nil
}

// apply has the painter use a groundwork.
func (p *painter) apply(g *Groundwork) {
	if g.limit > 0 {
		p.kernel.MaxIterations = g.limit
	}
	if p.ink != nil {
		p.ink.histogram = g.histogram
	}
	if p.spec.isDeep() {
		v := p.spec.deepView()
		v.MaxIterations = p.kernel.MaxIterations
		p.ground = g.lay(v)
	}
}

// leastPixel is the distance between pixels below which a view is followed beside a reference. Points in double precision
// are off by some 2^-52, which is then a millionth of a pixel and less.
const leastPixel = 0x1p-33

// isDeep reports whether a normalised Spec is a view that double precision does not resolve well, of a formula that can be
// followed beside a reference.
func (s Spec) isDeep() bool {
	return s.Formula == Mandelbrot && s.Window == (Window{}) && 2*s.Radius.Float64()/float64(s.Height) < leastPixel
}

// deepView returns the view of a normalised Spec for package deep. The reference of a cell is the middle of its ancestor,
// and the bound is that of the ancestor, so that all cells of an ancestor have the same reference.
func (s Spec) deepView() deep.View {
	v := deep.View{
		Re: s.Center.Re.String(), Im: s.Center.Im.String(),
		Step:          step(s),
		Bound:         s.referenceBound(),
		MaxIterations: int(s.MaxIterations),
		Radius2:       escape.SmoothRadius2, // also for MethodSet: several steps at once are tested at their end only
	}
	if s.MaxIterations == Auto {
		v.MaxIterations = s.ceiling()
	}
	if c, ok := s.cell(); ok {
		a := c.ancestor()
		middle, _ := a.view()
		v.Re, v.Im = middle.Re.String(), middle.Im.String()
		right, up := c.from(a)
		v.OffsetRe, v.OffsetIm = float64(right*s.Height)/2, float64(up*s.Height)/2
	}
	return v
}

// step is the distance between the pixels of a view.
func step(s Spec) wide.Real {
	return s.Radius.wide().Scale(1).Quo(wide.NewReal(float64(s.Height), 0))
}

// referenceBound bounds the distance of the points of a view from its reference.
func (s Spec) referenceBound() wide.Real {
	if c, ok := s.cell(); ok {
		return bound(c.ancestor().radius().wide(), s.Width, s.Height)
	}
	return bound(s.Radius.wide(), s.Width, s.Height)
}

// bound returns the distance of the corners of a view from its middle, and up to a quarter more, so that the same view in
// other sizes, whose sides are rounded to pixels, has the same.
func bound(radius wide.Real, width, height int) wide.Real {
	const parts = 4
	aspect := float64(width) / float64(height)
	corner := radius.Mul(wide.NewReal(math.Sqrt(1+float64(aspect*aspect)), 0))
	corner.M = (math.Floor(corner.M*parts) + 1) / parts
	return wide.NewReal(corner.M, corner.Exp)
}

// wide returns the number in double precision, whatever its magnitude.
func (d Decimal) wide() wide.Real {
	const bitsPerDigit, guard = 3.33, 70
	bits := orbit.RoundBits(int(float64(max(0, -d.Exponent()))*bitsPerDigit) + guard)
	p, ok := orbit.Parse(d.String(), "0", bits)
	if !ok {
		panic("renderer: a decimal is a number")
	}
	z := p.Wide(bits)
	return wide.NewReal(z.Re, z.Exp)
}
