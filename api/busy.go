package api

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

// Busy answers the requests of clients that there is no room for: probes, as ever,
// because a process that is busy is alive, and 503 to all others.
func (s *Server) Busy() http.Handler { return s.busy }

func (s *Server) turnAway() *gin.Engine {
	r := newRouter(gin.HandlersChain{s.record, s.recoverPanics, noSniffing})
	s.probes(r)
	r.NoRoute(func(c *gin.Context) { s.fail(c, errBusy) })
	return r
}
