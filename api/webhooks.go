package api

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

// readWebhook reads who is to be told of a job.
func (s *Server) readWebhook(query url.Values) (w job.Webhook, err error) {
	if query.Has("webhook_progress") {
		if w.Share, err = strconv.ParseFloat(query.Get("webhook_progress"), 64); err != nil || w.Share == 0 {
			w.Share = -1 // which is refused as any other that is none
		}
	}
	if w.URL = query.Get("webhook"); !query.Has("webhook") {
		return w, nil
	}
	if len(s.cfg.WebhookAllow) == 0 {
		return w, &spec.FieldError{Field: "webhook", Reason: "must not be given: this farm tells nobody (WEBHOOK_ALLOW of its API)"}
	}
	if err := s.webhooks.Check(w.URL); err != nil {
		return w, &spec.FieldError{Field: "webhook", Reason: err.Error() + " (WEBHOOK_ALLOW of the farm's API)"}
	}
	return w, nil
}

// messages answers GET /webhooks/deliveries?state=&limit=.
func (s *Server) messages(c *gin.Context) {
	query, err := parseQuery(c.Request.URL)
	states, limit := job.MessageStates(), defaultPage
	if err == nil {
		states, limit, err = readMessages(query)
	}
	found := []job.Message{}
	for _, state := range states {
		if err != nil || len(found) == limit {
			break
		}
		var more []job.Message
		more, err = s.deps.Ledger.Messages(c.Request.Context(), state, limit-len(found))
		found = append(found, more...)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, gin.H{"deliveries": found})
}

// readMessages reads which messages are listed.
func readMessages(query url.Values) (states []job.MessageState, limit int, err error) {
	states, limit = job.MessageStates(), defaultPage
	if err = checkNames(query, "state", "limit"); err != nil {
		return states, limit, err
	}
	if query.Has("state") {
		state, err := job.ParseMessageState(query.Get("state"))
		if err != nil {
			return states, limit, err
		}
		states = []job.MessageState{state}
	}
	if query.Has("limit") {
		limit, err = readLimit(query.Get("limit"))
	}
	return states, limit, err
}

// replay answers POST /webhooks/deliveries/{id}/replay: the message is owed anew, with all its tries.
func (s *Server) replay(c *gin.Context) {
	ctx := c.Request.Context()
	e, err := s.deps.Ledger.Envelope(ctx, c.Param("id"))
	if err == nil && e.State == job.Waiting {
		err = fmt.Errorf("replay a delivery that is %s: there is nothing to tell yet: %w", e.State, job.ErrState)
	}
	if err == nil {
		err = s.log(c, job.Operation{Action: job.ActionReplay, Target: e.ID})
	}
	if err == nil {
		e.State, e.Tries, e.NextTry = job.Owed, 0, time.Time{}
		err = s.deps.Ledger.KeepEnvelope(ctx, e)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusAccepted, e.Message)
}
