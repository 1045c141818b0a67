// Package openapitest holds the requests to a running farm, and its answers,
// against the farm's OpenAPI document.
//
// github.com/getkin/kin-openapi reads the document, checks that it is one and
// that its examples are what they are examples of, finds the operation of a
// request and decodes parameters. What it leaves out is done here: parameters
// that are not in the document, headers of every answer, headers that are not
// in the document, bodies where there must be none, answers to HEAD. Schemas are
// compiled once each, as JSON Schema 2020-12.
package openapitest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Document is an OpenAPI document to hold traffic against. It is safe for
// concurrent use.
type Document struct {
	api        *openapi3.T
	router     routers.Router
	components any // as JSON, for references

	mu       sync.Mutex
	compiled map[string]*jsonschema.Schema // by their text
}

// Read reads a document. It fails unless the document is valid OpenAPI and its
// examples are valid.
func Read(ctx context.Context, text []byte) (*Document, error) {
	d, err := load(text)
	if err != nil {
		return nil, err
	}
	return d, d.api.Validate(ctx, openapi3.EnableExamplesValidation(), openapi3.EnableSchemaFormatValidation(), openapi3.EnableMultiError())
}

// load reads a document that may be invalid.
func load(text []byte) (*Document, error) {
	api, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		return nil, err
	}
	router, err := gorillamux.NewRouter(api)
	if err != nil {
		return nil, err
	}
	var whole struct{ Components any }
	if err := json.Unmarshal(text, &whole); err != nil {
		return nil, err
	}
	return &Document{api: api, router: router, components: whole.Components, compiled: make(map[string]*jsonschema.Schema)}, nil
}

// Operations names the operations, as "GET /jobs/{id}", with their statuses.
func (d *Document) Operations() map[string][]string {
	operations := make(map[string][]string)
	for path, item := range d.api.Paths.Map() {
		for method, o := range item.Operations() {
			operations[method+" "+path] = slices.Sorted(maps.Keys(o.Responses.Map()))
		}
	}
	return operations
}

// Parameter is one of an operation.
type Parameter struct {
	In, Name string
	schema   *openapi3.SchemaRef
}

// Outside are values that the parameter must not have: one that is neither a
// word, a number nor a colour, and those beside the bounds of integers.
func (p Parameter) Outside() []string {
	values := []string{"§"}
	for _, s := range append(p.schema.Value.AnyOf, p.schema) {
		if !s.Value.Type.Is("integer") {
			continue
		}
		if s.Value.Min != nil {
			values = append(values, strconv.FormatFloat(*s.Value.Min-1, 'f', 0, 64))
		}
		if s.Value.Max != nil {
			values = append(values, strconv.FormatFloat(*s.Value.Max+1, 'f', 0, 64))
		}
	}
	return values
}

// Role is what a key must be good for that an operation takes, and empty if it takes none.
func (d *Document) Role(operation string) string {
	method, path, _ := strings.Cut(operation, " ")
	wanted := d.api.Security
	if own := d.api.Paths.Find(path).GetOperation(method).Security; own != nil {
		wanted = *own
	}
	for _, way := range wanted {
		if roles := way["key"]; len(roles) > 0 {
			return roles[0]
		}
	}
	return ""
}

// Parameters are those of an operation as [Document.Operations] names it.
func (d *Document) Parameters(operation string) []Parameter {
	method, path, _ := strings.Cut(operation, " ")
	item := d.api.Paths.Value(path)
	var parameters []Parameter
	for _, p := range slices.Concat(item.Parameters, item.GetOperation(method).Parameters) {
		parameters = append(parameters, Parameter{p.Value.In, p.Value.Name, p.Value.Schema})
	}
	return parameters
}

// Operation is the name of the operation that a request is for, empty if there
// is none. HEAD is of the operation of GET.
func (d *Document) Operation(r *http.Request) string {
	route, _, err := d.route(r)
	if err != nil {
		return ""
	}
	return route.Method + " " + route.Path
}

func (d *Document) route(r *http.Request) (*routers.Route, map[string]string, error) {
	if r.Method == http.MethodHead {
		r = r.Clone(r.Context())
		r.Method = http.MethodGet
	}
	return d.router.FindRoute(r)
}

// CheckRequest reports what of a request is not as the document has it.
func (d *Document) CheckRequest(r *http.Request, body []byte) error {
	route, inPath, err := d.route(r)
	if err != nil {
		return err
	}
	input := &openapi3filter.RequestValidationInput{
		Request: r.Clone(r.Context()), PathParams: inPath, Route: route,
		Options: &openapi3filter.Options{
			ExcludeRequestBody: true, SkipSettingDefaults: true, MultiError: true,
			AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, // the farm says who may
		},
	}
	input.Request.Body = http.NoBody
	return errors.Join(
		openapi3filter.ValidateRequest(r.Context(), input),
		d.checkQuery(route, r),
		d.checkRequestBody(route.Operation.RequestBody, r.Header.Get("Content-Type"), body),
	)
}

// checkQuery finds parameters that the document does not have.
func (d *Document) checkQuery(route *routers.Route, r *http.Request) error {
	var wrong error
	known, lists := make(map[string]bool), make(map[string]bool)
	for _, p := range d.Parameters(route.Method + " " + route.Path) {
		known[p.Name] = known[p.Name] || p.In == openapi3.ParameterInQuery
		lists[p.Name] = p.schema.Value.Type.Is("array")
	}
	for name, values := range r.URL.Query() {
		switch {
		case !known[name]:
			wrong = errors.Join(wrong, fmt.Errorf("parameter %q is not in the document", name))
		case len(values) > 1 && !lists[name]:
			wrong = errors.Join(wrong, fmt.Errorf("parameter %q is given %d times", name, len(values)))
		}
	}
	return wrong
}

func (d *Document) checkRequestBody(documented *openapi3.RequestBodyRef, mediaType string, body []byte) error {
	if documented == nil {
		if len(body) > 0 {
			return errors.New("the document has no body for the request")
		}
		return nil
	}
	return d.checkContent(documented.Value.Content, mediaType, body)
}

// CheckSchema reports what of a JSON text is not as the schema of a name has it.
func (d *Document) CheckSchema(name string, text []byte) error {
	schema := d.api.Components.Schemas[name]
	if schema == nil {
		return fmt.Errorf("the document has no schema %s", name)
	}
	return d.checkJSON(schema, text)
}

// checkJSON holds a JSON text against a schema.
func (d *Document) checkJSON(schema *openapi3.SchemaRef, text []byte) error {
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		return err
	}
	return d.check(schema, value)
}

// check holds a value against a schema.
func (d *Document) check(schema *openapi3.SchemaRef, value any) error {
	compiled, err := d.compile(schema)
	if err != nil {
		return err
	}
	return compiled.Validate(value)
}

// compile makes a validator of a schema, unless it was made before.
func (d *Document) compile(schema *openapi3.SchemaRef) (*jsonschema.Schema, error) {
	text, err := json.Marshal(schema)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if known := d.compiled[string(text)]; known != nil {
		return known, nil
	}
	parsed, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		return nil, err
	}
	const address = "https://farm.example/schema.json"
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource(address, map[string]any{"allOf": []any{parsed}, "components": d.components}); err != nil {
		return nil, err
	}
	made, err := compiler.Compile(address)
	if err != nil {
		return nil, err
	}
	d.compiled[string(text)] = made
	return made, nil
}
