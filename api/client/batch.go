package client

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

// Submission is what has become of a Spec that was submitted with others: its job, or why there is none.
type Submission struct {
	Job job.Status
	Err error // an [*Error]; nil if there is a job
}

// SubmitBatch has the farm draw several Specs, with the same terms, and returns what has become of each, in their order. A farm takes
// a thousand at once, unless its operator says otherwise (MAX_BATCH). Submitting a batch again is submitting it once.
func (c *Client) SubmitBatch(ctx context.Context, specs []spec.Spec, t job.Terms) ([]Submission, error) {
	body, err := json.Marshal(specs)
	if err != nil {
		return nil, err
	}
	var answer struct {
		Jobs []struct {
			Index   int        `json:"index"`
			Job     job.Status `json:"job"`
			Problem *Error     `json:"problem"`
		} `json:"jobs"`
	}
	if err := c.ask(ctx, http.MethodPost, submitPath(t), bytes.NewReader(body), &answer); err != nil {
		return nil, err
	}
	all := make([]Submission, len(specs))
	for i := range all {
		all[i].Err = &Error{foreign: true}
	}
	for _, item := range answer.Jobs {
		if item.Index < 0 || item.Index >= len(all) {
			continue
		}
		all[item.Index] = Submission{Job: item.Job}
		if item.Problem != nil {
			all[item.Index].Err = item.Problem
		}
	}
	return all, nil
}
