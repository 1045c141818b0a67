package api

import (
	"fmt"
	"strings"

	"github.com/gin-gonic/gin"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

// manifestContext is what JSON-LD has for a manifest.
const manifestContext = "http://iiif.io/api/presentation/3/context.json"

// iiifManifest describes a picture to viewers that show whole objects (IIIF Presentation API 3.0): one canvas of its size, on which
// it is painted by its image service.
type iiifManifest struct {
	Context  string       `json:"@context"`
	ID       string       `json:"id"`
	Type     string       `json:"type"`
	Label    iiifText     `json:"label"`
	Metadata []iiifPair   `json:"metadata"`
	Items    []iiifCanvas `json:"items"`
}

// iiifText is a text by its language, which is "none" for what has none.
type iiifText map[string][]string

type iiifPair struct {
	Label iiifText `json:"label"`
	Value iiifText `json:"value"`
}

type iiifCanvas struct {
	ID     string     `json:"id"`
	Type   string     `json:"type"`
	Width  int        `json:"width"`
	Height int        `json:"height"`
	Items  []iiifPage `json:"items"`
}

type iiifPage struct {
	ID    string           `json:"id"`
	Type  string           `json:"type"`
	Items []iiifAnnotation `json:"items"`
}

type iiifAnnotation struct {
	ID         string   `json:"id"`
	Type       string   `json:"type"`
	Motivation string   `json:"motivation"`
	Target     string   `json:"target"`
	Body       iiifBody `json:"body"`
}

type iiifBody struct {
	ID      string          `json:"id"`
	Type    string          `json:"type"`
	Format  string          `json:"format"`
	Width   int             `json:"width"`
	Height  int             `json:"height"`
	Service []iiifReference `json:"service"`
}

type iiifReference struct {
	ID      string `json:"id"`
	Type    string `json:"type"`
	Profile string `json:"profile"`
}

// iiifManifest answers GET /jobs/{id}/iiif/manifest.json.
func (s *Server) iiifManifest(c *gin.Context) {
	st, err := s.viewed(c)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.sendLinked(c, manifestContext, describeManifest(iiifBase(c), st))
}

// describeManifest is the manifest of a picture whose image service is at base.
func describeManifest(base string, st job.Status) iiifManifest {
	s, canvas := st.Spec, base+"/canvas"
	small := describeIIIF(base, s.Width, s.Height).Sizes
	largest := small[len(small)-1]
	return iiifManifest{
		Context: manifestContext, ID: base + "/manifest.json", Type: "Manifest",
		Label:    iiifText{"none": {fmt.Sprintf("%s, %dx%d", strings.ReplaceAll(string(s.Formula), "_", " "), s.Width, s.Height)}},
		Metadata: placeOf(s),
		Items: []iiifCanvas{{
			ID: canvas, Type: "Canvas", Width: s.Width, Height: s.Height,
			Items: []iiifPage{{ID: canvas + "/page", Type: "AnnotationPage", Items: []iiifAnnotation{{
				ID: canvas + "/page/picture", Type: "Annotation", Motivation: "painting", Target: canvas,
				Body: iiifBody{
					ID: fmt.Sprintf("%s/full/%d,%d/0/default.png", base, largest.Width, largest.Height), Type: "Image", Format: "image/png",
					Width: s.Width, Height: s.Height, Service: []iiifReference{{ID: base, Type: "ImageService3", Profile: "level2"}},
				},
			}}}},
		}},
	}
}

// placeOf says where a picture is of, in words that a viewer shows beside it.
func placeOf(s spec.Spec) []iiifPair {
	pair := func(label, value string) iiifPair {
		return iiifPair{iiifText{"en": {label}}, iiifText{"none": {value}}}
	}
	if s.Window != (spec.Window{}) {
		w := s.Window
		return []iiifPair{pair("Window", fmt.Sprintf("%s to %s, %s to %s", w.Re[0], w.Re[1], w.Im[0], w.Im[1]))}
	}
	return []iiifPair{pair("Centre", fmt.Sprintf("%s, %s", s.Center.Re, s.Center.Im)), pair("Radius", s.Radius.String())}
}
