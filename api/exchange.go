package api

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"mandelfarm/internal/requestid"
	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

// exchange is what is known of a request and its answer beside what Gin knows. It is the writer of the answer, and used
// again and again: an answer from memory has hardly the time for an allocation more.
type exchange struct {
	gin.ResponseWriter
	request  string        // its ID
	began    time.Duration // after the server's start
	answered Answer
	id       spec.ID  // of the picture or job that it is about, if it came to that
	key      *heldKey // that it was made with; nil if there is none

	ids []string // for this exchange and the next that it is used for
}

// Unwrap is for [http.ResponseController].
func (e *exchange) Unwrap() http.ResponseWriter { return e.ResponseWriter }

// exchangeOf is the exchange of a request, of which [Server.record] makes the writer.
func exchangeOf(c *gin.Context) *exchange {
	e, _ := c.Writer.(*exchange)
	return e
}

// answeredHeader says how a picture has come about, to those who show it or look for what is slow.
const answeredHeader = "Mandelfarm-Answered"

// note notes how a request for a picture is answered, says so in the answer, and tells the observer.
func (s *Server) note(c *gin.Context, how Answer) {
	e := exchangeOf(c)
	e.answered = how
	e.Header()[answeredHeader] = how.header()
	s.deps.Observer.Answered(how)
}

// serverTiming says how a picture was drawn, to developers and scripts (W3C, Server Timing).
func serverTiming(by job.Drawn) []string {
	worker := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(by.Worker)
	return []string{fmt.Sprintf(`drawn;desc="%s";dur=%.1f, moves;desc="%.1f"`, worker, 1000*by.Seconds, by.Moves)}
}

// about notes which picture or job a request is about.
func about(c *gin.Context, id spec.ID) { exchangeOf(c).id = id }

// named is the context of a request with its ID, which whatever follows from it is logged under.
func named(c *gin.Context) context.Context {
	return requestid.With(c.Request.Context(), exchangeOf(c).request)
}

// withID gives a handler the context that is named. Only answers from memory can do without.
func withID(handle gin.HandlerFunc) gin.HandlerFunc {
	return func(c *gin.Context) {
		c.Request = c.Request.WithContext(named(c))
		handle(c)
	}
}
