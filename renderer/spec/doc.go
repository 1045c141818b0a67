// Package spec says what to draw, and nothing about how: it is the vocabulary that the farm, its clients and the renderer
// share, and holds no numerics.
//
// # Model
//
// A [Spec] names a formula, a view of the complex plane, a size, an iteration limit, a colouring and a kind of file. It is a
// plain comparable value in one canonical form: decimals without redundant digits, defaults filled in, fields that have no
// effect dropped. [Spec.Canonical] prints that form and [Spec.ID] hashes it together with [Version], so one picture has one ID.
//
// What somebody asks for becomes a Spec once, at the door: [Parse] reads JSON, [FromQuery] and [TileFromQuery] a URL's query,
// and [Normalize] takes the fields as a [Draft]. From there on the type says that it is good. Whether it may be drawn on some
// machine is another question: see Limits of package renderer.
//
// # Guarantees
//
// Parse(s.Canonical()) == s for every Spec. Every fault of an input is a [*FieldError], which names the field, and its cost is
// linear in the input. Decimals are exact and of any length. Nothing depends on the machine.
//
// # Where what is
//
//	spec.go         the fields, and their one form; formula.go, coloring.go, palette.go, fileformat.go: parts of it
//	parse.go        JSON; query.go: a URL's query; tile.go: a tile's address
//	orientation.go  how a view is turned, mirrored and stretched
//	decimal.go      exact decimal numbers
//	palettes.go     the named palettes
//	id.go           the ID, and the version that is part of it
//	cell.go         squares of the quadtree, which share a reference
//	viewers.go      which programs open a picture of a size
//	minibrot.go     what is said of a minibrot
package spec
