// Package web is the page that a browser gets at the farm's root: the explorer, in HTML, CSS and JavaScript as they are
// served, embedded in the binary.
//
// index.html is the document. Words in braces in it stand for what whoever serves it puts there, escaped:
//
//	{assets}   the path that the files of assets are under
//	{modules}  links to all of them that are modules, so that browsers fetch them at once
//	{renderer} the version of the renderer, which addresses of data name
//	{title}    what the link shows
//	{picture}  the absolute address of its picture
//
// assets holds everything else. Files name each other by relative paths, so that they can lie under any path together.
package web

import (
	"embed"
	"io/fs"
)

//go:embed index.html
var document string

//go:embed assets
var files embed.FS

// Document is the page, as text/html in UTF-8, with its words in braces.
func Document() string { return document }

// Assets are the files beside the page. All are in one folder, without others.
func Assets() fs.FS {
	assets, err := fs.Sub(files, "assets")
	if err != nil {
		panic("web: " + err.Error()) // the name is a constant that is valid
	}
	return assets
}
