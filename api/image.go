package api

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/renderer/spec"
)

// immutable: nothing ever changes under an ID, and an ID is in every ETag.
const immutable = "public, max-age=31536000, immutable"

func etag(id spec.ID) string { return `"` + string(id) + `"` }

// known answers a client that has the picture already, and reports whether it
// did. Such a client got its ETag from the farm, so the picture exists.
func known(c *gin.Context, tag string) bool {
	if !matches(c, tag) {
		return false
	}
	c.Header("ETag", tag)
	c.Header("Cache-Control", immutable)
	c.Status(http.StatusNotModified)
	return true
}

// matches reports whether a request says that the client has what the tag is of.
func matches(c *gin.Context, tag string) bool {
	if c.Request.Header["If-None-Match"] == nil {
		return false
	}
	for candidate := range strings.SplitSeq(c.GetHeader("If-None-Match"), ",") {
		if strings.TrimPrefix(strings.TrimSpace(candidate), "W/") == tag {
			return true
		}
	}
	return false
}

// serve sends a picture, whole or in part, or says that the client has it.
func (s *Server) serve(c *gin.Context, tag string, p *picture) {
	if strings.Contains(c.GetHeader("Range"), ",") {
		c.Request.Header.Del("Range") // many small parts cost far more than the whole
	}
	c.Header("Content-Type", p.mediaType)
	c.Header("ETag", tag)
	c.Header("Cache-Control", immutable)
	if p.data == nil {
		object := p.stored.ReadSeeker(c.Request.Context())
		defer object.Close()
		http.ServeContent(c.Writer, c.Request, "", time.Time{}, object)
		return
	}
	if c.Request.Method != http.MethodGet || conditional(c.Request.Header) {
		http.ServeContent(c.Writer, c.Request, "", time.Time{}, bytes.NewReader(p.data))
		return
	}
	// What ServeContent would do, at a third of its cost: most requests are these.
	c.Header("Accept-Ranges", "bytes")
	c.Header("Content-Length", p.length)
	_, _ = c.Writer.Write(p.data) // a client that has left cannot be told
}

// conditional reports whether a request asks for less than the whole picture.
func conditional(h http.Header) bool {
	for _, name := range []string{"Range", "If-None-Match", "If-Match", "If-Range"} {
		if h[name] != nil {
			return true
		}
	}
	return false
}

// fileName is what a browser saves a job's picture as: the formula, the size
// and enough of the ID to tell two apart.
func fileName(s spec.Spec, id spec.ID) string {
	return fmt.Sprintf("%s-%dx%d-%s%s", s.Formula, s.Width, s.Height, id[:8], s.Format.Extension())
}

// jobImage answers GET /jobs/{id}/image.
func (s *Server) jobImage(c *gin.Context) {
	id, err := spec.ParseID(c.Param("id"))
	if err != nil {
		s.fail(c, job.ErrUnknown)
		return
	}
	if known(c, etag(id)) {
		return
	}
	st, err := s.job(c)
	var p *picture
	if err == nil {
		p, err = s.pictures.stored(c.Request.Context(), id, st.Spec.Format)
	}
	if err == nil && p == nil {
		err = absent(st)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	name := fileName(st.Spec, id)
	if s.cfg.Presign != 0 && c.Request.Method == http.MethodGet { // a HEAD would need a signature of its own
		s.redirect(c, p.stored, name)
		return
	}
	c.Header("Content-Disposition", fmt.Sprintf("inline; filename=%q", name))
	s.serve(c, etag(id), p)
}

// redirect sends a client to storage for a picture that is there.
func (s *Server) redirect(c *gin.Context, image ledger.Stored, name string) {
	signed, err := image.Presign(c.Request.Context(), s.deps.Presigner, s.cfg.Presign, name)
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Header("Cache-Control", "no-store") // the URL runs out
	c.Redirect(http.StatusTemporaryRedirect, signed)
}

// absent says why a job has no picture.
func absent(st job.Status) error {
	switch st.State {
	case job.Queued, job.Running:
		return errNotReady
	case job.Failed:
		return fmt.Errorf("%w: it failed: %s", errNoImage, st.Error)
	case job.Canceled:
		return fmt.Errorf("%w: it was canceled", errNoImage)
	case job.Done:
		return fmt.Errorf("%w: it was removed from storage; submit the Spec again", errNoImage)
	}
	return errNoImage
}
