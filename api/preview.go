package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/preview"
)

// preview answers GET /jobs/{id}/preview: the picture so far of a large job, from
// when it is planned on. While it is drawn the preview changes with every band;
// its ETag is of its content, so that a client that polls is sent it only then.
func (s *Server) preview(c *gin.Context) {
	st, err := s.job(c)
	var p preview.Picture
	if err == nil {
		p, err = s.pictureSoFar(c.Request.Context(), st)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	if s.revalidated(c, `"`+p.Tag()+`"`) {
		return
	}
	png, err := p.Compose()
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Data(http.StatusOK, "image/png", png)
}

// pictureSoFar collects what the preview of a job is made of.
func (s *Server) pictureSoFar(ctx context.Context, st job.Status) (preview.Picture, error) {
	p := preview.Picture{Layout: preview.Of(st.Spec)}
	var err error
	p.Base, err = s.deps.Ledger.Preview(st.ID).Read(ctx, preview.MaxBytes)
	if ledger.IsAbsent(err) {
		return p, noPreview(st)
	}
	if err != nil || st.State == job.Done { // a job that is done has its last preview stored
		return p, err
	}
	plan, planned, err := s.deps.Ledger.Plan(ctx, st.Job)
	if err != nil || !planned {
		return p, err
	}
	p.Bands = plan.Rows()
	p.Strips, err = s.deps.Progress.PreviewsOf(ctx, st.ID)
	if errors.Is(err, job.ErrUnavailable) { // then it is coarse
		err = nil
	}
	return p, err
}

// noPreview says why a job has no preview.
func noPreview(st job.Status) error {
	if st.State.Final() {
		return fmt.Errorf("%w of its own to preview: it was drawn whole, or not begun", errNoImage)
	}
	return errNotReady
}
