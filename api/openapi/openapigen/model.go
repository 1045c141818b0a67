package openapigen

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path"
	"slices"
)

// document is what the page shows of the JSON, in the order of the source.
// Once it is resolved, references are left in schemas alone.
type document struct {
	Info struct {
		Title, Summary, Version, Description string
	}
	Tags       []tag
	Paths      ordered[pathItem]
	Components struct {
		Parameters map[string]parameter
		Headers    map[string]header
		Responses  map[string]response
		Examples   map[string]example
		Schemas    ordered[schema]
	}
}

// tag is a group of operations.
type tag struct {
	Name, Description string
	Operations        []operation `json:"-"`
}

type operation struct {
	Method, Path string `json:"-"`

	OperationID, Summary, Description string
	Security                          []map[string][]string
	Tags                              []string
	Parameters                        []parameter
	RequestBody                       struct{ Content ordered[media] }
	Responses                         ordered[response]
}

// Role is what a key must be good for, where that is more than to read.
func (o operation) Role() string {
	for _, way := range o.Security {
		if roles := way["key"]; len(roles) > 0 {
			return roles[0]
		}
	}
	return ""
}

type parameter struct {
	Ref                   string `json:"$ref"`
	Name, In, Description string
	Required              bool
	Schema                schema
	Example               any
}

type header struct {
	Ref         string `json:"$ref"`
	Description string
	Required    bool
	Schema      schema
}

type response struct {
	Ref         string `json:"$ref"`
	Description string
	Headers     ordered[header]
	Content     ordered[media]
}

type media struct {
	Schema   *schema
	Example  json.RawMessage
	Examples ordered[example]
}

type example struct {
	Ref     string `json:"$ref"`
	Summary string
	Value   json.RawMessage
}

type schema struct {
	Ref                                string `json:"$ref"`
	Title, Description, Type, Format   string
	Pattern                            string
	Enum                               []any
	Const, Default                     any
	Minimum, Maximum                   json.Number
	ExclusiveMinimum, ExclusiveMaximum json.Number
	MinItems, MaxItems                 json.Number
	Items                              *schema
	AnyOf, AllOf                       []schema
	Properties                         ordered[schema]
	Required                           []string
}

// ordered is a JSON object whose members have an order.
type ordered[T any] []member[T]

type member[T any] struct {
	Name  string
	Value T
}

// UnmarshalJSON implements [json.Unmarshaler].
func (o *ordered[T]) UnmarshalJSON(data []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return fmt.Errorf("%.40q is no object: %w", data, err)
	}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return err
		}
		m := member[T]{Name: fmt.Sprint(name)}
		if err := decoder.Decode(&m.Value); err != nil {
			return fmt.Errorf("%s: %w", m.Name, err)
		}
		*o = append(*o, m)
	}
	return nil
}

// find returns the member of a name, or the zero value.
func (o ordered[T]) find(name string) (value T) {
	for _, m := range o {
		if m.Name == name {
			return m.Value
		}
	}
	return value
}

// pathItem is the operations of a path.
type pathItem []operation

// UnmarshalJSON implements [json.Unmarshaler].
func (p *pathItem) UnmarshalJSON(data []byte) error {
	var members ordered[json.RawMessage]
	if err := json.Unmarshal(data, &members); err != nil {
		return err
	}
	var shared []parameter
	for _, m := range members {
		if m.Name == "parameters" {
			if err := json.Unmarshal(m.Value, &shared); err != nil {
				return err
			}
			continue
		}
		o := operation{Method: m.Name}
		if err := json.Unmarshal(m.Value, &o); err != nil {
			return err
		}
		o.Parameters = slices.Concat(shared, o.Parameters)
		*p = append(*p, o)
	}
	return nil
}

// resolve puts in place of references what they name, and operations into the
// groups of their tags.
func (d *document) resolve() {
	for _, item := range d.Paths {
		for _, o := range item.Value {
			o.Path = item.Name
			d.resolveOperation(&o)
			for i := range d.Tags {
				if slices.Contains(o.Tags, d.Tags[i].Name) {
					d.Tags[i].Operations = append(d.Tags[i].Operations, o)
				}
			}
		}
	}
}

func (d *document) resolveOperation(o *operation) {
	for i, p := range o.Parameters {
		if p.Ref != "" {
			o.Parameters[i] = d.Components.Parameters[path.Base(p.Ref)]
		}
	}
	for i := range o.Responses {
		r := &o.Responses[i].Value
		if r.Ref != "" {
			*r = d.Components.Responses[path.Base(r.Ref)]
		}
		for j, h := range r.Headers {
			if h.Value.Ref != "" {
				r.Headers[j].Value = d.Components.Headers[path.Base(h.Value.Ref)]
			}
		}
		d.resolveExamples(r.Content)
	}
}

func (d *document) resolveExamples(content ordered[media]) {
	for _, m := range content {
		for i, e := range m.Value.Examples {
			if e.Value.Ref != "" {
				m.Value.Examples[i].Value = d.Components.Examples[path.Base(e.Value.Ref)]
			}
		}
	}
}

// resolved is the schema that a reference names with what is said beside it,
// which wins; a schema that is no reference is itself. It has the properties of
// those that it extends.
func (d *document) resolved(s schema) schema {
	if s.Ref != "" {
		named := d.Components.Schemas.find(path.Base(s.Ref))
		if s.Description != "" {
			named.Description = s.Description
		}
		if s.Default != nil {
			named.Default = s.Default
		}
		s = named
	}
	for _, part := range s.AllOf {
		if part.Ref != "" {
			base := d.resolved(part)
			s.Type, s.Description = base.Type, s.Description+"\n\n"+base.Description
			s.Properties = slices.Concat(base.Properties, s.Properties)
			s.Required = slices.Concat(base.Required, s.Required)
		}
	}
	return s
}

// objects are the schemas of objects by name, but those that others only extend.
func (d *document) objects() ordered[schema] {
	extended := make(map[string]bool)
	for _, m := range d.Components.Schemas {
		for _, part := range m.Value.AllOf {
			extended[path.Base(part.Ref)] = true
		}
	}
	var objects ordered[schema]
	for _, m := range d.Components.Schemas {
		if s := d.resolved(m.Value); s.Type == "object" && !extended[m.Name] {
			objects = append(objects, member[schema]{m.Name, s})
		}
	}
	return objects
}
