package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
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
	byBytes = []string{"bytes"}
	noSniff = []string{"nosniff"}
)

// serve sends a picture, whole or in part, or says that the client has it. It reports storage.ErrDamaged if the picture
// turns out to be damaged: then the client has not got all that it was promised.
//
// It is not for [http.ServeContent], which knows one unit by its lower-case name alone, refuses what it should ignore, refuses
// it in plain text, and reads storage to its end for a part; and takes three times as long for an answer from memory.
func (s *Server) serve(c *gin.Context, l label, p *picture, how Answer) error {
	if c.Request.Header["If-None-Match"] != nil && s.settled(c, l, true) { // "*": there is one
		return nil
	}
	s.note(c, how)
	e, err := readRange(c.Request, l.etag[0], p.stored.Size)
	switch {
	case err != nil:
		c.Header("Content-Range", fmt.Sprintf("bytes */%d", p.stored.Size))
		s.fail(c, err)
		return nil
	case p.data == nil && c.Request.Method == http.MethodGet:
		return s.sendStored(c, l, p, e)
	}
	s.announcePicture(c, l, p, e)
	if c.Request.Method == http.MethodGet {
		_, _ = c.Writer.Write(p.data[e.offset : e.offset+e.length]) // a client that has left cannot be told
	}
	return nil
}

// announcePicture sets the headers of an answer with a picture, or a part of one.
func (s *Server) announcePicture(c *gin.Context, l label, p *picture, e extent) {
	h := c.Writer.Header()
	h["Content-Type"] = p.mediaType
	l.put(h)
	if p.drawn != nil {
		h["Server-Timing"] = p.drawn
	}
	h["Accept-Ranges"] = byBytes
	if !e.partial {
		h["Content-Length"] = p.length
		return
	}
	h["Content-Length"] = []string{strconv.FormatInt(e.length, 10)}
	h["Content-Range"] = []string{e.contentRange(p.stored.Size)}
	c.Status(http.StatusPartialContent)
}

// sendStored sends a picture, or a part of one, as it is read.
func (s *Server) sendStored(c *gin.Context, l label, p *picture, e extent) error {
	object, err := openStalling(c.Request.Context(), p.stored, e)
	if errors.Is(err, storage.ErrDamaged) {
		s.fail(c, errDamaged)
		return err
	}
	if err != nil {
		s.fail(c, err)
		return nil
	}
	defer object.Close()
	s.announcePicture(c, l, p, e)
	_, _ = io.Copy(c.Writer, object) // a client that has left cannot be told
	return object.failed
}

// stallTimeout is how long storage may take for the next bytes of a picture that is being sent.
const stallTimeout = 30 * time.Second

// errStorageStalls: storage has begun to send a picture, and does not go on.
var errStorageStalls = errors.New("storage sends nothing more")

// stalling is a stored picture that is sent as it is read. It gives up when storage does not go on, and remembers what has
// failed.
type stalling struct {
	io.ReadCloser
	timer  *time.Timer
	cancel context.CancelCauseFunc
	failed error
}

func openStalling(ctx context.Context, stored ledger.Stored, e extent) (*stalling, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	s := &stalling{timer: time.AfterFunc(stallTimeout, func() { cancel(errStorageStalls) }), cancel: cancel}
	body, err := stored.OpenRange(ctx, e.offset, e.length)
	s.timer.Stop()
	if err != nil {
		cancel(nil)
		return nil, err
	}
	s.ReadCloser = body
	return s, nil
}

// Read reads on, as long as that does not take too long.
func (s *stalling) Read(p []byte) (int, error) {
	s.timer.Reset(stallTimeout)
	n, err := s.ReadCloser.Read(p)
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
	return s.ReadCloser.Close()
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
	st, p, how, err := s.findImage(c, id)
	if err != nil {
		s.fail(c, err)
		return
	}
	l := label{etag(id), s.caching.immutable}
	if s.settled(c, l, true) {
		return
	}
	if p.stored.Checksum != "" {
		c.Header("Repr-Digest", "crc32c=:"+string(p.stored.Checksum)+":") // RFC 9530; also beside a redirect
	}
	name := fileName(st.Spec, id)
	if s.cfg.Presign != 0 && c.Request.Method == http.MethodGet { // a HEAD would need a signature of its own
		s.note(c, how)
		s.redirect(c, p.stored, name)
		return
	}
	c.Header("Content-Disposition", fmt.Sprintf("inline; filename=%q", name))
	if err := s.serve(c, l, p, how); errors.Is(err, storage.ErrDamaged) {
		s.mend(st, p)
	}
}

// findImage finds the picture of a job. One that is damaged is drawn again. A picture whose job is not done on record is
// not looked at: were it found damaged and removed, the worker that stored it would still record that it is there.
func (s *Server) findImage(c *gin.Context, id spec.ID) (job.Status, *picture, Answer, error) {
	ctx, cancel := context.WithTimeout(c.Request.Context(), requestTimeout)
	defer cancel()
	st, err := s.deps.Ledger.Status(ctx, id)
	if err != nil {
		return st, nil, "", err
	}
	if st.State == job.Queued || st.State == job.Running {
		return st, nil, "", errNotReady
	}
	p, how, err := s.pictures.storedFor(ctx, c.Request, id, st.Spec.Format)
	switch {
	case errors.Is(err, errDamaged):
		return st, nil, "", errors.Join(err, s.drawAgain(ctx, st))
	case err == nil && p == nil:
		// It may have been found damaged and removed since the state was read: then it is owed again.
		if st, err = s.deps.Ledger.Status(ctx, id); err == nil {
			err = absent(st)
		}
	}
	return st, p, how, err
}

// drawAgain has the picture of a job that was done drawn once more.
func (s *Server) drawAgain(ctx context.Context, st job.Status) error {
	if st.State != job.Done || st.Spec.ID() != st.ID {
		return nil
	}
	_, err := s.accept(ctx, st.Spec, st.Terms, nil)
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
