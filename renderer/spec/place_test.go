package spec_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"mandelfarm/renderer/spec"
)

// TestErrorsSayWhere in the document, whoever finds the fault.
func TestErrorsSayWhere(t *testing.T) {
	t.Parallel()
	for document, want := range map[string]string{
		"{\n  \"width\": 8,\n  \"height\": -1\n}":                 `height: must be at least 1, got "-1" (line 3, column 13)`,
		"{\"width\": 8, \"height\": 6, \"radius\":\n\t\"-1\"}":    `radius: must be greater than 0, got "-1" (line 2, column 2)`,
		"{\"width\": 8,\r\n\"größe\": 1, \"height\": 6}":          `größe: is not a known field (line 2, column 10)`,
		`{"width": 8, "width": 9}`:                                `width: is given twice (line 1, column 23)`,
		`{"width": 8, "height": 6, "center": {"re": 1, "re": 2}}`: `center.re: is given twice (line 1, column 53)`,
		"{\n\"width\": 8,\n\"height\" 6}":                         `must be JSON, in which '6' cannot stand here (line 3, column 10)`,
		`{"width": 8, "height": 6, }`:                             `must be JSON, in which '}' cannot stand here (line 1, column 27)`,
		`{"width": 8`:                                             `must be JSON, and ends before that is complete (line 1, column 12)`,
		"":                                                        `must be JSON, and ends before that is complete (line 1, column 1)`,
		"{\"width\": 8,\n":                                        `must be JSON, and ends before that is complete (line 2, column 1)`,
		`{"width": 8} x`:                                          `must be JSON, in which 'x' cannot stand here (line 1, column 14)`,
		`{"width": ÿ}`:                                            `must be JSON, in which 'ÿ' cannot stand here (line 1, column 11)`,
		`{"width": 8}`:                                            `height: must be from 1 to 2147483647, got "0"`,
	} {
		_, err := spec.Parse([]byte(document))
		assert.EqualError(t, err, want, document)
	}
}
