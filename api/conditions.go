package api

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
)

// verdict is what the preconditions of a request come to (RFC 9110, section 13).
//
// Nothing here has a date of modification: a picture that was removed and drawn again has the same bytes, and another date in
// each store. So If-Modified-Since and If-Unmodified-Since are ignored, as the RFC wants it of such resources.
type verdict int

const (
	proceed  verdict = iota // they hold, or there are none
	hasIt                   // the client has what it asks for: 304
	mismatch                // the client means something else: 412
)

// judge looks at the preconditions of a request for what has a tag, in the order of RFC 9110, section 13.2.2. The condition
// "*" is met by whatever is there, which the caller may not know yet.
func judge(h http.Header, tag string, there bool) verdict {
	if given := h["If-Match"]; given != nil && !isAny(given) && !lists(given, tag, "") {
		return mismatch
	}
	given := h["If-None-Match"]
	if given == nil {
		return proceed
	}
	if given[0] == tag || there && isAny(given) || lists(given, tag, "W/") { // the first is how browsers send it
		return hasIt
	}
	return proceed
}

// isAny reports whether a condition is met by whatever there is.
func isAny(given []string) bool { return len(given) == 1 && given[0] == "*" }

// lists reports whether tag is among those of a header, which may have a prefix. A tag of the farm's has no comma.
func lists(given []string, tag, prefix string) bool {
	for _, line := range given {
		for candidate := range strings.SplitSeq(line, ",") {
			if strings.TrimPrefix(strings.Trim(candidate, " \t"), prefix) == tag {
				return true
			}
		}
	}
	return false
}

// settled answers a request for a picture whose preconditions allow no more, and reports whether it did.
func (s *Server) settled(c *gin.Context, l label, there bool) bool {
	switch judge(c.Request.Header, l.etag[0], there) {
	case hasIt:
		s.note(c, NotModified)
		l.put(c.Writer.Header())
		c.Status(http.StatusNotModified)
		return true
	case mismatch:
		s.fail(c, errMismatch)
		return true
	case proceed:
	}
	return false
}

// revalidated is settled for what may change, and has a tag of its content. It sets the headers that every answer with it has.
func (s *Server) revalidated(c *gin.Context, tag string) bool {
	c.Header("ETag", tag)
	c.Header("Cache-Control", "no-cache")
	switch judge(c.Request.Header, tag, true) {
	case hasIt:
		c.Status(http.StatusNotModified)
		return true
	case mismatch:
		s.fail(c, errMismatch)
		return true
	case proceed:
	}
	return false
}
