package openapi_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"mandelfarm/renderer/spec"
)

// same are documents of which the schema says what Parse says.
func same() []string {
	return []string{
		`{"width":8,"height":6}`,
		`{"width":2147483647,"height":1}`,
		`{}`, `{"width":8}`, `[]`, `null`, `"spec"`, `7`,
		of(`"width":0`), of(`"width":-1`), of(`"width":8.5`), of(`"width":"8"`), of(`"width":null`), of(`"width":true`), of(`"width":2147483648`),
		of(`"Width":8`), of(`"x":1`),
		of(`"formula":"julia"`), of(`"formula":"newton"`), of(`"formula":""`), of(`"formula":1`), of(`"formula":null`),
		of(`"power":3`), of(`"formula":"multibrot","power":3`), of(`"formula":"julia","power":8`), of(`"formula":"multibrot","power":2`),
		of(`"formula":"multibrot","power":1`), of(`"formula":"multibrot","power":9`), of(`"formula":"multibrot","power":2.5`),
		of(`"formula":"tricorn","power":2`),
		of(`"seed":{"re":1}`), of(`"seed":{}`), of(`"formula":"julia","seed":{"re":1}`), of(`"formula":"julia","seed":{}`), of(`"formula":"tricorn","seed":{"im":1}`),
		of(`"center":{"re":-0.75}`), of(`"center":{"re":"-0.75","im":"+.5e-3"}`), of(`"center":{}`), of(`"center":{"z":1}`), of(`"center":[1,2]`),
		of(`"center":{"re":"NaN"}`), of(`"center":{"re":"0x1"}`), of(`"center":{"re":""}`), of(`"center":{"re":"1."}`), of(`"center":{"re":"."}`),
		of(`"center":{"re":"1e"}`), of(`"center":{"re":" 1"}`), of(`"center":{"re":true}`), of(`"center":{"re":null}`),
		of(`"center":{"re":1e99}`), of(`"center":{"re":1e100}`), of(`"center":{"re":-1e100}`),
		of(`"radius":1e-10`), of(`"radius":"1e-1000","center":{"re":-2}`), of(`"radius":0`), of(`"radius":"0"`), of(`"radius":"-1"`), of(`"radius":"0.00e5"`),
		of(`"radius":"+00.10"`), of(`"radius":"1."`), of(`"radius":-1`), of(`"radius":[]`), of(`"radius":1e100`),
		of(`"rotation":0`), of(`"rotation":"12.5"`), of(`"rotation":360`), of(`"rotation":361`), of(`"rotation":-360.5`),
		of(`"mirror":true`), of(`"mirror":0`), of(`"stretch":{}`), of(`"stretch":{"amount":12,"angle":-360}`), of(`"stretch":{"amount":"0.5"}`),
		of(`"stretch":{"amount":-1}`), of(`"stretch":{"amount":12.5}`), of(`"stretch":{"angle":361}`), of(`"stretch":{"factor":2}`), of(`"stretch":2`),
		of(window + `,"mirror":true`), of(window + `,"mirror":false`), of(window + `,"stretch":{}`), of(window + `,"stretch":{"amount":0}`), of(window + `,"stretch":{"angle":5}`),
		of(`"counts":"uint"`), of(`"counts":"float"`), of(`"counts":"half"`), of(`"counts":"float","format":"exr"`), of(`"counts":""`),
		of(`"undecided":true`), of(`"undecided":1`), of(`"undecided":true,"format":"npy"`), of(`"undecided":true,"format":"exr","formula":"julia"`), of(`"undecided":true,"format":"counts","formula":"julia"`),
		of(`"window":{}`), of(`"window":{"re":[0,1]}`), of(`"window":{"re":[0,1],"im":["-1","1e0"]}`), of(`"window":{"re":[0],"im":[0,1]}`),
		of(`"window":{"re":[0,1,2],"im":[0,1]}`), of(`"window":{"re":[0,"x"],"im":[0,1]}`),
		of(window + `,"radius":1`), of(window + `,"center":{"re":1}`), of(window + `,"center":{}`), of(window + `,"rotation":0`),
		of(`"exact":true`), of(`"exact":false`), of(`"exact":1`), of(`"exact":"true"`), of(window + `,"exact":true`), of(window + `,"exact":false`),
		of(`"radius":1e-1000,"center":{"re":"0.25"}`), of(`"radius":1e-1000,"center":{"re":"0.25"},"exact":true`),
		of(`"max_iterations":1`), of(`"max_iterations":"auto"`), of(`"max_iterations":"Auto"`), of(`"max_iterations":0`), of(`"max_iterations":"100"`),
		of(`"max_iterations":2147483648`),
		of(`"samples":64`), of(`"samples":0`), of(`"samples":65536`), of(`"samples":65537`),
		of(`"depth":8`), of(`"depth":16`), of(`"depth":12`), of(`"depth":"16"`),
		of(`"coloring":{}`), of(`"coloring":"smooth"`), of(`"coloring":{"x":1}`),
		color(`"method":"slope"`), color(`"method":"rainbow"`), color(`"method":""`),
		color(`"palette":"fire"`), color(`"palette":"rainbow"`), color(`"palette":1`), color(`"palette":{}`), color(`"palette":[]`),
		color(`"palette":"000000@0,FFffff@0.5"`), color(`"palette":"000000@0"`), color(`"palette":"000000@0,"`), color(`"palette":"000000@0,fff@0.5"`),
		color(`"palette":"000000@0,ffffff@"`), color(`"palette":"000000@0,ffffff"`),
		stops(), stops(stop(0), stop(0.5)), stops(stop(0)), stops(stop(0), stop(1)), stops(stop(-0.1), stop(0.1)),
		stops(stop(0), `{"at":0.5}`), stops(stop(0), `{"color":"#000000"}`), stops(stop(0), `{"at":"x","color":"#000000"}`),
		stops(stop(0), `{"at":0.5,"color":"000000"}`), stops(stop(0), `{"at":0.5,"color":"#000000","x":1}`), stops(stop(0), `1`),
		stops(many(spec.MaxStops)...), stops(many(spec.MaxStops + 1)...),
		color(`"density":2`), color(`"density":"0"`), color(`"density":0`), color(`"density":-1`), color(`"density":1e10`), color(`"density":"9e9"`),
		color(`"range":[1,2.5]`), color(`"range":["0","4e2"]`), color(`"range":[-1,2]`), color(`"range":[1]`), color(`"range":[1,1e10]`), color(`"range":"1,2"`), color(`"range":[1,2,3]`),
		color(`"equalize":0.5`), color(`"equalize":1.1`), color(`"equalize":-1`), color(`"equalize":true`),
		color(`"offset":-3.5`), color(`"offset":1e10`), color(`"offset":"-1"`),
		color(`"periods":true`), color(`"periods":"true"`), color(`"smooth":false`), color(`"smooth":0`), color(`"cyclic":false`), color(`"cyclic":1`), color(`"cyclic":"false"`),
		color(`"steps":1`), color(`"steps":255`), color(`"steps":0`), color(`"steps":256`), color(`"steps":-1`),
		color(`"light":-360`), color(`"light":361`), color(`"relief":0`), color(`"relief":1`), color(`"relief":1.001`), color(`"relief":-0.1`),
		color(`"interior":"#AbCdEf"`), color(`"interior":"black"`), color(`"interior":"#12345"`), color(`"interior":"#+12345"`),
		of(`"format":"png"`), of(`"format":"npy"`), of(`"format":"exr"`), of(`"format":"counts"`), of(`"format":"gradients"`), of(`"format":"tiff"`), of(`"format":""`),
		`{"width":76695844,"height":1,"format":"exr"}`, `{"width":76695845,"height":1,"format":"exr"}`, `{"width":76695845,"height":1,"format":"npy"}`,
		`{"width":65536,"height":1,"format":"counts"}`, `{"width":65537,"height":1,"format":"gradients"}`,
	}
}

