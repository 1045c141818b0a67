// Package openapi is the description of the farm's HTTP surface as an OpenAPI
// 3.1 document, for programs as JSON and for people as a page.
//
// openapi.yaml is its source, written by hand. It promises every route,
// parameter, status, header, media type and body that package api has, and the
// tests of that package hold its answers against it: what is not in it may not
// be answered. Package openapitest does the comparing.
//
// openapi.json and page.html are made of the source by package openapigen, when
// a test is asked to (make golden): in the program, a template and a reader of
// YAML would take 22 MB. The page loads nothing and runs no script, so that it
// can be read wherever the farm can be reached.
package openapi

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"html"
)

//go:embed openapi.json
var document []byte

//go:embed page.html
var page []byte

// versionMark stands in both for the version of the program.
const versionMark = "$VERSION"

// JSON is the document of a version of the program.
func JSON(version string) []byte {
	quoted, err := json.Marshal(version)
	if err != nil {
		panic("openapi: a string always encodes: " + err.Error())
	}
	return bytes.Replace(document, []byte(`"`+versionMark+`"`), quoted, 1)
}

// Page is the same to be read, as text/html in UTF-8.
func Page(version string) []byte {
	return bytes.Replace(page, []byte(versionMark), []byte(html.EscapeString(version)), 1)
}

// PagePolicy is the Content-Security-Policy of the page: its own style, nothing
// else.
func PagePolicy() string {
	_, style, _ := bytes.Cut(page, []byte("<style>"))
	style, _, _ = bytes.Cut(style, []byte("</style>"))
	sum := sha256.Sum256(style)
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}
