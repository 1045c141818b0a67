package api

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"mandelfarm/renderer"
	"mandelfarm/storage"
)

// immutable: nothing ever changes under an ID, and an ID is in every ETag.
const immutable = "public, max-age=31536000, immutable"

func etag(id renderer.ID) string { return `"` + string(id) + `"` }

// known answers a client that has the picture already, and reports whether it
// did. Such a client got its ETag from the farm, so the picture exists.
func known(c *gin.Context, id renderer.ID) bool {
	tag := etag(id)
	for candidate := range strings.SplitSeq(c.GetHeader("If-None-Match"), ",") {
		if strings.TrimPrefix(strings.TrimSpace(candidate), "W/") == tag {
			c.Header("ETag", tag)
			c.Header("Cache-Control", immutable)
			c.Status(http.StatusNotModified)
			return true
		}
	}
	return false
}

// serve sends a picture, whole or in part, or says that the client has it.
func (s *Server) serve(c *gin.Context, id renderer.ID, p *picture) {
	var content io.ReadSeeker
	if p.data != nil {
		content = bytes.NewReader(p.data)
	} else {
		object := storage.NewReadSeeker(c.Request.Context(), s.store, p.info)
		defer object.Close()
		content = object
	}
	c.Header("Content-Type", "image/png")
	c.Header("ETag", etag(id))
	c.Header("Cache-Control", immutable)
	http.ServeContent(c.Writer, c.Request, "", time.Time{}, content)
}

// fileName is what a browser saves a job's picture as: the formula, the size
// and enough of the ID to tell two apart.
func fileName(s renderer.Spec, id renderer.ID) string {
	return fmt.Sprintf("%s-%dx%d-%s.png", s.Formula, s.Width, s.Height, id[:8])
}
