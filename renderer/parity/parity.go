// Package parity tells machines that draw other bytes than the rest: one whose
// processor miscomputes, or whose program is not the one it says it is.
//
// [Draw] draws a short list of pictures: every formula, method, format and depth of
// colour, views in double precision and beyond, whole and in bands. It takes some tenths
// of a second. What is drawn depends on nothing but the renderer's version
// ([spec.Version]), so that [Compare] may take what most machines have drawn for right.
package parity

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
)

// Drawn are hashes of what was drawn, by what it was.
type Drawn map[string]string

// sample is a picture of the list.
type sample struct{ name, spec string }

// samples is the list. Those of more than a segment are drawn in bands too.
func samples() []sample {
	const (
		size   = `"width": 80, "height": 60, `
		high   = `"width": 48, "height": 150, `
		valley = `"center": {"re": "-0.743643", "im": "0.131825"}, "radius": "0.0001", "max_iterations": 2000`
		deep   = `"center": {"re": "-0.743643887037158704752191506114774", "im": "0.131825904205311970493132056385139"}, "radius": "1e-27", "max_iterations": 3000`
	)
	list := []sample{
		{"julia", size + `"formula": "julia", "seed": {"re": "-0.8", "im": "0.156"}`},
		{"burning ship", size + `"formula": "burning_ship", "center": {"re": "-1.75", "im": "-0.03"}, "radius": "0.06"`},
		{"tricorn", size + `"formula": "tricorn"`},
		{"multibrot", size + `"formula": "multibrot", "power": 5`},
		{"samples", size + `"samples": 4, ` + valley},
		{"16 bits", size + `"depth": 16, ` + valley},
		{"steps", size + `"coloring": {"steps": 12}, ` + valley},
		{"automatic limit", size + `"center": {"re": "-0.743643", "im": "0.131825"}, "radius": "0.01", "max_iterations": "auto"`},
		{"deep", size + deep},
		{"deep, slope", size + `"coloring": {"method": "slope"}, ` + deep},
		{"needle", size + `"center": {"re": "-1.9599989999999999999", "im": "1e-25"}, "exact": true, "radius": "1e-24", "max_iterations": 2000`},
		{"very deep", size + `"center": {"re": "0", "im": "1"}, "exact": true, "radius": "1e-400", "max_iterations": 5000`},
		{"bands", high + valley},
		{"deep bands", high + deep},
	}
	for _, m := range spec.Methods() {
		list = append(list, sample{"method " + string(m), fmt.Sprintf(`%s"coloring": {"method": %q}, %s`, size, m, valley)})
	}
	for _, f := range spec.FileFormats() {
		list = append(list, sample{"format " + f.String(), fmt.Sprintf(`%s"format": %q, %s`, high, f, valley)})
	}
	return list
}

// Draw draws the list on so many threads.
func Draw(ctx context.Context, threads int) (Drawn, error) {
	drawn := make(Drawn)
	for _, sample := range samples() {
		s, err := spec.Parse([]byte("{" + sample.spec + "}"))
		if err == nil {
			err = drawn.draw(ctx, sample.name, s, renderer.Options{Threads: threads})
		}
		if err != nil {
			return nil, fmt.Errorf("draw %s: %w", sample.name, err)
		}
	}
	return drawn, nil
}

func (d Drawn) draw(ctx context.Context, name string, s spec.Spec, opt renderer.Options) error {
	var whole bytes.Buffer
	if err := renderer.Write(ctx, &whole, s, opt); err != nil {
		return err
	}
	d[name] = hash(whole.Bytes())
	if s.Height <= spec.SegmentRows {
		return nil
	}
	return d.drawBands(ctx, name, s, opt)
}

// drawBands draws each segment as a band of its own.
func (d Drawn) drawBands(ctx context.Context, name string, s spec.Spec, opt renderer.Options) error {
	for start := 0; start < s.Height; start += spec.SegmentRows {
		var band bytes.Buffer
		rows := spec.Rows{Start: start, End: min(s.Height, start+spec.SegmentRows)}
		sum, err := renderer.WriteBand(ctx, &band, s, rows, opt)
		if err != nil {
			return err
		}
		fmt.Fprint(&band, sum)
		d[fmt.Sprintf("%s, band %d", name, start/spec.SegmentRows)] = hash(band.Bytes())
	}
	return nil
}

func hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
