package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"path/filepath"

	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

// Pause holds a job: nothing more of it is begun. The error is [job.ErrState] if it
// has ended.
func (c *Client) Pause(ctx context.Context, id spec.ID) (job.Status, error) {
	return c.status(ctx, http.MethodPost, path(id)+"/pause", nil)
}

// Resume lets a job that is held go on.
func (c *Client) Resume(ctx context.Context, id spec.ID) (job.Status, error) {
	return c.status(ctx, http.MethodPost, path(id)+"/resume", nil)
}

// SetPriority changes the priority of a job. The error is [job.ErrState] if it has
// ended.
func (c *Client) SetPriority(ctx context.Context, id spec.ID, p job.Priority) (job.Status, error) {
	return c.status(ctx, http.MethodPost, path(id)+"/priority?priority="+url.QueryEscape(string(p)), nil)
}

// Purge removes a job that has ended, and its picture. The error is [job.ErrState] if
// it is open.
func (c *Client) Purge(ctx context.Context, id spec.ID) error {
	return c.ask(ctx, http.MethodDelete, path(id)+"?purge=true", nil, nil)
}

// ErrAmbiguous says that the IDs of several jobs begin so.
var ErrAmbiguous = errors.New("the IDs of several jobs begin so")

// FindJob returns the job whose ID begins so; the error is [job.ErrUnknown] if there is
// none, and [ErrAmbiguous] if there are several.
func (c *Client) FindJob(ctx context.Context, prefix string) (spec.ID, error) {
	var found struct {
		Jobs []job.Status `json:"jobs"`
	}
	if err := c.ask(ctx, http.MethodGet, "/jobs?limit=2&id="+url.QueryEscape(prefix), nil, &found); err != nil {
		return "", err
	}
	switch len(found.Jobs) {
	case 0:
		return "", fmt.Errorf("%s: %w", prefix, job.ErrUnknown)
	case 1:
		return found.Jobs[0].ID, nil
	}
	return "", fmt.Errorf("%s: %w", prefix, ErrAmbiguous)
}

// Queues is what waits, and what is stuck.
type Queues struct {
	Lanes []job.Backlog `json:"lanes"`
	Stuck []job.Stuck   `json:"stuck"`
}

// Queues returns what waits for workers.
func (c *Client) Queues(ctx context.Context) (q Queues, err error) {
	err = c.ask(ctx, http.MethodGet, "/queues", nil, &q)
	return q, err
}

// Workers lists the processes that draw.
func (c *Client) Workers(ctx context.Context) ([]job.Worker, error) {
	var all struct {
		Workers []job.Worker `json:"workers"`
	}
	err := c.ask(ctx, http.MethodGet, "/workers", nil, &all)
	return all.Workers, err
}

// History tells who has worked on a job, in the order of beginnings.
func (c *Client) History(ctx context.Context, id spec.ID) ([]job.Stint, error) {
	var all struct {
		History []job.Stint `json:"history"`
	}
	err := c.ask(ctx, http.MethodGet, path(id)+"/history", nil, &all)
	return all.History, err
}

// Drain has a worker finish what it has and take nothing more. The error is
// [job.ErrUnknown] if it is not there.
func (c *Client) Drain(ctx context.Context, worker string) error {
	return c.ask(ctx, http.MethodPost, "/workers/"+url.PathEscape(worker)+"/drain", nil, nil)
}

// Preview writes the picture so far of a large job to w, a PNG.
func (c *Client) Preview(ctx context.Context, id spec.ID, w io.Writer) error {
	request, err := c.request(ctx, http.MethodGet, path(id)+"/preview", nil)
	if err != nil {
		return err
	}
	response, err := c.send(c.http, request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err = io.Copy(w, response.Body); err != nil {
		return unreachable(ctx, err)
	}
	return nil
}

// ImageName is the name that the farm gives the file of a job's picture. It has no
// folder in it.
func (c *Client) ImageName(ctx context.Context, id spec.ID) (string, error) {
	request, err := c.request(ctx, http.MethodHead, path(id)+"/image", nil)
	if err != nil {
		return "", err
	}
	response, err := c.send(c.http, request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	_, parameters, err := mime.ParseMediaType(response.Header.Get("Content-Disposition"))
	name := filepath.Base(filepath.Clean("/" + parameters["filename"]))
	if err != nil || parameters["filename"] == "" || name == string(filepath.Separator) {
		return "", fmt.Errorf("%s gives the picture no name", c.base)
	}
	return name, nil
}
