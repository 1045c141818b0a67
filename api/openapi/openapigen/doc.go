// Package openapigen makes the files of package openapi: the document as JSON of
// its source in YAML, and the page of the document. Tests call it, the program
// does not.
//
// The page shows what the document has, in its order: operations by tag, with
// parameters, answers and a curl line made of the examples, then the objects.
// Schemas that are no objects are put into words where they are used.
// Descriptions are paragraphs of text with code between backquotes.
package openapigen

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/goccy/go-yaml"
)

// JSON turns a document in YAML into JSON, in the order of the source.
func JSON(source []byte) ([]byte, error) {
	text, err := yaml.YAMLToJSON(source)
	if err != nil {
		return nil, fmt.Errorf("source: %w", err)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, text, "", "  "); err != nil {
		return nil, fmt.Errorf("source: %w", err)
	}
	return append(bytes.TrimSpace(out.Bytes()), '\n'), nil
}
