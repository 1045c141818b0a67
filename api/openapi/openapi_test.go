package openapi_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/api/openapi"
	"mandelfarm/api/openapi/openapitest"
	"mandelfarm/foreign"
	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/renderer/spec"
)

// version is a version that needs quoting, in JSON and in HTML.
const version = `v1.2.3 "<odd>"`

// read checks the document and returns it.
func read(t *testing.T) *openapitest.Document {
	t.Helper()
	d, err := openapitest.Read(t.Context(), openapi.JSON(version))
	require.NoError(t, err)
	return d
}

// at is what stands in the JSON at a path.
func at(t *testing.T, path ...any) any {
	t.Helper()
	var value any
	require.NoError(t, json.Unmarshal(openapi.JSON(version), &value))
	for _, step := range path {
		switch step := step.(type) {
		case string:
			value = value.(map[string]any)[step] //nolint:forcetypeassert // a panic is a failure
		case int:
			value = value.([]any)[step] //nolint:forcetypeassert // a panic is a failure
		}
		require.NotNil(t, value, "%v", path)
	}
	return value
}

func TestDocumentNamesTheVersion(t *testing.T) {
	t.Parallel()
	assert.Equal(t, version, at(t, "info", "version"))
	assert.Contains(t, string(openapi.Page(version)), "Version v1.2.3 &#34;&lt;odd&gt;&#34;.")
	assert.Equal(t, "3.1.1", at(t, "openapi"))
	assert.NotContains(t, string(openapi.JSON(version))+string(openapi.Page(version)), "$VERSION")
}

// TestChoicesAreThePrograms: what the document has of names is what there is.
func TestChoicesAreThePrograms(t *testing.T) {
	t.Parallel()
	schema := func(path ...any) any { return at(t, append([]any{"components", "schemas"}, path...)...) }
	assert.Equal(t, list(spec.Formulas()), schema("Formula", "enum"))
	assert.Equal(t, list(spec.Methods()), schema("Method", "enum"))
	assert.Equal(t, list(spec.Palettes()), schema("PaletteText", "anyOf", 0, "enum"))
	assert.Equal(t, list(spec.FileFormats()), schema("Format", "enum"))
	assert.Equal(t, list(job.States()), schema("State", "enum"))
	assert.Equal(t, list(job.Priorities()), at(t, "paths", "/jobs", "post", "parameters", 0, "schema", "enum"))
	assert.InDelta(t, spec.MaxStops, schema("Palette", "anyOf", 1, "maxItems"), 0)
	assert.InDelta(t, spec.MaxStretch, schema("Stretch", "properties", "amount", "anyOf", 1, "maximum"), 0)
	assert.InDelta(t, spec.MaxPower, schema("Power", "maximum"), 0)
	want := append(foreign.MediaTypes(), "application/json")
	slices.Sort(want)
	assert.Equal(t, want, keys(at(t, "paths", "/quote", "post", "requestBody", "content")))
	want = append(want, "application/x-ndjson") // batches
	slices.Sort(want)
	assert.Equal(t, want, keys(at(t, "paths", "/jobs", "post", "requestBody", "content")))
	var pictures []string
	for _, format := range spec.FileFormats() {
		parsed, err := spec.Parse([]byte(of(`"format":"` + string(format) + `"`)))
		require.NoError(t, err)
		pictures = append(pictures, parsed.Format.MediaType())
	}
	slices.Sort(pictures)
	assert.Equal(t, slices.Compact(pictures), keys(at(t, "components", "responses", "Picture", "content")))
}

func list[S ~string](names []S) any {
	values := make([]any, len(names))
	for i, n := range names {
		values[i] = string(n)
	}
	return values
}

func keys(object any) []string {
	m, _ := object.(map[string]any)
	return slices.Sorted(maps.Keys(m))
}

// TestExamplesFitTogether: the example of a job has the ID of its Spec, and paths
// are shown with it.
func TestExamplesFitTogether(t *testing.T) {
	t.Parallel()
	example, err := json.Marshal(at(t, "components", "examples", "running", "value"))
	require.NoError(t, err)
	var st job.Status
	require.NoError(t, json.Unmarshal(example, &st))
	assert.Equal(t, st.Spec.ID(), st.ID)
	assert.Equal(t, string(st.ID), at(t, "components", "parameters", "id", "example"))
	submitted, err := json.Marshal(at(t, "paths", "/jobs", "post", "requestBody", "content", "application/json", "examples", "whole", "value"))
	require.NoError(t, err)
	s, err := spec.Parse(submitted)
	require.NoError(t, err)
	assert.Equal(t, st.Spec, s, "what is submitted is what the answers are about")
	found, err := json.Marshal(at(t, "paths", "/find", "get", "responses", "200", "content", "application/json", "example"))
	require.NoError(t, err)
	var minibrot spec.Minibrot
	require.NoError(t, json.Unmarshal(found, &minibrot))
	assert.Equal(t, minibrot.Center, minibrot.Spec.Center)
}

