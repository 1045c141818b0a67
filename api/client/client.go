package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

// Client speaks to one farm. It is safe for concurrent use.
type Client struct {
	base string // without a slash at the end
	http *http.Client
}

// New is a client of the farm at baseURL, such as http://localhost:8080. It sends
// its requests by hc, or [http.DefaultClient] if that is nil. A Timeout of hc
// cuts streams and downloads, which are then resumed.
func New(baseURL string, hc *http.Client) (*Client, error) {
	u, err := url.Parse(baseURL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("want the URL of a farm, such as http://localhost:8080")
	}
	if hc == nil {
		hc = http.DefaultClient
	}
	return &Client{base: strings.TrimRight(u.String(), "/"), http: hc}, nil
}

// WithKey is the client with a key that the farm is asked with; empty is none. It is sent to the farm alone, wherever that
// redirects to.
func (c *Client) WithKey(key string) *Client {
	if key == "" {
		return c
	}
	farm, _ := url.Parse(c.base) // as New has it
	own := *c.http
	if own.Transport == nil {
		own.Transport = http.DefaultTransport
	}
	own.Transport = keyed{scheme: farm.Scheme, host: farm.Host, authorization: "Bearer " + key, next: own.Transport}
	return &Client{base: c.base, http: &own}
}

// keyed sends a key with requests to a farm. As a header of the requests themselves it would be handed on by redirects, to another
// port of the same host for example, which is how storage is often reached.
type keyed struct {
	scheme, host  string
	authorization string
	next          http.RoundTripper
}

// RoundTrip implements [http.RoundTripper].
func (k keyed) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme == k.scheme && r.URL.Host == k.host {
		r = r.Clone(r.Context())
		r.Header.Set("Authorization", k.authorization)
	}
	return k.next.RoundTrip(r)
}

// Link is an address of a job's picture that is good without a key.
type Link struct {
	URL       string    `json:"url"`
	ExpiresAt time.Time `json:"expires_at"`
}

// Link returns a link to the picture of a job, that is good for a duration, of up to thirty days.
func (c *Client) Link(ctx context.Context, id spec.ID, validity time.Duration) (l Link, err error) {
	err = c.ask(ctx, http.MethodPost, path(id)+"/link?for="+validity.String(), nil, &l)
	l.URL = c.base + l.URL
	return l, err
}

// Submit has the farm draw a Spec, and returns its job, which may be done
// already. Submitting twice is submitting once.
func (c *Client) Submit(ctx context.Context, s spec.Spec) (job.Status, error) {
	return c.SubmitAs(ctx, s, job.Terms{})
}

// SubmitAs is Submit with terms. Those that were said of a job first stand.
func (c *Client) SubmitAs(ctx context.Context, s spec.Spec, t job.Terms) (job.Status, error) {
	body, err := json.Marshal(s)
	if err != nil {
		return job.Status{}, err
	}
	return c.status(ctx, http.MethodPost, submitPath(t), bytes.NewReader(body))
}

// submitPath is where jobs with terms are submitted.
func submitPath(t job.Terms) string {
	query := url.Values{}
	if t.Priority != "" {
		query.Set("priority", string(t.Priority))
	}
	if t.Title != "" {
		query.Set("title", t.Title)
	}
	if t.Pool != "" {
		query.Set("pool", string(t.Pool))
	}
	if len(t.Tags) > 0 {
		query["tag"] = t.Tags
	}
	if t.Webhook.URL != "" {
		query.Set("webhook", t.Webhook.URL)
	}
	if t.Webhook.Share != 0 {
		query.Set("webhook_progress", strconv.FormatFloat(t.Webhook.Share, 'g', -1, 64))
	}
	if len(query) == 0 {
		return "/jobs"
	}
	return "/jobs?" + query.Encode()
}

