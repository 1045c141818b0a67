package api

import "github.com/gin-gonic/gin"

// strictPolicy has browsers do nothing with an answer but show it: it loads nothing, runs nothing, and is in no frame.
var strictPolicy = []string{"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"} //nolint:gochecknoglobals // a constant

// strict is for answers that are no pictures, for which policies mean nothing.
func strict(c *gin.Context) { c.Writer.Header()["Content-Security-Policy"] = strictPolicy }
