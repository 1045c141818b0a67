package spec_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/renderer/spec"
)

// badSpecs maps documents to the field that is at fault.
func badSpecs() map[string]string {
	return map[string]string{
		``:                         "",
		`{`:                        "",
		`{"width":800,`:            "",
		`{"width":800,"height":`:   "",
		`{"width":8,"height":6}x`:  "",
		`{"width":8,"height":6}{}`: "",
		`{"width":8 "height":6}`:   "",
		`{"width":08,"height":6}`:  "",
		"{\"width\":8,\"\xff\":6}": "",
		`{"width":8,"height":6,}`:  "",
		`{"width":8,"height":6,"center":{"re":1,}}`: "",
		`[]`:                           "",
		`null`:                         "",
		`"spec"`:                       "",
		`{}`:                           "width",
		`{"width":8}`:                  "height",
		`{"width":0,"height":6}`:       "width",
		`{"width":8,"height":-1}`:      "height",
		`{"width":8.5,"height":6}`:     "width",
		`{"width":8e2,"height":6}`:     "width",
		`{"width":"8","height":6}`:     "width",
		`{"width":null,"height":6}`:    "width",
		`{"width":true,"height":6}`:    "width",
		`{"width":8,"width":8}`:        "width",
		`{"Width":8,"height":6}`:       "Width",
		`{"width":8,"height":6,"x":1}`: "x",
		`{"width":99999999999999999999,"height":6}`:                                                                "width",
		`{"width":2147483648,"height":6}`:                                                                          "width",
		`{"width":8,"height":6,"max_iterations":0}`:                                                                "max_iterations",
		`{"width":8,"height":6,"max_iterations":1e9}`:                                                              "max_iterations",
		`{"width":8,"height":6,"samples":0}`:                                                                       "samples",
		`{"width":8,"height":6,"samples":65537}`:                                                                   "samples",
		`{"width":8,"height":6,"formula":"newton"}`:                                                                "formula",
		`{"width":8,"height":6,"formula":""}`:                                                                      "formula",
		`{"width":8,"height":6,"power":3}`:                                                                         "power",
		`{"width":8,"height":6,"formula":"multibrot","power":1}`:                                                   "power",
		`{"width":8,"height":6,"formula":"multibrot","power":9}`:                                                   "power",
		`{"width":8,"height":6,"formula":"multibrot","power":2.5}`:                                                 "power",
		`{"width":8,"height":6,"formula":"julia","power":3,"center":{"re":"1e12"}}`:                                "center.re",
		`{"width":8,"height":6,"formula":"julia","power":3,"radius":"1e12"}`:                                       "radius",
		`{"width":8,"height":6,"formula":"julia","power":3,"seed":{"im":"1e12"}}`:                                  "seed.im",
		`{"width":8,"height":6,"formula":"julia","power":4,"window":{"re":[0,"1e12"],"im":[0,1]}}`:                 "window.re",
		`{"width":8,"height":6,"formula":1}`:                                                                       "formula",
		`{"width":8,"height":6,"seed":{"re":1}}`:                                                                   "seed",
		`{"width":8,"height":6,"formula":"julia","seed":{"re":"NaN"}}`:                                             "seed.re",
		`{"width":8,"height":6,"center":{"re":"Inf"}}`:                                                             "center.re",
		`{"width":8,"height":6,"center":{"re":"1e999999999"}}`:                                                     "center.re",
		`{"width":8,"height":6,"center":{"im":"1e100"}}`:                                                           "center.im",
		`{"width":8,"height":6,"center":{"im":"0x1"}}`:                                                             "center.im",
		`{"width":8,"height":6,"center":{"im":""}}`:                                                                "center.im",
		`{"width":8,"height":6,"center":{"z":1}}`:                                                                  "center.z",
		`{"width":8,"height":6,"center":{"re":1,"re":1}}`:                                                          "center.re",
		`{"width":8,"height":6,"center":[1,2]}`:                                                                    "center",
		`{"width":8,"height":6,"radius":0}`:                                                                        "radius",
		`{"width":8,"height":6,"radius":"-1"}`:                                                                     "radius",
		`{"width":8,"height":6,"radius":[]}`:                                                                       "radius",
		`{"width":8,"height":6,"radius":"` + strings.Repeat("1", 1<<20) + `"}`:                                     "radius",
		`{"width":8,"height":6,"radius":` + strings.Repeat("1", 1<<20) + `}`:                                       "radius",
		`{"width":8,"height":6,"mirror":1}`:                                                                        "mirror",
		`{"width":8,"height":6,"stretch":1}`:                                                                       "stretch",
		`{"width":8,"height":6,"stretch":{"amount":-0.5}}`:                                                         "stretch.amount",
		`{"width":8,"height":6,"stretch":{"amount":12.01}}`:                                                        "stretch.amount",
		`{"width":8,"height":6,"stretch":{"amount":1,"angle":361}}`:                                                "stretch.angle",
		`{"width":8,"height":6,"stretch":{"by":1}}`:                                                                "stretch.by",
		`{"width":8,"height":6,"mirror":true,"window":{"re":[-2,1],"im":[-1,1]}}`:                                  "window",
		`{"width":8,"height":6,"stretch":{"amount":1},"window":{"re":[-2,1],"im":[-1,1]}}`:                         "window",
		`{"width":8,"height":6,"radius":"1e-20","stretch":{"amount":13},"center":{"re":"-1.7500000000000000000"}}`: "stretch.amount",
		`{"width":8,"height":6,"rotation":361}`:                                                                    "rotation",
		`{"width":8,"height":6,"window":{}}`:                                                                       "window",
		`{"width":8,"height":6,"window":{"re":[0,1]}}`:                                                             "window.im",
		`{"width":8,"height":6,"window":{"re":[0],"im":[0,1]}}`:                                                    "window.re",
		`{"width":8,"height":6,"window":{"re":[0,1,2],"im":[0,1]}}`:                                                "window.re",
		`{"width":8,"height":6,"window":{"re":[0,"x"],"im":[0,1]}}`:                                                "window.re",
		`{"width":8,"height":6,"window":{"re":[0,1],"im":[1,1]}}`:                                                  "window.im",
		`{"width":8,"height":6,"window":{"re":[0,1],"im":[0,1]},"radius":1}`:                                       "window",
		`{"width":8,"height":6,"window":{"re":[0,1],"im":[0,1]},"center":{"re":1}}`:                                "window",
		`{"width":8,"height":6,"coloring":"smooth"}`:                                                               "coloring",
		`{"width":8,"height":6,"coloring":{"method":"rainbow"}}`:                                                   "coloring.method",
		`{"width":8,"height":6,"coloring":{"palette":"rainbow"}}`:                                                  "coloring.palette",
		`{"width":8,"height":6,"coloring":{"palette":1}}`:                                                          "coloring.palette",
		`{"width":8,"height":6,"coloring":{"palette":[]}}`:                                                         "coloring.palette",
		`{"width":8,"height":6,"coloring":{"palette":{}}}`:                                                         "coloring.palette",
		`{"width":8,"height":6,"coloring":{"palette":[1,2]}}`:                                                      "coloring.palette[0]",
		`{"width":8,"height":6,"coloring":{"palette":[{"at":0,"color":"#000000"}]}}`:                               "coloring.palette",
		stopsSpec(`{"color":"#000000"}`):                                                                           "coloring.palette[1].at",
		stopsSpec(`{"at":0.5}`):                                                                                    "coloring.palette[1].color",
		stopsSpec(`{"at":0.5,"color":"000000"}`):                                                                   "coloring.palette[1].color",
		stopsSpec(`{"at":0.5,"color":"#00"}`):                                                                      "coloring.palette[1].color",
		stopsSpec(`{"at":"x","color":"#000000"}`):                                                                  "coloring.palette[1].at",
		stopsSpec(`{"at":0,"color":"#000000"}`):                                                                    "coloring.palette",
		stopsSpec(`{"at":-0.1,"color":"#000000"}`):                                                                 "coloring.palette",
		stopsSpec(`{"at":1,"color":"#000000"}`):                                                                    "coloring.palette",
		stopsSpec(`{"at":0.0000000001,"color":"#000000"}`):                                                         "coloring.palette",
		stopsSpec(`{"at":0.5,"color":"#000000","x":1}`):                                                            "coloring.palette[1].x",
		stopsSpec(strings.Repeat(`{"at":0.5,"color":"#000000"},`, spec.MaxStops-1) + `1`):                          "coloring.palette",
		`{"width":8,"height":6,"coloring":{"palette":"000000@0"}}`:                                                 "coloring.palette",
		`{"width":8,"height":6,"coloring":{"palette":"000000@0,"}}`:                                                "coloring.palette",
		`{"width":8,"height":6,"coloring":{"palette":"000000@0,fff@0.5"}}`:                                         "coloring.palette",
		`{"width":8,"height":6,"coloring":{"palette":"000000@0,ffffff@"}}`:                                         "coloring.palette",
		`{"width":8,"height":6,"coloring":{"palette":"000000@0,ffffff"}}`:                                          "coloring.palette",
		`{"width":8,"height":6,"coloring":{"cyclic":1}}`:                                                           "coloring.cyclic",
		`{"width":8,"height":6,"coloring":{"periods":1}}`:                                                          "coloring.periods",
		`{"width":8,"height":6,"coloring":{"smooth":"off"}}`:                                                       "coloring.smooth",
		`{"width":8,"height":6,"coloring":{"cyclic":"false"}}`:                                                     "coloring.cyclic",
		`{"width":8,"height":6,"coloring":{"light":361}}`:                                                          "coloring.light",
		`{"width":8,"height":6,"coloring":{"relief":-0.1}}`:                                                        "coloring.relief",
		`{"width":8,"height":6,"coloring":{"relief":"1.001"}}`:                                                     "coloring.relief",
		`{"width":8,"height":6,"coloring":{"range":[4,4]}}`:                                                        "coloring.range",
		`{"width":8,"height":6,"coloring":{"range":[-1,4]}}`:                                                       "coloring.range",
		`{"width":8,"height":6,"coloring":{"range":[0,1e10]}}`:                                                     "coloring.range",
		`{"width":8,"height":6,"coloring":{"range":[1]}}`:                                                          "coloring.range",
		`{"width":8,"height":6,"coloring":{"range":"1,2"}}`:                                                        "coloring.range",
		`{"width":8,"height":6,"coloring":{"equalize":-0.1}}`:                                                      "coloring.equalize",
		`{"width":8,"height":6,"coloring":{"equalize":1.001}}`:                                                     "coloring.equalize",
		`{"width":8,"height":6,"coloring":{"density":0}}`:                                                          "coloring.density",
		`{"width":8,"height":6,"coloring":{"density":"1e10"}}`:                                                     "coloring.density",
		`{"width":8,"height":6,"coloring":{"offset":"1e10"}}`:                                                      "coloring.offset",
		`{"width":8,"height":6,"depth":12}`:                                                                        "depth",
		`{"width":8,"height":6,"depth":0}`:                                                                         "depth",
		`{"width":8,"height":6,"depth":"16"}`:                                                                      "depth",
		`{"width":8,"height":6,"coloring":{"steps":256}}`:                                                          "coloring.steps",
		`{"width":8,"height":6,"coloring":{"steps":-1}}`:                                                           "coloring.steps",
		`{"width":8,"height":6,"coloring":{"interior":"black"}}`:                                                   "coloring.interior",
		`{"width":8,"height":6,"coloring":{"interior":"#12345"}}`:                                                  "coloring.interior",
		`{"width":8,"height":6,"coloring":{"interior":"#+12345"}}`:                                                 "coloring.interior",
		`{"` + strings.Repeat("y", 1000) + `":1}`:                                                                  strings.Repeat("y", 45) + "...",
		`{"center":` + strings.Repeat("[", 1<<18) + strings.Repeat("]", 1<<18) + `}`:                               "",
	}
}

