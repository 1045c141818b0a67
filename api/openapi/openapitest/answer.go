package openapitest

import (
	"bytes"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// Answer is what came back for a request, read to its end.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// CheckAnswer reports what of an answer is not as the document has it. A request
// for which the document has no operation must be refused.
func (d *Document) CheckAnswer(r *http.Request, a Answer) error {
	route, _, err := d.route(r)
	if err != nil {
		return d.checkNoOperation(r, a)
	}
	documented := route.Operation.Responses.Status(a.Status)
	if documented == nil {
		return fmt.Errorf("%s %s: status %d is not in the document", route.Method, route.Path, a.Status)
	}
	err = errors.Join(
		d.checkHeaders(documented.Value.Headers, a.Header),
		d.checkBody(documented.Value.Content, r.Method, a),
	)
	if err != nil {
		return fmt.Errorf("%s %s: %d: %w", route.Method, route.Path, a.Status, err)
	}
	return nil
}

// checkNoOperation checks the answer where there is no operation.
func (d *Document) checkNoOperation(r *http.Request, a Answer) error {
	if a.Status != http.StatusNotFound && a.Status != http.StatusMethodNotAllowed {
		return fmt.Errorf("%s %s is not in the document, and is answered %d", r.Method, r.URL.Path, a.Status)
	}
	if r.Method == http.MethodHead {
		return nil
	}
	return errors.Join(d.CheckSchema("Problem", a.Body), checkStatus(a))
}

// everywhere are headers that any answer may have: those of HTTP itself, and
// what the farm says with each.
func everywhere() []string {
	return []string{"Connection", "Content-Length", "Content-Type", "Date", "Vary", "X-Content-Type-Options", "X-Request-Id", "Content-Security-Policy", "RateLimit", "RateLimit-Policy"}
}

func (d *Document) checkHeaders(documented openapi3.Headers, given http.Header) error {
	var wrong error
	for name, header := range documented {
		wrong = errors.Join(wrong, d.checkHeader(name, header.Value, given.Values(name)))
	}
	for name := range given {
		isKnown := slices.ContainsFunc(everywhere(), func(k string) bool { return strings.EqualFold(k, name) })
		for known := range documented {
			isKnown = isKnown || strings.EqualFold(known, name)
		}
		if !isKnown {
			wrong = errors.Join(wrong, fmt.Errorf("header %s is not in the document", name))
		}
	}
	return wrong
}

func (d *Document) checkHeader(name string, documented *openapi3.Header, given []string) error {
	if len(given) == 0 {
		if documented.Required {
			return fmt.Errorf("header %s is missing", name)
		}
		return nil
	}
	if len(given) > 1 {
		return fmt.Errorf("header %s comes %d times", name, len(given))
	}
	var value any = given[0]
	if n, err := strconv.Atoi(given[0]); err == nil && documented.Schema.Value.Type.Is("integer") {
		value = n
	}
	if err := d.check(documented.Schema, value); err != nil {
		return fmt.Errorf("header %s: %q: %w", name, given[0], err)
	}
	return nil
}

// checkBody checks media type and body, of which an answer to HEAD has only the
// type.
func (d *Document) checkBody(documented openapi3.Content, method string, a Answer) error {
	mediaType := a.Header.Get("Content-Type")
	if method == http.MethodHead {
		if len(a.Body) > 0 {
			return errors.New("an answer to HEAD has a body")
		}
		if len(documented) == 0 {
			return nil
		}
		_, err := find(documented, mediaType)
		return err
	}
	if len(documented) == 0 {
		if len(a.Body) > 0 {
			return errors.New("the document has no body")
		}
		return nil
	}
	if len(a.Body) == 0 {
		return errors.New("there is no body")
	}
	if err := d.checkContent(documented, mediaType, a.Body); err != nil {
		return err
	}
	return errors.Join(checkStatus(a), d.checkEvents(a))
}

// find returns what the document has for a media type.
func find(documented openapi3.Content, given string) (*openapi3.MediaType, error) {
	kind, _, err := mime.ParseMediaType(given)
	if err != nil {
		return nil, fmt.Errorf("media type %q: %w", given, err)
	}
	if documented[kind] == nil {
		return nil, fmt.Errorf("media type %s is not in the document", kind)
	}
	return documented[kind], nil
}

// checkContent checks a body, of a request or of an answer.
func (d *Document) checkContent(documented openapi3.Content, mediaType string, body []byte) error {
	media, err := find(documented, mediaType)
	if err != nil || media.Schema == nil {
		return err
	}
	if err := d.checkJSON(media.Schema, body); err != nil {
		return fmt.Errorf("body %.200q: %w", body, err)
	}
	return nil
}

// checkStatus checks that a problem document has the status of its answer.
func checkStatus(a Answer) error {
	if a.Header.Get("Content-Type") != "application/problem+json" {
		return nil
	}
	if !bytes.Contains(a.Body, fmt.Appendf(nil, `"status":%d,`, a.Status)) {
		return fmt.Errorf("the problem document has another status: %s", a.Body)
	}
	return nil
}

// checkEvents holds the data of events against the schema of jobs.
func (d *Document) checkEvents(a Answer) error {
	if a.Header.Get("Content-Type") != "text/event-stream" {
		return nil
	}
	count := 0
	for line := range bytes.Lines(a.Body) {
		data, isData := bytes.CutPrefix(line, []byte("data: "))
		if !isData {
			continue
		}
		count++
		if err := d.CheckSchema("Job", data); err != nil {
			return fmt.Errorf("event: %w", err)
		}
	}
	if count == 0 {
		return errors.New("the stream has no event")
	}
	return nil
}
