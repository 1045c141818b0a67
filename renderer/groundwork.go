package renderer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"sync"

	"mandelfarm/renderer/deep"
	"mandelfarm/renderer/escape"
	"mandelfarm/renderer/orbit"
	"mandelfarm/renderer/wide"
)

// Groundwork is what all parts of a picture need and what takes long to compute: the reference orbit of a deep view. It is
// computed once for a picture and then shared by its bands.
//
// It also keeps the tables that drawing makes of it, so that whoever draws several bands keeps the groundwork.
type Groundwork struct {
	key       string
	reference *deep.Reference

	mutex  sync.Mutex
	view   deep.View // of ground
	ground *deep.Ground
}

// GroundworkKey names the groundwork of the picture, 40 hexadecimal digits. Pictures of equal keys have the same, such as
// the same view in several sizes and colours. It is empty for pictures that need none.
func (s Spec) GroundworkKey() string {
	s, err := s.Normalize()
	if err != nil || !s.isDeep() {
		return ""
	}
	v := s.deepView()
	hash := sha256.New()
	fmt.Fprintf(hash, "mandelfarm groundwork %s\n%s\n%s\n%x\n%d\n%d\n", Version, v.Re, v.Im, v.Bound.M, v.Bound.Exp, v.MaxIterations)
	return hex.EncodeToString(hash.Sum(nil))[:idDigits]
}

// NewGroundwork computes the groundwork of a picture, or nil if it needs none. Limits are for the caller to check before.
// When ctx ends it stops within milliseconds and returns the cause.
func NewGroundwork(ctx context.Context, s Spec, opt Options) (*Groundwork, error) {
	s, err := s.Normalize()
	if err != nil {
		return nil, err
	}
	if !s.isDeep() {
		return nil, nil //nolint:nilnil // documented
	}
	g := &Groundwork{key: s.GroundworkKey()}
	if g.reference, err = s.deepView().Reference(ctx, opt.threads(math.MaxInt)); err != nil {
		return nil, err
	}
	return g, nil
}

// As returns the groundwork for a smaller picture of the same view, as [Spec.Reduced] returns it, which need not have the
// same key: its sides are rounded. That draws what the large picture shows. It is nil if g is.
func (g *Groundwork) As(small Spec) *Groundwork {
	if g == nil {
		return nil
	}
	return &Groundwork{key: small.GroundworkKey(), reference: g.reference}
}

// Key is the GroundworkKey of the pictures that the groundwork is for.
func (g *Groundwork) Key() string { return g.key }

// WriteTo writes the groundwork in the format of package deep, to be read by ReadGroundwork.
func (g *Groundwork) WriteTo(w io.Writer) (int64, error) { return g.reference.WriteTo(w) }

// ReadGroundwork reads the groundwork of the pictures with the given key. It refuses what has been cut short or changed.
func ReadGroundwork(key string, r io.Reader) (*Groundwork, error) {
	reference, err := deep.ReadReference(r)
	if err != nil {
		return nil, fmt.Errorf("groundwork %s: %w", key, err)
	}
	return &Groundwork{key: key, reference: reference}, nil
}

// Size is how much memory the groundwork takes with its tables, in bytes, roughly.
func (g *Groundwork) Size() int64 { return g.reference.Size() }

// lay returns the tables for a view of the groundwork. Those of the last view are kept.
func (g *Groundwork) lay(v deep.View) *deep.Ground {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	if g.ground == nil || g.view != v {
		g.ground, g.view = deep.NewGround(v, g.reference), v
	}
	return g.ground
}

// prepare computes what painting takes besides the Spec: what points are followed by, and the histogram.
func (p *painter) prepare(ctx context.Context, opt Options) error {
	if err := p.lay(ctx, opt); err != nil {
		return err
	}
	return p.equalize(ctx, opt)
}

// lay computes the tables of a deep view, and its groundwork unless that is given.
func (p *painter) lay(ctx context.Context, opt Options) error {
	if !p.spec.isDeep() || p.ground != nil {
		return nil
	}
	g := opt.Groundwork
	if g == nil || g.key != p.spec.GroundworkKey() {
		var err error
		if g, err = NewGroundwork(ctx, p.spec, opt); err != nil {
			return err
		}
	}
	p.ground = g.lay(p.spec.deepView())
	return nil
}

// leastPixel is the distance between pixels below which a view is followed beside a reference. Points in double precision
// are off by some 2^-52, which is then a millionth of a pixel and less.
const leastPixel = 0x1p-33

// isDeep reports whether a normalised Spec is a view that double precision does not resolve well, of a formula that can be
// followed beside a reference.
func (s Spec) isDeep() bool {
	return s.Formula == Mandelbrot && s.Window == (Window{}) && 2*s.Radius.Float64()/float64(s.Height) < leastPixel
}

// deepView returns the view of a normalised Spec for package deep.
func (s Spec) deepView() deep.View {
	radius := s.Radius.wide()
	return deep.View{
		Re: s.Center.Re.String(), Im: s.Center.Im.String(),
		Step:          radius.Scale(1).Quo(wide.NewReal(float64(s.Height), 0)),
		Bound:         bound(radius, s.Width, s.Height),
		MaxIterations: s.MaxIterations,
		Radius2:       escape.SmoothRadius2, // also for the method "set": several steps at once are tested at their end only
	}
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
