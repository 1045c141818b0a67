package api

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"mandelfarm/access"
	"mandelfarm/renderer/panics"
)

// middleware is what every request passes through, whatever its route, the outermost first. A handler of the chain calls
// c.Next for what is inside it, and sees the status after that.
func (s *Server) middleware() gin.HandlersChain {
	chain := gin.HandlersChain{s.record}
	if s.deps.Tracer != nil {
		chain = append(chain, s.trace)
	}
	return append(chain, s.recoverPanics, noSniffing, closeChunked, s.guarded)
}

// recoverPanics answers a request whose handler panics with 500.
func (s *Server) recoverPanics(c *gin.Context) {
	if err := next(c); err != nil {
		s.fail(c, err)
	}
}

// next calls what is inside a middleware, and returns a panic of it as an error.
func next(c *gin.Context) (err error) {
	defer panics.Recover(&err)
	c.Next()
	return nil
}

// noSniffing has browsers take an answer for what its media type says.
func noSniffing(c *gin.Context) { c.Writer.Header()["X-Content-Type-Options"] = noSniff }

// closeChunked ends the connection of a request whose body came in chunks, after the answer. One that has a Content-Length as
// well must not be followed by another on the same connection (RFC 9112, section 6.3), because somebody in between may have
// read it otherwise; net/http hides that length, so those without it pay for a connection too.
func closeChunked(c *gin.Context) {
	if len(c.Request.TransferEncoding) > 0 {
		c.Header("Connection", "close")
	}
}

// routes is the table of what may be asked, behind a chain of middleware.
func (s *Server) routes(chain gin.HandlersChain) *gin.Engine {
	r := newRouter(chain)
	r.HandleMethodNotAllowed = true
	r.NoRoute(func(c *gin.Context) { s.fail(c, errNoRoute) })
	r.NoMethod(func(c *gin.Context) { s.fail(c, errMethod) })

	read := []string{http.MethodGet, http.MethodHead}
	r.Match(read, "/", s.needs(access.Read), s.index())
	r.Match(read, assetPath+":version/:name", strict, s.asset)
	r.Match(read, "/generate/:width/:height", s.needs(access.Read), s.generate)
	r.Match(read, "/tiles/:z/:x/:file", s.needs(access.Read), s.tile)
	r.Match(read, "/data/:version/:z/:x/:y", s.needs(access.Read), s.dataTile)
	r.Match(read, "/find", s.asked(access.Read, withID(s.minibrot)))
	r.POST("/quote", s.asked(access.Read, withID(s.answerQuote)))
	r.POST("/jobs", s.asked(access.Submit, withTimeout(s.submit)))
	r.Match(read, "/jobs", s.asked(access.Read, withTimeout(s.list)))
	r.Match(read, "/jobs/:id", s.asked(access.Read, withTimeout(s.status)))
	r.DELETE("/jobs/:id", s.asked(access.Operate, withTimeout(s.cancel)))
	r.POST("/jobs/:id/retry", s.asked(access.Submit, withTimeout(s.retry)))
	r.POST("/jobs/:id/link", s.asked(access.Submit, withTimeout(s.link)))
	r.Match(read, "/jobs/:id/events", s.asked(access.Read, withID(s.events)))
	r.Match(read, "/jobs/:id/image", s.needsLinkOr(access.Read), s.asked(access.None, withID(s.jobImage)))
	r.Match(read, "/jobs/:id/preview", s.asked(access.Read, withTimeout(s.preview)))
	r.Match(read, "/jobs/:id/image.dzi", s.asked(access.Read, withID(s.dzi)))
	r.Match(read, "/jobs/:id/image_files/:level/:tile", s.asked(access.Read, withID(s.dziTile)))
	r.Match(read, "/jobs/:id/iiif", s.asked(access.Read, withID(s.iiif)))
	r.Match(read, "/jobs/:id/iiif/info.json", s.asked(access.Read, withID(s.iiifInfo)))
	r.Match(read, "/jobs/:id/iiif/manifest.json", s.asked(access.Read, withID(s.iiifManifest)))
	r.Match(read, "/jobs/:id/iiif/:region/:size/:rotation/:image", s.asked(access.Read, withID(s.iiifImage)))
	r.POST("/jobs/:id/pause", s.asked(access.Operate, withTimeout(s.hold(true))))
	r.POST("/jobs/:id/resume", s.asked(access.Operate, withTimeout(s.hold(false))))
	r.Match(read, "/workers", s.asked(access.Read, withTimeout(s.workers)))
	r.POST("/workers/:name/drain", s.asked(access.Operate, withTimeout(s.drain)))
	r.Match(read, "/queues", s.asked(access.Read, withTimeout(s.queues)))
	r.Match(read, "/storage", s.asked(access.Read, withTimeout(s.inventory)))
	r.Match(read, "/operations", s.asked(access.Operate, withTimeout(s.operations)))
	r.Match(read, "/jobs/:id/history", s.asked(access.Read, withTimeout(s.history)))
	r.POST("/jobs/:id/priority", s.asked(access.Operate, withTimeout(s.setPriority)))
	r.Match(read, "/webhooks/deliveries", s.asked(access.Operate, withTimeout(s.messages)))
	r.POST("/webhooks/deliveries/:id/replay", s.asked(access.Operate, withTimeout(s.replay)))
	s.probes(r)
	if s.deps.Metrics != nil {
		r.Match(read, metricsPath, strict, s.needs(access.Read), gin.WrapH(s.deps.Metrics))
	}
	s.describe(r)
	s.observers = routeObservers(r.Routes(), s.deps.Observer) // of all of them
	return r
}

// newRouter is a router without routes.
func newRouter(chain gin.HandlersChain) *gin.Engine {
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	r.RedirectTrailingSlash = false // one address for one thing
	r.Use(chain...)
	return r
}

// The probes of those who start and stop processes come by the process's address, whatever that is, and are told nothing
// of the farm.
const (
	healthPath = "/healthz"
	readyPath  = "/readyz"
)

// metricsPath is for those who come by the process's address as well.
const metricsPath = "/metrics"

func (s *Server) probes(r gin.IRoutes) {
	read := []string{http.MethodGet, http.MethodHead}
	r.Match(read, healthPath, strict, gin.WrapH(s.deps.Health))
	r.Match(read, readyPath, strict, gin.WrapH(s.deps.Health))
}

// requestTimeout is how long storage and Redis may take for a request that waits for
// no picture.
const requestTimeout = 15 * time.Second

// withTimeout ends a handler's context when its time is up: 503 rather than silence.
func withTimeout(handle gin.HandlerFunc) gin.HandlerFunc {
	return func(c *gin.Context) {
		ctx, cancel := context.WithTimeout(named(c), requestTimeout)
		defer cancel()
		defer func(r *http.Request) { c.Request = r }(c.Request) // whose context ends when the client has left
		c.Request = c.Request.WithContext(ctx)
		handle(c)
	}
}
