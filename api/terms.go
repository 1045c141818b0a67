package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

// readTerms reads what a submission says of its job beside the picture.
func (s *Server) readTerms(query url.Values) (t job.Terms, err error) {
	if t.Priority, err = job.ParsePriority(query.Get("priority")); err != nil {
		return t, err
	}
	if t.Pool, err = s.readPool(query); err != nil {
		return t, err
	}
	if t.Webhook, err = s.readWebhook(query); err != nil {
		return t, err
	}
	if query.Has("title") && query.Get("title") == "" {
		return t, &spec.FieldError{Field: "title", Reason: "must not be empty"}
	}
	t.Title, t.Tags = query.Get("title"), slices.Clone(query["tag"])
	slices.Sort(t.Tags)
	t.Tags = slices.Compact(t.Tags)
	return t, t.Check()
}

// readPool reads whose workers are to draw a job. A pool that this farm does not have is
// refused: the job would wait for ever.
func (s *Server) readPool(query url.Values) (job.Pool, error) {
	pool, err := job.ParsePool(query.Get("pool"))
	switch {
	case err != nil:
		return "", err
	case pool == "" && query.Has("pool"):
		return "", &spec.FieldError{Field: "pool", Reason: "must not be empty"}
	case pool == "" || slices.Contains(s.cfg.Pools, string(pool)):
		return pool, nil
	case len(s.cfg.Pools) == 0:
		return "", &spec.FieldError{Field: "pool", Reason: "must not be given: this farm has no pools (POOLS of its API)"}
	}
	return "", &spec.FieldError{Field: "pool", Reason: "must be " + job.OneOf(s.cfg.Pools) + ", as POOLS of the farm's API says"}
}

// setPriority answers POST /jobs/{id}/priority?priority=.
func (s *Server) setPriority(c *gin.Context) {
	ctx := c.Request.Context()
	query, err := parseQuery(c.Request.URL)
	var priority job.Priority
	if err == nil {
		err = checkNames(query, "priority")
	}
	if err == nil && !query.Has("priority") {
		err = &spec.FieldError{Field: "priority", Reason: "must be given"}
	}
	if err == nil {
		priority, err = job.ParsePriority(query.Get("priority"))
	}
	var st job.Status
	if err == nil {
		st, err = s.job(c)
	}
	if err == nil && st.State.Final() {
		err = fmt.Errorf("change the priority of a job that is %s: %w", st.State, job.ErrState)
	}
	if err == nil {
		err = s.log(c, job.Operation{Action: job.ActionPriority, Target: string(st.ID), Detail: query.Get("priority")})
	}
	if err == nil {
		st.Job, err = s.deps.Ledger.SetPriority(ctx, st.Job, priority)
	}
	if err == nil {
		// If this fails, it gets the new priority when a worker comes to it.
		_ = hint(ctx, func(ctx context.Context) error { return s.deps.Shares.Submit(ctx, st.Job) })
		st, err = s.read(ctx, st.ID)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, st)
}

// wantsPurge reads whether a DELETE is to remove the job.
func wantsPurge(c *gin.Context) (bool, error) {
	query, err := parseQuery(c.Request.URL)
	if err != nil {
		return false, err
	}
	if err := checkNames(query, "purge"); err != nil {
		return false, err
	}
	switch query.Get("purge") {
	case "true":
		return true, nil
	case "", "false":
		return false, nil
	}
	return false, &spec.FieldError{Field: "purge", Reason: "must be true or false"}
}

// purge answers DELETE /jobs/{id}?purge=true, given what is wrong with the query.
func (s *Server) purge(c *gin.Context, err error) {
	var st job.Status
	if err == nil {
		st, err = s.job(c)
	}
	if err == nil && !st.State.Final() {
		err = fmt.Errorf("purge a job that is %s; cancel it first: %w", st.State, job.ErrState)
	}
	if err == nil {
		err = s.log(c, job.Operation{Action: job.ActionPurge, Target: string(st.ID)})
	}
	if err == nil {
		err = s.removeJob(c.Request.Context(), st.Job)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Header("Cache-Control", "no-store")
	c.Status(http.StatusNoContent)
}

// removeJob removes all there is of a job that has ended.
func (s *Server) removeJob(ctx context.Context, j job.Job) error {
	if err := s.deps.Tasks.Cancel(ctx, j); err != nil { // what is left runs out
		s.deps.Log.LogAttrs(ctx, slog.LevelWarn, "progress of a purged job not dropped", slog.String("id", string(j.ID)), slog.Any("err", err))
	}
	err := s.deps.Ledger.Purge(ctx, j)
	s.pictures.forget(j.ID)
	return err
}

// place completes the status of a job that waits with its position.
func (s *Server) place(ctx context.Context, st *job.Status) error {
	if st.State != job.Queued || st.Paused {
		return nil
	}
	position, err := s.deps.Fleet.Position(ctx, st.Task())
	if st.Group != "" && position == 0 && err == nil {
		position, err = s.deps.Fleet.Position(ctx, job.Group{ID: st.Group, Jobs: []job.Job{st.Job}}.Task())
	}
	if errors.Is(err, job.ErrUnavailable) {
		return nil
	}
	st.Position = position
	return err
}

// markPaused completes the statuses of a listing.
func (s *Server) markPaused(ctx context.Context, jobs []job.Status) error {
	if !slices.ContainsFunc(jobs, func(st job.Status) bool { return !st.State.Final() }) {
		return nil
	}
	paused, err := s.deps.Ledger.PausedJobs(ctx)
	for i := range jobs {
		jobs[i].Paused = paused[jobs[i].ID] && !jobs[i].State.Final()
	}
	return err
}

// checkPrefix reports text that begins no ID.
func checkPrefix(text string) error {
	if text == "" || strings.Trim(text, "0123456789abcdef") != "" || len(text) > len(spec.Spec{}.ID()) {
		return &spec.FieldError{Field: "id", Reason: "must be the beginning of an ID, of digits 0-9 and a-f"}
	}
	return nil
}

// startingWith answers GET /jobs?id=: up to limit jobs whose ID begins so, by their ID.
func (s *Server) startingWith(ctx context.Context, prefix string, limit int) (listing, error) {
	found := listing{Jobs: []job.Status{}}
	for id, err := range s.deps.Ledger.WithPrefix(ctx, prefix) {
		if err != nil {
			return found, err
		}
		if len(found.Jobs) == limit {
			break
		}
		st, err := s.read(ctx, id)
		if errors.Is(err, job.ErrUnknown) { // it is being removed
			continue
		}
		if err != nil {
			return found, err
		}
		found.Jobs = append(found.Jobs, st)
	}
	return found, nil
}
