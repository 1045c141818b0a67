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
	r.Match(read, "/openapi.json", s.document("application/json", strictPolicy[0], openapi.JSON(s.deps.Version)))
	r.Match(read, "/docs", s.document("text/html; charset=utf-8", openapi.PagePolicy(), openapi.Page(s.deps.Version)))
}

// document sends what changes with the program's version only, unless the
// client has it.
func (s *Server) document(mediaType, policy string, content []byte) gin.HandlerFunc {
	sum := sha256.Sum256(content)
	tag := `"` + hex.EncodeToString(sum[:16]) + `"`
	return func(c *gin.Context) {
		c.Header("Content-Security-Policy", policy)
		if !s.revalidated(c, tag) {
			c.Data(http.StatusOK, mediaType, content)
		}
	}
}
