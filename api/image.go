package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage"
)

// Values of headers that pictures are sent with, shared by all answers: to make a copy for each, and to find out how the
// header's name is spelled, would take as long as the rest of an answer from memory.
//
//nolint:gochecknoglobals // constants
var (
	// immutable: nothing ever changes under an ID, and an ID is in every ETag.
	immutable = []string{"public, max-age=31536000, immutable"}
	byBytes   = []string{"bytes"}
	noSniff   = []string{"nosniff"}
)

// setImmutable has clients keep a picture.
func setImmutable(h http.Header, tag []string) {
	h["Etag"], h["Cache-Control"] = tag, immutable
}

// etag is the value of a header, as are those above.
func etag(id spec.ID) []string { return []string{`"` + string(id) + `"`} }

// known answers a client that has the picture already, and reports whether it
// did. Such a client got its ETag from the farm, so the picture exists.
func (s *Server) known(c *gin.Context, tag []string) bool {
	if !matches(c, tag[0]) {
		return false
	}
	s.note(c, NotModified)
	setImmutable(c.Writer.Header(), tag)
	c.Status(http.StatusNotModified)
	return true
}

// matches reports whether a request says that the client has what the tag is of.
func matches(c *gin.Context, tag string) bool {
	given := c.Request.Header["If-None-Match"]
	if given == nil {
		return false
	}
	if given[0] == tag { // as browsers send it
		return true
	}
	for candidate := range strings.SplitSeq(given[0], ",") {
		if strings.TrimPrefix(strings.TrimSpace(candidate), "W/") == tag {
			return true
		}
	}
	return false
}

// serve sends a picture, whole or in part, or says that the client has it. It reports storage.ErrDamaged if the picture
// turns out to be damaged: then the client has been cut off before its end.
func (s *Server) serve(c *gin.Context, tag []string, p *picture) error {
	if ranges := c.Request.Header["Range"]; len(ranges) > 0 && strings.Contains(ranges[0], ",") {
		c.Request.Header.Del("Range") // many small parts cost far more than the whole
	}
	h := c.Writer.Header()
	h["Content-Type"] = p.mediaType
	setImmutable(h, tag)
	if p.data == nil {
		object := newStalling(c.Request.Context(), p.stored)
		defer object.Close()
		http.ServeContent(c.Writer, c.Request, "", time.Time{}, object)
		return object.failed
	}
	if c.Request.Method != http.MethodGet || conditional(c.Request.Header) {
		http.ServeContent(c.Writer, c.Request, "", time.Time{}, bytes.NewReader(p.data))
		return nil
	}
	// What ServeContent would do, at a third of its cost: most requests are these.
	h["Accept-Ranges"] = byBytes
	h["Content-Length"] = p.length
	_, _ = c.Writer.Write(p.data) // a client that has left cannot be told
	return nil
}

// stallTimeout is how long storage may take for the next bytes of a picture that is being sent.
const stallTimeout = 30 * time.Second

// errStorageStalls: storage has begun to send a picture, and does not go on.
var errStorageStalls = errors.New("storage sends nothing more")

// stalling is a stored picture that is sent as it is read. It gives up when storage does not go on, and remembers what has
// failed.
type stalling struct {
	io.ReadSeekCloser
	timer  *time.Timer
	cancel context.CancelCauseFunc
	failed error
}

func newStalling(ctx context.Context, stored ledger.Stored) *stalling {
	ctx, cancel := context.WithCancelCause(ctx)
	s := &stalling{ReadSeekCloser: stored.ReadSeeker(ctx), cancel: cancel}
	s.timer = time.AfterFunc(stallTimeout, func() { cancel(errStorageStalls) })
	s.timer.Stop()
	return s
}

// Read reads on, as long as that does not take too long.
func (s *stalling) Read(p []byte) (int, error) {
	s.timer.Reset(stallTimeout)
	n, err := s.ReadSeekCloser.Read(p)
	s.timer.Stop()
	if err != nil && !errors.Is(err, io.EOF) {
		s.failed = err
	}
	return n, err
}

// Close implements io.Closer.
func (s *stalling) Close() error {
	s.timer.Stop()
	s.cancel(nil)
	return s.ReadSeekCloser.Close()
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
	if s.known(c, etag(id)) {
		return
	}
	st, p, err := s.findImage(c, id)
	if err != nil {
		s.fail(c, err)
		return
	}
	if p.stored.Checksum != "" {
		c.Header("Repr-Digest", "crc32c=:"+string(p.stored.Checksum)+":") // RFC 9530; also beside a redirect
	}
	name := fileName(st.Spec, id)
	if s.cfg.Presign != 0 && c.Request.Method == http.MethodGet { // a HEAD would need a signature of its own
		s.redirect(c, p.stored, name)
		return
	}
	c.Header("Content-Disposition", fmt.Sprintf("inline; filename=%q", name))
	if err := s.serve(c, etag(id), p); errors.Is(err, storage.ErrDamaged) {
		s.mend(st, p)
	}
}

// findImage finds the picture of a job. One that is damaged is drawn again.
func (s *Server) findImage(c *gin.Context, id spec.ID) (job.Status, *picture, error) {
	ctx, cancel := context.WithTimeout(c.Request.Context(), requestTimeout)
	defer cancel()
	st, err := s.deps.Ledger.Status(ctx, id)
	if err != nil {
		return st, nil, err
	}
	p, how, err := s.pictures.stored(ctx, id, st.Spec.Format)
	switch {
	case errors.Is(err, errDamaged):
		return st, nil, errors.Join(err, s.drawAgain(ctx, st))
	case err == nil && p == nil:
		err = absent(st)
	case err == nil:
		s.note(c, how)
	}
	return st, p, err
}

// drawAgain has the picture of a job that was done drawn once more.
func (s *Server) drawAgain(ctx context.Context, st job.Status) error {
	if st.State != job.Done || st.Spec.ID() != st.ID {
		return nil
	}
	_, err := s.accept(ctx, st.Spec, st.Terms)
	return err
}

// mend looks once more at a picture that did not come whole, and has it drawn again if it is damaged. That may take long, and
// the request is over.
func (s *Server) mend(st job.Status, p *picture) {
	s.ongoing.Go(func() {
		err := s.pictures.recheck(s.pictures.ctx, p.stored.Object)
		if errors.Is(err, errDamaged) {
			err = s.drawAgain(s.pictures.ctx, st)
		}
		if err != nil {
			s.deps.Log.LogAttrs(s.pictures.ctx, slog.LevelError, "damaged picture not mended", slog.String("id", string(st.ID)), slog.Any("err", err))
		}
	})
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
