// Package web is the page that a browser gets at the farm's root. It is one
// file with no other to load, embedded in the binary.
package web

import _ "embed"

//go:embed index.html
var index []byte

// Index is the page, as text/html in UTF-8.
func Index() []byte { return index }
