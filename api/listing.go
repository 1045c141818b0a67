package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
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

// wish is which jobs a listing is to have, and how many at most.
type wish struct {
	state  job.State // or all
	tag    string    // or any
	id     string    // with which their IDs begin; empty is any
	limit  int
	cursor string
}

// list answers GET /jobs?state=&tag=&id=&limit=&cursor=.
func (s *Server) list(c *gin.Context) {
	query, err := parseQuery(c.Request.URL)
	if err != nil {
		s.fail(c, err)
		return
	}
	w, err := listOptions(query)
	if err != nil {
		s.fail(c, err)
		return
	}
	var page listing
	if w.id != "" {
		page, err = s.startingWith(c.Request.Context(), w.id, w.limit)
	} else {
		page, err = s.page(c.Request.Context(), w)
	}
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

// listOptions reads the parameters of a listing.
func listOptions(query url.Values) (w wish, err error) {
	w = wish{limit: defaultPage, tag: query.Get("tag"), id: query.Get("id"), cursor: query.Get("cursor")}
	if err := checkNames(query, "state", "tag", "id", "limit", "cursor"); err != nil {
		return w, err
	}
	if query.Has("state") {
		var ok bool
		if w.state, ok = job.ParseState(query.Get("state")); !ok {
			return w, &spec.FieldError{Field: "state", Reason: "must be " + job.OneOf(job.States())}
		}
	}
	if query.Has("tag") {
		if err := (job.Terms{Tags: query["tag"]}).Check(); err != nil {
			return w, err
		}
	}
	if query.Has("id") {
		if err := checkPrefix(w.id); err != nil {
			return w, err
		}
	}
	if query.Has("limit") {
		if w.limit, err = strconv.Atoi(query.Get("limit")); err != nil || w.limit < 1 || w.limit > maxPage {
			return w, &spec.FieldError{Field: "limit", Reason: fmt.Sprintf("must be from 1 to %d", maxPage)}
		}
	}
	if w.id != "" && (w.state != "" || w.tag != "" || w.cursor != "") {
		return w, &spec.FieldError{Field: "id", Reason: "can be given beside limit alone"}
	}
	return w, nil
}

// page reads a page of the jobs that are wished for.
func (s *Server) page(ctx context.Context, w wish) (listing, error) {
	recorded, err := s.deps.Ledger.List(ctx, w.cursor, w.limit, func(ctx context.Context, ids []spec.ID) (func(*job.Status) bool, error) {
		if w.state.Final() { // of which the queue knows nothing
			ids = nil
		}
		running, err := s.running(ctx, ids...)
		return func(st *job.Status) bool {
			if p, ok := running[st.ID]; ok && !st.State.Final() {
				st.Progress = p
			}
			return (w.state == "" || st.State == w.state) && w.tagged(*st)
		}, err
	})
	if err == nil {
		err = s.markPaused(ctx, recorded.Jobs)
	}
	return listing{Jobs: append([]job.Status{}, recorded.Jobs...), Next: recorded.Next}, err
}

func (w wish) tagged(st job.Status) bool { return w.tag == "" || slices.Contains(st.Tags, w.tag) }
