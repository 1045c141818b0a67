package renderer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"sync"

	"mandelfarm/renderer/deep"
	"mandelfarm/renderer/shade"
	"mandelfarm/renderer/spec"
)

// Prepass is what all parts of a picture need and none can find out alone, or what takes long to compute: the reference
// orbit of a deep view, the histogram of colours that go by rank, and the limit of iterations that Auto stands for. It is computed
// once for a picture and then shared by its bands.
//
// It also keeps the tables that drawing makes of a reference, so that whoever draws several bands keeps the prepass.
type Prepass struct {
	key       string
	limit     int              // what Auto stands for, or 0
	histogram *shade.Histogram // nil for colours that see no ranks
	reference *deep.Reference  // nil for views that are not deep

	mutex sync.Mutex
	view  deep.View // of last, but for its offset
	last  *deep.Perturbation
}

// keyDigits is the length of a PrepassKey.
const keyDigits = 40

// The picture that a histogram is made of, at most.
const (
	surveyWidth  = 256
	surveyHeight = 192
)

// PrepassKey names the prepass of the picture, 40 hexadecimal digits. Pictures of equal keys have the same, such as the same
// view in several sizes and colours. It is empty for pictures that need none.
func PrepassKey(s spec.Spec) string {
	if !IsDeep(s) && s.MaxIterations != spec.Auto && !s.Coloring.SeesRanks() {
		return ""
	}
	hash := sha256.New()
	fmt.Fprintf(hash, "mandelfarm prepass %s\n", spec.Version)
	if IsDeep(s) {
		v := deepView(s)
		fmt.Fprintf(hash, "reference %s %s %x %d %d\n", v.Re, v.Im, v.Bound.M, v.Bound.Exp, v.MaxIterations)
	}
	if s.MaxIterations == spec.Auto {
		fmt.Fprintf(hash, "limit %s\n", probe(s).Canonical())
	}
	if s.Coloring.SeesRanks() {
		smooth := s.Coloring.Smooth // the only colouring that ranks depend on
		ranked := plain(s, surveyWidth, surveyHeight).With(func(d *spec.Draft) { d.Coloring.Smooth = smooth })
		fmt.Fprintf(hash, "histogram %s\n", ranked.Canonical())
	}
	return hex.EncodeToString(hash.Sum(nil))[:keyDigits]
}

// NewPrepass computes the prepass of a picture, or nil if it needs none. Limits are for the caller to check before. It
// is computed by so many threads; 0 means GOMAXPROCS. When ctx ends it stops within milliseconds and returns the cause.
//
// Progress, unless it is nil, is told now and then which part of the steps is made that the reference orbit may have, which
// is what takes long.
func NewPrepass(ctx context.Context, s spec.Spec, threads int, progress func(done float64)) (p *Prepass, err error) {
	p = &Prepass{key: PrepassKey(s)}
	if p.key == "" {
		return nil, nil //nolint:nilnil // documented
	}
	switch {
	case s.MaxIterations == spec.Auto:
		p.limit, p.reference, err = resolve(ctx, s, threads, progress)
	case IsDeep(s):
		p.reference, err = deepView(s).Reference(ctx, goroutines(threads, math.MaxInt), progress)
	}
	if err == nil && s.Coloring.SeesRanks() {
		p.histogram, err = p.survey(ctx, s.Reduced(surveyWidth, surveyHeight), threads)
	}
	if err != nil {
		return nil, err
	}
	return p, nil
}

// survey makes the histogram of a small picture.
func (p *Prepass) survey(ctx context.Context, small spec.Spec, threads int) (*shade.Histogram, error) {
	points := newPoints(small)
	points.use(p)
	depths, err := points.survey(ctx, threads, shade.New(small).Depth)
	if err != nil {
		return nil, err
	}
	return shade.NewHistogram(depths), nil
}

// As returns the prepass for a smaller picture of the same view, as [Spec.Reduced] returns it, which need not have the
// same key: its sides are rounded. That draws what the large picture shows. It is nil if p is.
func (p *Prepass) As(small spec.Spec) *Prepass {
	if p == nil {
		return nil
	}
	return &Prepass{key: PrepassKey(small), limit: p.limit, histogram: p.histogram, reference: p.reference}
}

// Key is the PrepassKey of the pictures that the prepass is for.
func (p *Prepass) Key() string { return p.key }

// MaxIterations is the limit that Auto stands for, and 0 if the picture has one of its own.
func (p *Prepass) MaxIterations() int { return p.limit }

// Size is how much memory the prepass takes with its tables, in bytes, roughly.
func (p *Prepass) Size() int64 {
	const histogram = 4096 // and the rest
	if p.reference == nil {
		return histogram
	}
	return histogram + p.reference.Size()
}

// perturbation returns the engine for a view of the prepass. That of the last view is kept.
func (p *Prepass) perturbation(v deep.View) *deep.Perturbation {
	re, im := v.OffsetRe, v.OffsetIm
	v.OffsetRe, v.OffsetIm = 0, 0
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.last == nil || p.view != v {
		p.last, p.view = deep.NewPerturbation(v, p.reference), v
	}
	return p.last.At(re, im)
}

// use has points be followed with what a prepass of them has found.
func (p *points) use(pre *Prepass) {
	if pre.limit > 0 {
		p.kernel.MaxIterations = pre.limit
	}
	p.standFor(p.spec, pre)
}

// standFor has the points of a deep view be followed as some of those of a larger picture of it, or of the same: what a
// point takes depends on how close together pixels are. The prepass is that of the larger one.
func (p *points) standFor(large spec.Spec, pre *Prepass) {
	if !IsDeep(large) {
		return
	}
	v := deepView(large)
	v.MaxIterations = p.kernel.MaxIterations
	p.perturbation = pre.perturbation(v)
	p.grid = newGrid(large)
	p.grid.width, p.grid.height = p.spec.Width, p.spec.Height
	p.grid.step *= float64(large.Height) / float64(p.spec.Height)
}