// stopsSpec is a Spec with a gradient whose first stop is good.
func stopsSpec(second string) string {
	return `{"width":8,"height":6,"coloring":{"palette":[{"at":0,"color":"#ffffff"},` + second + `]}}`
}

func TestBadSpecsNameTheField(t *testing.T) {
	t.Parallel()
	for text, field := range badSpecs() {
		start := time.Now()
		_, err := spec.Parse([]byte(text))
		assert.Less(t, time.Since(start), notQuadratic, "%.60q", text)
		var fault *spec.FieldError
		require.ErrorAs(t, err, &fault, "%.60q", text)
		assert.Equal(t, field, fault.Field, "%.60q: %v", text, err)
		assert.NotEmpty(t, fault.Reason)
		assert.Less(t, len(err.Error()), 300, "%.60q", text)
	}
}

func TestErrorsReadWell(t *testing.T) {
	t.Parallel()
	_, err := spec.Parse([]byte(`{"width":8,"height":6,"radius":"-1"}`))
	require.EqualError(t, err, `radius: must be greater than 0, got "-1" (line 1, column 32)`)
	_, err = spec.Parse([]byte(`{"width":8,"height":6,"coloring":{"method":"rainbow"}}`))
	require.EqualError(t, err, `coloring.method: must be one of smooth, distance, slope, histogram, set, got "rainbow" (line 1, column 44)`)
	_, err = spec.Parse([]byte(stopsSpec(`{"at":"1","color":"#000000"}`)))
	require.ErrorContains(t, err, `coloring.palette: must have stops at places from 0 to below 1, of at most 9 digits after the point, got "000000@1"`)
	_, err = spec.Parse([]byte(`{"width":8,`))
	require.EqualError(t, err, `must be JSON, and ends before that is complete (line 1, column 12)`)
}