// wider are documents that the schema takes and Parse does not, by the reason
// why it cannot say so. There are none the other way round.
func wider() map[string][]string {
	return map[string][]string{
		"a whole number has no fraction; how it is written is not to be seen in a JSON value": {of(`"width":8.0`), of(`"width":8e2`), of(`"samples":1e0`)},
		"a value has each field once; the text may have it twice":                             {`{"width":8,"width":8,"height":6}`},
		"bounds are for numbers, and not for numbers in strings": {
			of(`"center":{"im":"1e100"}`), of(`"radius":"1e100"`), of(`"rotation":"361"`), of(`"center":{"re":"1e999999999"}`),
			color(`"density":"1e10"`), color(`"offset":"-1e10"`), color(`"light":"-361"`), of(`"stretch":{"amount":"-1"}`), of(`"stretch":{"amount":"13"}`), color(`"relief":"1.001"`), color(`"relief":"-1"`),
			color(`"equalize":"1.001"`), color(`"range":["-1",2]`), color(`"range":["0","1e10"]`),
			stops(stop(0), `{"at":"1","color":"#000000"}`), color(`"palette":"000000@0,ffffff@1"`),
		},
		"stops in a text are not counted": {color(`"palette":"000000@0` + strings.Repeat(",000000@0.1", spec.MaxStops) + `"`)},
		"the digits of a number are not counted": {
			of(`"center":{"re":0.` + strings.Repeat("1", 100_001) + `}`), of(`"center":{"re":"0.` + strings.Repeat("1", 100_001) + `"}`),
			stops(stop(0), `{"at":0.0000000001,"color":"#000000"}`),
		},
		"two values are not compared": {
			of(`"window":{"re":[0,1],"im":[1,1]}`), of(`"window":{"re":[1,0],"im":[0,1]}`), color(`"range":[2,2]`),
			stops(stop(0.5), stop(0.5)), stops(stop(0.5), stop(0.1)), color(`"palette":"000000@0.5,ffffff@0.1"`),
		},
		"coordinates have a lower bound where a Julia set's power is above 2": {
			of(`"formula":"julia","power":3,"radius":1e12`), of(`"formula":"julia","power":3,"center":{"re":1e12}`), of(`"formula":"julia","power":3,"seed":{"im":1e12}`),
		},
	}
}