// TestExamplesOfFilesAreRead: those of other programs.
func TestExamplesOfFilesAreRead(t *testing.T) {
	t.Parallel()
	for _, mediaType := range foreign.MediaTypes() {
		format, known := foreign.FromMediaType(mediaType)
		require.True(t, known)
		text, _ := at(t, "paths", "/jobs", "post", "requestBody", "content", mediaType, "example").(string)
		_, err := foreign.Read(format, []byte(text), foreign.Size{})
		require.NoError(t, err, mediaType)
	}
}

// TestFieldsAreThePrograms: no type has a field that its schema does not have, nor the other way round.
func TestFieldsAreThePrograms(t *testing.T) {
	t.Parallel()
	for name, types := range map[string][]any{
		"Spec": {spec.Draft{}}, "Point": {spec.Point{}}, "Window": {spec.Window{}}, "Coloring": {spec.Coloring{}}, "Stop": {spec.Stop{}}, "Stretch": {spec.Stretch{}},
		"JobFields": {job.Job{}, job.Terms{}, job.Progress{}}, "Warning": {foreign.Loss{}}, "Minibrot": {spec.Minibrot{}},
		"Stint": {job.Stint{}}, "Worker": {job.Worker{}}, "Share": {job.Share{}}, "Hold": {job.Hold{}}, "Backlog": {job.Backlog{}}, "Stuck": {job.Stuck{}},
		"Operation": {job.Operation{}}, "QuoteFields": {job.Quote{}}, "Inventory": {ledger.Inventory{}}, "Caution": {job.Caution{}}, "Delivery": {job.Message{}},
	} {
		var want []string
		for _, v := range types {
			want = append(want, fields(reflect.TypeOf(v))...)
		}
		slices.Sort(want)
		assert.Equal(t, want, keys(at(t, "components", "schemas", name, "properties")), name)
	}
	var want []string
	for _, name := range append(fields(reflect.TypeFor[spec.Draft]()), fields(reflect.TypeFor[spec.Coloring]())...) {
		switch name {
		case "width", "height", "window": // of the path, or not to be had in a query
		case "center":
			want = append(want, "re", "im")
		case "seed":
			want = append(want, "seed_re", "seed_im")
		case "stretch":
			want = append(want, "stretch_amount", "stretch_angle")
		case "method": // that is the parameter coloring
		default:
			want = append(want, name)
		}
	}
	var got []string
	for _, p := range read(t).Parameters("GET /generate/{width}/{height}") {
		if p.In == "query" {
			got = append(got, p.Name)
		}
	}
	assert.ElementsMatch(t, want, got, "the query holds the fields of a Spec")
}

// fields are the names that a type's fields have in JSON.
func fields(of reflect.Type) (names []string) {
	for _, f := range reflect.VisibleFields(of) {
		if f.Anonymous || len(f.Index) > 1 { // those of another type
			continue
		}
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "-" {
			names = append(names, name)
		}
	}
	return names
}

// TestDefaultsAreThePrograms: a field or a parameter that is given with its default is as good as not given.
func TestDefaultsAreThePrograms(t *testing.T) {
	t.Parallel()
	parse := func(text string) spec.Spec {
		s, err := spec.Parse([]byte(text))
		require.NoError(t, err, text)
		return s
	}
	fields := func(schema string) map[string]any {
		return defaults(at(t, "components", "schemas", schema, "properties"))
	}
	assert.Len(t, fields("Spec"), 10)
	for field, value := range fields("Spec") {
		assert.Equal(t, parse(of(`"coloring":{}`)), parse(of(member(t, field, value))), field)
	}
	assert.Len(t, fields("Coloring"), 10)
	for field, value := range fields("Coloring") {
		base := `"method":"slope"` // which has a light
		if field == "method" {
			base = ""
		}
		assert.Equal(t, parse(color(base)), parse(color(strings.TrimPrefix(base+","+member(t, field, value), ","))), field)
	}
	plain, err := spec.FromQuery(8, 6, map[string][]string{"coloring": {"slope"}})
	require.NoError(t, err)
	parameters := make(map[string]any)
	for name, p := range at(t, "components", "parameters").(map[string]any) { //nolint:forcetypeassert // a panic is a failure
		parameters[name] = p.(map[string]any)["schema"] //nolint:forcetypeassert // a panic is a failure
	}
	for name, value := range defaults(parameters) {
		if name == "coloring" {
			assert.EqualValues(t, spec.Methods()[0], value)
			continue
		}
		given, err := spec.FromQuery(8, 6, map[string][]string{"coloring": {"slope"}, name: {fmt.Sprint(value)}})
		require.NoError(t, err, name)
		assert.Equal(t, plain, given, name)
	}
}

// defaults are those of schemas by name.
func defaults(schemas any) map[string]any {
	found := make(map[string]any)
	for name, s := range schemas.(map[string]any) { //nolint:forcetypeassert // a panic is a failure
		if value, ok := s.(map[string]any)["default"]; ok { //nolint:forcetypeassert // a panic is a failure
			found[name] = value
		}
	}
	return found
}

// member is a field of a JSON object.
func member(t *testing.T, name string, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	require.NoError(t, err)
	return `"` + name + `":` + string(text)
}
