package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/gin-gonic/gin"

	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/renderer/spec"
)

const (
	defaultPage = 50
	maxPage     = 200
)

// listing is the body of GET /jobs.
type listing struct {
	Jobs []job.Status `json:"jobs"`
	Next string       `json:"next,omitempty"` // cursor of the next page
}

// list answers GET /jobs?state=&limit=&cursor=.
func (s *Server) list(c *gin.Context) {
	query, err := parseQuery(c.Request.URL)
	if err != nil {
		s.fail(c, err)
		return
	}
	state, limit, err := listOptions(query)
	if err != nil {
		s.fail(c, err)
		return
	}
	page, err := s.page(c.Request.Context(), query.Get("cursor"), limit, state)
	if errors.Is(err, ledger.ErrCursor) {
		err = &spec.FieldError{Field: "cursor", Reason: ledger.ErrCursor.Error()}
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Header("Cache-Control", "no-store")
	if page.Next != "" {
		query.Set("cursor", page.Next)
		c.Header("Link", "</jobs?"+query.Encode()+`>; rel="next"`)
	}
	c.JSON(http.StatusOK, page)
}

// listOptions reads the parameters of a listing other than the cursor.
func listOptions(query url.Values) (state job.State, limit int, err error) {
	limit = defaultPage
	if err := checkNames(query, "state", "limit", "cursor"); err != nil {
		return state, limit, err
	}
	if query.Has("state") {
		var ok bool
		if state, ok = job.ParseState(query.Get("state")); !ok {
			return state, limit, &spec.FieldError{Field: "state", Reason: fmt.Sprintf("must be one of %q", job.States())}
		}
	}
	if query.Has("limit") {
		if limit, err = strconv.Atoi(query.Get("limit")); err != nil || limit < 1 || limit > maxPage {
			return state, limit, &spec.FieldError{Field: "limit", Reason: fmt.Sprintf("must be from 1 to %d", maxPage)}
		}
	}
	return state, limit, nil
}

// page reads a page of jobs of one state, or of all if it is empty.
func (s *Server) page(ctx context.Context, cursor string, limit int, state job.State) (listing, error) {
	recorded, err := s.deps.Ledger.List(ctx, cursor, limit, func(ctx context.Context, ids []spec.ID) (func(*job.Status) bool, error) {
		if state.Final() { // of which the queue knows nothing
			ids = nil
		}
		running, err := s.running(ctx, ids...)
		return func(st *job.Status) bool {
			if p, ok := running[st.ID]; ok && !st.State.Final() {
				st.Progress = p
			}
			return state == "" || st.State == state
		}, err
	})
	return listing{Jobs: append([]job.Status{}, recorded.Jobs...), Next: recorded.Next}, err
}
