package api

import (
	"net/http"

	"mandelfarm/access"
	"mandelfarm/renderer/spec"
)

// caching is how long those who have a picture keep it, by the address they have it from: values of Cache-Control. Whatever
// it says, the ETag tells whether it is still the picture that is there.
type caching struct {
	// immutable is for addresses that have an ID in them, or the renderer's version. Under these nothing ever changes.
	immutable []string
	// brief is for addresses that say what is to be seen and not by which version of the renderer: after an upgrade there is
	// another picture. Long enough that a map that is dragged to and fro asks for each of its tiles once, and short enough that
	// nobody sees two versions side by side for long.
	brief []string
}

//nolint:gochecknoglobals // constants
var (
	publicCaching  = caching{[]string{"public, max-age=31536000, immutable"}, []string{"public, max-age=60"}}
	privateCaching = caching{[]string{"private, max-age=31536000, immutable"}, []string{"private, max-age=60"}}
)

// cachingFor is of pictures that take a role to see from those who have none: caches that clients share keep what anybody may
// see.
func cachingFor(everybody access.Role) caching {
	if everybody >= access.Read {
		return publicCaching
	}
	return privateCaching
}

// label is what an answer says to those who keep the picture: which it is, and for how long. Both are values of headers.
type label struct{ etag, caching []string }

func (l label) put(h http.Header) { h["Etag"], h["Cache-Control"] = l.etag, l.caching }

// etag is the tag of a picture.
func etag(id spec.ID) []string { return []string{`"` + string(id) + `"`} }
