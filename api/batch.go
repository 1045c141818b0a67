package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"
	"golang.org/x/sync/errgroup"

	"mandelfarm/access"
	"mandelfarm/job"
	"mandelfarm/renderer"
	"mandelfarm/renderer/panics"
	"mandelfarm/renderer/spec"
)

// ndjsonType is the media type of Specs that follow each other, one a line.
const ndjsonType = "application/x-ndjson"

// batchAtOnce is how many jobs of a batch are put on record at a time: as many as are accepted together, and as many as wait to be.
const batchAtOnce = 2 * job.MaxGroup

// batchItem is what has become of a Spec of a batch: a job, or what is wrong with it.
type batchItem struct {
	Index   int         `json:"index"`  // of the Spec, from 0
	Status  int         `json:"status"` // that it would have been answered with alone
	Job     *job.Status `json:"job,omitempty"`
	Problem *problem    `json:"problem,omitempty"`
}

// splitBatch returns the Specs of a batch as they were sent, at most so many, or false if the body is not one. More are found out
// without reading them.
func splitBatch(kind string, body []byte, most int) (items []json.RawMessage, isBatch bool, err error) {
	switch {
	case kind == ndjsonType:
		items, err = splitLines(body, most)
	case kind == jsonType && bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("[")):
		items, err = splitList(body, most)
	default:
		return nil, false, nil
	}
	if err == nil && len(items) == 0 {
		err = &spec.FieldError{Reason: "a batch must have at least one Spec"}
	}
	return items, true, err
}

func splitLines(body []byte, most int) (items []json.RawMessage, err error) {
	for line := range bytes.Lines(body) {
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		if len(items) == most {
			return nil, longBatch(most)
		}
		items = append(items, line)
	}
	return items, nil
}

func splitList(body []byte, most int) (items []json.RawMessage, err error) {
	if !json.Valid(body) {
		return nil, &spec.FieldError{Reason: "the body is not a list in JSON"}
	}
	list := json.NewDecoder(bytes.NewReader(body))
	if _, err := list.Token(); err != nil { // the bracket that it begins with
		return nil, err
	}
	for list.More() {
		if len(items) == most {
			return nil, longBatch(most)
		}
		var item json.RawMessage
		if err := list.Decode(&item); err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, nil
}

func longBatch(most int) error {
	return fmt.Errorf("%w: at most %d Specs in a batch", errTooLarge, most)
}

// submitBatch answers a POST /jobs of several Specs. Each is as if it came alone, with the same terms: what is wrong with one
// is no matter of the others. err is what is wrong with the body.
func (s *Server) submitBatch(c *gin.Context, items []json.RawMessage, err error, query url.Values, terms job.Terms) {
	if err == nil {
		_, err = readSize(query, false)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	answers := make([]batchItem, len(items))
	var accepting errgroup.Group
	accepting.SetLimit(batchAtOnce)
	for i, item := range items {
		accepting.Go(func() error {
			st, err := s.acceptItem(c, i, item, terms)
			answers[i] = s.batchAnswer(c, i, st, err)
			return nil
		})
	}
	_ = accepting.Wait() // every item has its own error
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusMultiStatus, gin.H{"jobs": answers})
}

// acceptItem makes a job of a Spec of a batch. It counts as a request of its own; the first is counted by the batch.
func (s *Server) acceptItem(c *gin.Context, i int, item json.RawMessage, terms job.Terms) (st job.Status, err error) {
	ctx := c.Request.Context()
	defer panics.Recover(&err)
	wanted, err := spec.Parse(item)
	if err == nil {
		err = s.cfg.Limits.Check(wanted)
	}
	if err == nil && i > 0 {
		err = s.spendSilently(c, access.Charge{Budget: s.budgets(c).Requests, Amount: 1})
	}
	if err != nil {
		return st, err
	}
	var pay payment
	if s.budgets(c).Cost.Quota > 0 {
		pay = func() error { return s.spendSilently(c, s.charge(c, string(wanted.ID()), renderer.Cost(wanted))) }
	}
	return s.accept(ctx, wanted, terms, pay)
}

// batchAnswer is what is said of an item.
func (s *Server) batchAnswer(c *gin.Context, i int, st job.Status, err error) batchItem {
	if err != nil {
		p, o := s.describeError(c, err)
		return batchItem{Index: i, Status: o.status, Problem: &p}
	}
	answer := batchItem{Index: i, Status: http.StatusAccepted, Job: &st}
	if st.State == job.Done {
		answer.Status = http.StatusOK
	}
	return answer
}