const window = `"window":{"re":[0,1],"im":[0,1]}`

// of is a Spec with some fields.
func of(fields string) string {
	size := `"width":8,"height":6,`
	for _, name := range []string{"width", "height"} {
		if strings.Contains(fields, `"`+name+`"`) {
			size = strings.ReplaceAll(size, `"`+name+`":8,`, "")
			size = strings.ReplaceAll(size, `"`+name+`":6,`, "")
		}
	}
	return "{" + size + fields + "}"
}

func color(fields string) string { return of(`"coloring":{` + fields + `}`) }

func stops(all ...string) string { return color(`"palette":[` + strings.Join(all, ",") + `]`) }

func stop(at float64) string { return fmt.Sprintf(`{"at":%g,"color":"#000000"}`, at) }

// many are n stops.
func many(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = stop(float64(i) / 2000)
	}
	return all
}

func parses(text string) bool {
	_, err := spec.Parse([]byte(text))
	return err == nil
}

func TestSpecSchemaIsWhatParseTakes(t *testing.T) {
	t.Parallel()
	document := read(t)
	good := 0
	for _, text := range same() {
		err := document.CheckSchema("Spec", []byte(text))
		assert.Equal(t, parses(text), err == nil, "%.200s: %v", text, err)
		if s, err := spec.Parse([]byte(text)); err == nil {
			good++
			require.NoError(t, document.CheckSchema("Spec", s.Canonical()), "%s", s.Canonical())
		}
	}
	assert.Greater(t, good, 50)
	for reason, texts := range wider() {
		for _, text := range texts {
			assert.False(t, parses(text), "%.200s: %s", text, reason)
			assert.NoError(t, document.CheckSchema("Spec", []byte(text)), "%.200s: the schema can say it: %s", text, reason)
		}
	}
}

// TestSpecSchemaIsNeverNarrower than Parse, whatever fields come together.
func TestSpecSchemaIsNeverNarrower(t *testing.T) {
	t.Parallel()
	document := read(t)
	decimals := []any{0, 1, "1", -0.5, "-1e-3", 1e11, "1e12", 359, "1e-30"}
	values := map[string][]any{
		"width": {8, 76695845}, "height": {6},
		"formula": {"mandelbrot", "julia", "burning_ship", "tricorn", "multibrot"}, "power": {2, 3, 8},
		"seed": {map[string]any{}, map[string]any{"re": 0.5}}, "center": {map[string]any{}, map[string]any{"im": "1"}},
		"radius": decimals, "exact": {true, false}, "mirror": {true, false}, "stretch": {map[string]any{}, map[string]any{"amount": 1.5}}, "counts": {"uint", "float"}, "undecided": {true, false}, "rotation": decimals, "window": {map[string]any{"re": []any{0, 1}, "im": []any{"-1", 1}}},
		"max_iterations": {1, "auto"}, "samples": {1, 9}, "depth": {8, 16}, "format": {"png", "npy", "exr", "counts", "gradients"},
		"coloring.method":  {"smooth", "distance", "slope", "histogram", "set"},
		"coloring.palette": {"fire", "000000@0,ffffff@.5", []any{map[string]any{"at": "0", "color": "#000000"}, map[string]any{"at": 0.5, "color": "#FFFFFF"}}},
		"coloring.range":   {[]any{0, "1.5"}, []any{"20", 3e9}, []any{2, 1}}, "coloring.equalize": decimals,
		"coloring.density": decimals, "coloring.offset": decimals, "coloring.cyclic": {true, false}, "coloring.smooth": {true, false}, "coloring.periods": {true, false}, "coloring.steps": {1, 255},
		"coloring.light": decimals, "coloring.relief": decimals, "coloring.interior": {"#a0B0c0"},
	}
	rapid.Check(t, func(t *rapid.T) {
		draft, coloring := map[string]any{"width": 8, "height": 6}, map[string]any{}
		for name, choices := range values {
			if rapid.IntRange(0, 3).Draw(t, name+" given") > 0 {
				continue
			}
			value := rapid.SampledFrom(choices).Draw(t, name)
			if field, isColoring := strings.CutPrefix(name, "coloring."); isColoring {
				coloring[field], draft["coloring"] = value, coloring
				continue
			}
			draft[name] = value
		}
		text, err := json.Marshal(draft)
		require.NoError(t, err)
		if err := document.CheckSchema("Spec", text); err != nil {
			require.False(t, parses(string(text)), "%s: %v", text, err)
		}
	})
}
