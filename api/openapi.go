package api

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"

	"github.com/gin-gonic/gin"

	"mandelfarm/api/openapi"
)

// describe adds the description of all routes, for programs and for people.
func (s *Server) describe(r *gin.Engine) {
	read := []string{http.MethodGet, http.MethodHead}
	r.Match(read, "/openapi.json", revalidated("application/json", "", openapi.JSON(s.deps.Version)))
	r.Match(read, "/docs", revalidated("text/html; charset=utf-8", openapi.PagePolicy(), openapi.Page(s.deps.Version)))
}

// revalidated sends what changes with the program's version only, unless the
// client has it.
func revalidated(mediaType, policy string, content []byte) gin.HandlerFunc {
	sum := sha256.Sum256(content)
	tag := `"` + hex.EncodeToString(sum[:16]) + `"`
	return func(c *gin.Context) {
		c.Header("ETag", tag)
		c.Header("Cache-Control", "no-cache")
		if policy != "" {
			c.Header("Content-Security-Policy", policy)
		}
		if matches(c, tag) {
			c.Status(http.StatusNotModified)
			return
		}
		c.Data(http.StatusOK, mediaType, content)
	}
}
