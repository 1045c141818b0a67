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
	"mandelfarm/renderer/spec"
)

// workers answers GET /workers.
func (s *Server) workers(c *gin.Context) {
	all, err := s.deps.Fleet.Workers(c.Request.Context())
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, gin.H{"workers": append([]job.Worker{}, all...)})
}

// inventory answers GET /storage.
func (s *Server) inventory(c *gin.Context) {
	count, err := s.deps.Ledger.Inventory(c.Request.Context())
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, count)
}

// drain answers POST /workers/{name}/drain.
func (s *Server) drain(c *gin.Context) {
	ctx, name := c.Request.Context(), c.Param("name")
	all, err := s.deps.Fleet.Workers(ctx)
	if err == nil && !slices.ContainsFunc(all, func(w job.Worker) bool { return w.Name == name }) {
		err = job.ErrNoWorker
	}
	if err == nil {
		err = s.log(c, job.Operation{Action: job.ActionDrain, Target: name})
	}
	if err == nil {
		err = s.deps.Fleet.Drain(ctx, name)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusAccepted, gin.H{"name": name, "draining": true})
}

// queues answers GET /queues.
func (s *Server) queues(c *gin.Context) {
	view, err := s.backlog(c.Request.Context())
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, view)
}

// backlogView is the body of GET /queues.
type backlogView struct {
	Lanes []job.Backlog `json:"lanes"`
	Stuck []job.Stuck   `json:"stuck"`
}

func (s *Server) backlog(ctx context.Context) (view backlogView, err error) {
	workers, err := s.deps.Fleet.Workers(ctx)
	if err != nil {
		return view, err
	}
	if view.Lanes, err = s.deps.Fleet.Backlogs(ctx, workers); err != nil {
		return view, err
	}
	for i, lane := range view.Lanes {
		if lane.Lane != job.Interactive {
			if view.Lanes[i].Clients, err = s.deps.Fleet.ClientsOf(ctx, lane.Lane); err != nil {
				return view, err
			}
		}
	}
	stuck, err := s.stuck(ctx, workers, view.Lanes)
	view.Stuck = append([]job.Stuck{}, stuck...)
	return view, err
}

// history answers GET /jobs/{id}/history: what is on record of runs that have ended,
// and what the queue knows of the one under way.
func (s *Server) history(c *gin.Context) {
	ctx := c.Request.Context()
	st, err := s.job(c)
	var known, recent []job.Stint
	if err == nil {
		recent, err = s.deps.Fleet.HistoryOf(ctx, st.ID)
	}
	if errors.Is(err, job.ErrUnavailable) {
		err = nil
	}
	if err == nil {
		known, err = s.deps.Ledger.History(ctx, st.ID)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, gin.H{"history": append([]job.Stint{}, job.MergeHistory(known, recent)...)})
}

// log records what an operator is about to do. What cannot be recorded is not done.
func (s *Server) log(c *gin.Context, o job.Operation) error {
	o.Address, o.Request = s.proxies.client(c.Request).String(), requestID(c)
	if key := exchangeOf(c).key; key != nil {
		o.Key = key.id
	}
	return s.deps.Ledger.Log(c.Request.Context(), o)
}

// requestID is the ID of a request: that which its answer says, or the client has
// said.
func requestID(c *gin.Context) string {
	const header = "X-Request-Id"
	if id := c.Writer.Header().Get(header); id != "" {
		return id
	}
	const most = 128 // characters of a client's that are kept
	id := c.GetHeader(header)
	return id[:min(len(id), most)]
}

// operations answers GET /operations?limit=.
func (s *Server) operations(c *gin.Context) {
	query, err := parseQuery(c.Request.URL)
	limit := defaultPage
	if err == nil {
		limit, err = operationsLimit(query)
	}
	var found []job.Operation
	if err == nil {
		found, err = s.deps.Ledger.Operations(c.Request.Context(), limit)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, gin.H{"operations": append([]job.Operation{}, found...)})
}

func operationsLimit(query url.Values) (int, error) {
	if err := checkNames(query, "limit"); err != nil || !query.Has("limit") {
		return defaultPage, err
	}
	return readLimit(query.Get("limit"))
}

// readLimit reads how many things are listed.
func readLimit(text string) (int, error) {
	limit, err := strconv.Atoi(text)
	if err != nil || limit < 1 || limit > maxPage {
		return 0, &spec.FieldError{Field: "limit", Reason: fmt.Sprintf("must be from 1 to %d", maxPage)}
	}
	return limit, nil
}