// Find returns the minibrot that the picture's view of the Mandelbrot set is
// about, of a period up to maxPeriod, or what the farm takes for enough if that is
// 0; its Spec is the picture, of a view that shows it. The error is
// [spec.ErrNoMinibrot] if there is none.
func (c *Client) Find(ctx context.Context, s spec.Spec, maxPeriod int) (spec.Minibrot, error) {
	query := url.Values{
		"formula": {string(s.Formula)}, "re": {s.Center.Re.String()}, "im": {s.Center.Im.String()}, "radius": {s.Radius.String()},
		"max_iterations": {s.MaxIterations.String()},
	}
	if maxPeriod > 0 {
		query.Set("max_period", strconv.Itoa(maxPeriod))
	}
	var found spec.Minibrot
	if err := c.ask(ctx, http.MethodGet, "/find?"+query.Encode(), nil, &found); err != nil {
		return spec.Minibrot{}, err
	}
	var err error
	found.Spec, err = found.Showing(s)
	return found, err
}

// Job returns the status of a job.
func (c *Client) Job(ctx context.Context, id spec.ID) (job.Status, error) {
	return c.status(ctx, http.MethodGet, path(id), nil)
}

// Cancel cancels a job, and returns its status. The error is [job.ErrState] if
// it has ended otherwise.
func (c *Client) Cancel(ctx context.Context, id spec.ID) (job.Status, error) {
	return c.status(ctx, http.MethodDelete, path(id), nil)
}

// Quote asks what a picture will cost. It makes no job.
func (c *Client) Quote(ctx context.Context, s spec.Spec) (q job.Quote, err error) {
	err = c.ask(ctx, http.MethodPost, "/quote", bytes.NewReader(s.Canonical()), &q)
	return q, err
}

// Retry queues a job that failed or was canceled again. The error is
// [job.ErrState] if it is in another state.
func (c *Client) Retry(ctx context.Context, id spec.ID) (job.Status, error) {
	return c.status(ctx, http.MethodPost, path(id)+"/retry", nil)
}

// Selection says which jobs are listed. The zero Selection is all.
type Selection struct {
	State job.State // that they are in
	Tag   string    // that they have
}

// Jobs yields the selected jobs, newest first. They are asked for in pages of up to
// pageSize, 1 to 200, as they are consumed. An error ends the sequence.
func (c *Client) Jobs(ctx context.Context, which Selection, pageSize int) iter.Seq2[job.Status, error] {
	return func(yield func(job.Status, error) bool) {
		query := url.Values{"limit": {strconv.Itoa(pageSize)}}
		if which.State != "" {
			query.Set("state", string(which.State))
		}
		if which.Tag != "" {
			query.Set("tag", which.Tag)
		}
		for {
			var page struct {
				Jobs []job.Status `json:"jobs"`
				Next string       `json:"next"`
			}
			if err := c.ask(ctx, http.MethodGet, "/jobs?"+query.Encode(), nil, &page); err != nil {
				yield(job.Status{}, err)
				return
			}
			for _, st := range page.Jobs {
				if !yield(st, nil) {
					return
				}
			}
			if page.Next == "" {
				return
			}
			query.Set("cursor", page.Next)
		}
	}
}

func path(id spec.ID) string { return "/jobs/" + url.PathEscape(string(id)) }

func (c *Client) status(ctx context.Context, method, path string, body io.Reader) (job.Status, error) {
	var st job.Status
	err := c.ask(ctx, method, path, body, &st)
	return st, err
}

// maxAnswer bounds what is read of a document. A page of 200 jobs with ten
// thousand digits in each coordinate is below it.
const maxAnswer = 64 << 20

// ask sends a request and reads the document it is answered with, unless that is not
// of interest.
func (c *Client) ask(ctx context.Context, method, path string, body io.Reader, answer any) error {
	request, err := c.request(ctx, method, path, body)
	if err != nil {
		return err
	}
	response, err := c.send(c.http, request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	data, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return unreachable(ctx, err)
	}
	if answer == nil {
		return nil
	}
	if err := json.Unmarshal(data, answer); err != nil {
		return fmt.Errorf("%s does not answer like a farm: %w", c.base, err)
	}
	return nil
}

func (c *Client) request(ctx context.Context, method, path string, body io.Reader) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return nil, err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	return request, nil
}

// send sends a request by hc. An answer that is not a success is an error; the
// caller closes the body of any other.
func (*Client) send(hc *http.Client, request *http.Request) (*http.Response, error) {
	response, err := hc.Do(request)
	if err != nil {
		return nil, unreachable(request.Context(), err)
	}
	if response.StatusCode >= http.StatusMultipleChoices {
		defer response.Body.Close()
		return nil, readError(response)
	}
	return response, nil
}
