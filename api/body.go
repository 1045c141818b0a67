package api

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"mandelfarm/foreign"
	"mandelfarm/renderer/spec"
)

const jsonType = "application/json"

// readPicture reads what a request asks for: a Spec, or by its media type a parameter file of another program, of
// which not everything may be honoured.
func (s *Server) readPicture(c *gin.Context, query url.Values) (foreign.Picture, error) {
	kind, body, err := s.readTyped(c, jsonType)
	if err != nil {
		return foreign.Picture{}, err
	}
	return parsePicture(kind, body, query)
}

// readTyped reads a body of one of some media types, or of another program's file.
func (s *Server) readTyped(c *gin.Context, types ...string) (kind string, body []byte, err error) {
	kind, _, err = mime.ParseMediaType(c.GetHeader("Content-Type"))
	_, isForeign := foreign.FromMediaType(kind)
	if err != nil || !slices.Contains(types, kind) && !isForeign {
		return "", nil, errMediaType
	}
	body, err = s.readBody(c)
	return kind, body, err
}

// parsePicture reads a picture from a body of a media type.
func parsePicture(kind string, body []byte, query url.Values) (foreign.Picture, error) {
	format, isForeign := foreign.FromMediaType(kind)
	size, err := readSize(query, isForeign)
	if err != nil {
		return foreign.Picture{}, err
	}
	if isForeign {
		return foreign.Read(format, body, size)
	}
	wanted, err := spec.Parse(body)
	return foreign.Picture{Spec: wanted}, err
}

// readBody reads the body of a request, which is refused unread when it says that it is too large.
func (s *Server) readBody(c *gin.Context) ([]byte, error) {
	if encoding := c.GetHeader("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		c.Header("Accept-Encoding", "identity") // RFC 7694
		return nil, errEncoding
	}
	if c.Request.ContentLength > s.cfg.MaxBody {
		c.Header("Connection", "close") // or the server would read it all to use the connection again
		return nil, fmt.Errorf("%w: at most %d bytes", errTooLarge, s.cfg.MaxBody)
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, s.cfg.MaxBody))
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, fmt.Errorf("%w: at most %d bytes", errTooLarge, tooLarge.Limit)
	}
	if err != nil { // the client broke off
		return nil, &spec.FieldError{Reason: "the body ended early"}
	}
	return body, nil
}

// readSize reads the size that the picture of a foreign file is to have instead of the file's.
func readSize(query url.Values, isForeign bool) (size foreign.Size, err error) {
	for _, side := range []struct {
		name   string
		pixels *int
	}{{"width", &size.Width}, {"height", &size.Height}} {
		given, ok := query[side.name]
		if !ok {
			continue
		}
		if !isForeign {
			return size, &spec.FieldError{Field: side.name, Reason: "is a parameter for other programs' files; a Spec has a field for it"}
		}
		if *side.pixels, err = strconv.Atoi(given[0]); err != nil || *side.pixels < 1 {
			return size, &spec.FieldError{Field: side.name, Reason: "must be a whole number from 1"}
		}
	}
	return size, nil
}

// parseQuery is strict where net/url drops what it cannot read.
func parseQuery(u *url.URL) (url.Values, error) {
	values, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, &spec.FieldError{Reason: "the query is not well formed"}
	}
	return values, nil
}

// checkNames refuses parameters that an operation does not have, and those that
// are given more than once.
func checkNames(query url.Values, known ...string) error {
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if !slices.Contains(known, name) {
			return &spec.FieldError{Field: name, Reason: "is not a known parameter"}
		}
		if len(query[name]) > 1 {
			return &spec.FieldError{Field: name, Reason: "must be given once"}
		}
	}
	return nil
}
