package openapigen

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"net/url"
	"path"
	"slices"
	"strings"
)

//go:embed layout.html
var layout string

//go:embed style.css
var style string

// Page makes the page of a document in JSON.
func Page(document []byte) ([]byte, error) {
	var p printer
	if err := json.Unmarshal(document, &p.document); err != nil {
		return nil, err
	}
	p.resolve()
	page, err := template.New("page").Funcs(template.FuncMap{
		"style": func() template.CSS { return template.CSS(style) }, //nolint:gosec // the embedded file
		"prose": prose, "inline": inline, "upper": strings.ToUpper, "json": indent, "curl": curl, "open": open,
		"kind": p.kind, "fields": p.fields, "objects": p.objects, "required": slices.Contains[[]string],
		"grouped": grouped,
	}).Parse(layout)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := page.Execute(&out, p); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// printer puts the parts of a document into words.
type printer struct{ document }

// prose is a description as HTML: paragraphs between empty lines, and code
// between backquotes, are all that descriptions have of Markdown.
func prose(text string) template.HTML {
	var out strings.Builder
	for paragraph := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		if paragraph != "" {
			out.WriteString("<p>" + string(inline(paragraph)) + "</p>")
		}
	}
	return template.HTML(out.String()) //nolint:gosec // inline escapes
}

// inline is one paragraph of a description as HTML.
func inline(text string) template.HTML {
	var out strings.Builder
	for i, part := range strings.Split(strings.TrimSpace(text), "`") {
		if i%2 == 1 {
			out.WriteString(code(part))
			continue
		}
		out.WriteString(template.HTMLEscapeString(part))
	}
	return template.HTML(out.String()) //nolint:gosec // both escape
}

func code(text string) string { return "<code>" + template.HTMLEscapeString(text) + "</code>" }

// indent is an example in JSON, or the text of one in another format.
func indent(example json.RawMessage) string {
	var text string
	if json.Unmarshal(example, &text) == nil {
		return text
	}
	var out bytes.Buffer
	if err := json.Indent(&out, example, "", "  "); err != nil { // it came out of a JSON document
		return string(example)
	}
	return out.String()
}

// fields are the properties of a schema.
func (p printer) fields(s schema) ordered[schema] {
	fields := slices.Clone(s.Properties)
	for i, f := range fields {
		if f.Value.Description == "" {
			fields[i].Value.Description = p.resolved(f.Value).Description
		}
	}
	return fields
}

// kind says in HTML what a schema accepts. Objects have a section of their own
// to link to, everything else is said on the spot.
func (p printer) kind(s schema) template.HTML {
	return template.HTML(p.accepts(s)) //nolint:gosec // accepts escapes
}

func (p printer) accepts(s schema) string {
	r := p.resolved(s)
	switch {
	case s.Ref != "" && r.Type == "object":
		name := template.HTMLEscapeString(path.Base(s.Ref))
		return `<a href="#` + name + `">` + name + `</a>`
	case r.Title != "":
		return template.HTMLEscapeString(r.Title)
	case r.Enum != nil:
		return choice(r.Enum)
	case r.Const != nil:
		return choice([]any{r.Const})
	case r.AnyOf != nil:
		return p.alternatives(r.AnyOf)
	case r.Items != nil:
		return list(r) + p.accepts(*r.Items)
	}
	return simple(r)
}

// list says how many items a list has, before what they are.
func list(s schema) string {
	if s.MinItems != "" && s.MinItems == s.MaxItems {
		return "list of " + s.MinItems.String() + " × "
	}
	return "list" + interval(schema{Minimum: s.MinItems, Maximum: s.MaxItems}) + " of "
}

func (p printer) alternatives(schemas []schema) string {
	kinds := make([]string, len(schemas))
	for i, s := range schemas {
		kinds[i] = p.accepts(s)
	}
	return strings.Join(kinds, " or ")
}

// choice lists values.
func choice(values []any) string {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = code(fmt.Sprint(v))
	}
	return strings.Join(words, " · ")
}

// simple is a type that is neither object nor list.
func simple(s schema) string {
	switch {
	case s.Format == "date-time":
		return "time (RFC 3339)"
	case s.Format == "uri":
		return "URL"
	case s.Type == "boolean":
		return choice([]any{true, false})
	case s.Type == "string" && s.Pattern != "":
		return "text " + code(s.Pattern)
	case s.Type == "string":
		return "text"
	}
	return template.HTMLEscapeString(s.Type) + interval(s)
}

// interval puts bounds into words.
func interval(s schema) string {
	var words strings.Builder
	for _, bound := range []struct {
		word  string
		value json.Number
	}{{"from", s.Minimum}, {"above", s.ExclusiveMinimum}, {"to", s.Maximum}, {"below", s.ExclusiveMaximum}} {
		if bound.value != "" {
			words.WriteString(" " + bound.word + " " + template.HTMLEscapeString(bound.value.String()))
		}
	}
	return words.String()
}

// parameterGroup is the parameters in one place of a request.
type parameterGroup struct {
	Title      string
	Parameters []parameter
}

// grouped sorts parameters by where they are.
func grouped(parameters []parameter) []parameterGroup {
	var groups []parameterGroup
	for _, place := range [][2]string{{"path", "In the path"}, {"query", "In the query"}, {"header", "Headers"}} {
		g := parameterGroup{Title: place[1]}
		for _, p := range parameters {
			if p.In == place[0] {
				g.Parameters = append(g.Parameters, p)
			}
		}
		if g.Parameters != nil {
			groups = append(groups, g)
		}
	}
	return groups
}

// address is the path and the query of an operation, made of the examples of its
// parameters.
func address(o operation) string {
	target, query := o.Path, []string(nil)
	for _, p := range o.Parameters {
		if p.Example == nil {
			continue
		}
		value := fmt.Sprint(p.Example)
		switch p.In {
		case "path":
			target = strings.ReplaceAll(target, "{"+p.Name+"}", url.PathEscape(value))
		case "query":
			query = append(query, p.Name+"="+url.QueryEscape(value))
		}
	}
	if query != nil {
		target += "?" + strings.Join(query, "&")
	}
	return target
}

// open is an address that a browser can go to, if there is one: one that
// changes nothing and needs no job.
func open(o operation) string {
	if o.Method != "get" || strings.Contains(o.Path, "{id}") {
		return ""
	}
	return address(o)
}

// curl is a command line that makes the request.
func curl(o operation) string {
	line := "curl"
	if o.Method != "get" && o.RequestBody.Content == nil {
		line += " -X " + strings.ToUpper(o.Method)
	}
	answers := o.Responses.find("200").Content
	for _, m := range answers {
		switch m.Name {
		case "image/png":
			line += " -o picture.png"
		case "text/event-stream":
			line += " -N"
		}
	}
	line += " 'http://localhost:8080" + address(o) + "'"
	for _, m := range o.RequestBody.Content {
		return line + ` \` + "\n  -H 'Content-Type: " + m.Name + `' \` + "\n  -d '" + first(m.Value) + "'"
	}
	return line
}

// first is an example of a body, on one line.
func first(m media) string {
	var out bytes.Buffer
	for _, e := range m.Examples {
		if json.Compact(&out, e.Value.Value) == nil {
			break
		}
	}
	return out.String()
}
