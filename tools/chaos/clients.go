package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"mandelfarm/api/client"
	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

const (
	submitters = 6
	viewers    = 2
	pollPause  = 100 * time.Millisecond
	retryPause = 300 * time.Millisecond // however long the farm asks for: trouble is short here
)

// clients use a farm until their context ends.
type clients struct {
	farm   *farm
	record *record
	http   *http.Client
}

func newClients(f *farm, r *record) *clients {
	return &clients{farm: f, record: r, http: &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: submitters}}}
}

// run returns when all clients have ended.
func (c *clients) run(ctx context.Context, seed uint64) {
	defer c.http.CloseIdleConnections()
	var all sync.WaitGroup
	for i := range submitters + viewers {
		use := c.submit
		if i >= submitters {
			use = c.view
		}
		all.Go(func() {
			source := rand.New(rand.NewPCG(seed, uint64(i)+1)) //nolint:gosec // to be the same again
			for ctx.Err() == nil {
				use(ctx, source)
			}
		})
	}
	all.Wait()
}

// ask asks one of the APIs. The status is 0 if there is no whole answer.
func (c *clients) ask(ctx context.Context, source *rand.Rand, method, path string, body []byte, understood ...int) (status int, content []byte) {
	api := c.farm.apis()[source.IntN(apis)]
	what := method + " " + kindOf(path)
	request, err := http.NewRequestWithContext(ctx, method, api.url(path), bytes.NewReader(body))
	if err != nil {
		c.record.contradicted("%v", err)
		return 0, nil
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	answer, err := c.http.Do(request)
	if err != nil {
		c.record.unanswered(what)
		return 0, nil
	}
	defer answer.Body.Close()
	c.record.answered(what, answer.StatusCode, answer.Header, understood...)
	if content, err = io.ReadAll(answer.Body); err != nil { // it broke off, which is seen
		c.record.unanswered(what)
		return 0, nil
	}
	return answer.StatusCode, content
}

// kindOf is a path without what differs from job to job.
func kindOf(path string) string {
	path, _, _ = strings.Cut(path, "?")
	kind := ""
	for i, part := range strings.Split(path[1:], "/") {
		switch {
		case i == 0:
			kind = "/" + part
		case len(part) == idLength:
			kind += "/id"
		case i == 2 && kind == "/jobs/id":
			kind += "/" + part
		}
	}
	return kind
}

// pause waits, or until the context ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// submit submits a job, and follows it to its end. Meanwhile it may be told to wait, to go before others, or not to be drawn at all.
func (c *clients) submit(ctx context.Context, source *rand.Rand) {
	s := randomSpec(source)
	if !c.post(ctx, source, s) {
		return
	}
	switch source.IntN(12) {
	case 0:
		pause(ctx, time.Duration(source.Int64N(int64(time.Second))))
		c.cancel(ctx, source, s.ID())
	case 1:
		c.order(ctx, source, s, "/pause")
		pause(ctx, time.Second)
		for ctx.Err() == nil && !c.order(ctx, source, s, "/resume") {
			pause(ctx, retryPause)
		}
	case 2:
		c.order(ctx, source, s, "/priority?priority=high")
	}
	if source.IntN(4) == 0 {
		c.watch(ctx, source, s)
	}
	for ctx.Err() == nil && !c.poll(ctx, source, s) {
		pause(ctx, pollPause)
	}
}

// post submits a job until the farm has accepted it, or the context ends.
func (c *clients) post(ctx context.Context, source *rand.Rand, s spec.Spec) bool {
	for ctx.Err() == nil {
		status, content := c.ask(ctx, source, http.MethodPost, "/jobs", s.Canonical(), http.StatusAccepted, http.StatusOK)
		if status == http.StatusAccepted || status == http.StatusOK {
			c.record.accepted(s)
			c.noteStatus(content)
			return true
		}
		pause(ctx, retryPause)
	}
	return false
}

// order has something done with a job, unless that has ended, and reports whether the farm has answered so.
func (c *clients) order(ctx context.Context, source *rand.Rand, s spec.Spec, what string) bool {
	status, _ := c.ask(ctx, source, http.MethodPost, "/jobs/"+string(s.ID())+what, nil, http.StatusOK, http.StatusConflict, http.StatusNotFound)
	if status == http.StatusNotFound {
		c.unknown(ctx, source, s)
	}
	return status == http.StatusOK || status == http.StatusConflict
}

// watch follows a job by its events.
func (c *clients) watch(ctx context.Context, source *rand.Rand, s spec.Spec) {
	farm, err := client.New(c.farm.apis()[source.IntN(apis)].url(""), c.http)
	if err != nil {
		c.record.contradicted("%v", err)
		return
	}
	for st, err := range farm.Watch(ctx, s.ID()) {
		if err != nil {
			return // it is gone on with by asking
		}
		c.record.saw(st)
	}
}

// unknown submits a job again that the farm says it does not know, which may only be if its record has been damaged.
func (c *clients) unknown(ctx context.Context, source *rand.Rand, s spec.Spec) {
	c.record.onlyIfDamaged(s.ID(), "is unknown")
	c.post(ctx, source, s)
}

// cancel cancels a job; one that has ended meanwhile cannot be.
func (c *clients) cancel(ctx context.Context, source *rand.Rand, id spec.ID) {
	c.record.canceling(id)
	status, content := c.ask(ctx, source, http.MethodDelete, "/jobs/"+string(id), nil, http.StatusOK, http.StatusConflict)
	if status == http.StatusOK {
		c.record.canceled(id)
		c.noteStatus(content)
	}
}

func (c *clients) noteStatus(content []byte) (job.Status, bool) {
	var st job.Status
	if err := json.Unmarshal(content, &st); err != nil {
		c.record.contradicted("not a job's status: %s", content)
		return st, false
	}
	c.record.saw(st)
	return st, true
}

// poll looks at a job, fetches its picture if that is there, and reports whether the job has ended.
func (c *clients) poll(ctx context.Context, source *rand.Rand, s spec.Spec) bool {
	path := "/jobs/" + string(s.ID())
	status, content := c.ask(ctx, source, http.MethodGet, path, nil, http.StatusOK, http.StatusNotFound)
	if status == http.StatusNotFound {
		c.unknown(ctx, source, s)
	}
	if status != http.StatusOK {
		return false
	}
	st, ok := c.noteStatus(content)
	if !ok || st.State != job.Done {
		return ok && st.State.Final()
	}
	status, content = c.ask(ctx, source, http.MethodGet, path+"/image", nil, http.StatusOK, http.StatusConflict, http.StatusNotFound)
	if status == http.StatusConflict || status == http.StatusNotFound {
		c.record.onlyIfDamaged(s.ID(), "was done and has no picture")
	}
	if status != http.StatusOK {
		return false
	}
	c.record.served(ctx, s, content)
	return true
}

// view asks for a picture or a tile and waits for it.
func (c *clients) view(ctx context.Context, source *rand.Rand) {
	path, s, err := randomView(source)
	if err != nil {
		c.record.contradicted("%v", err)
		return
	}
	status, content := c.ask(ctx, source, http.MethodGet, path, nil, http.StatusOK)
	if status == http.StatusOK {
		c.record.served(ctx, s, content)
	}
	pause(ctx, pollPause)
}

// randomSpec is of a job: small ones, ones that are drawn in bands, and deep ones, as pictures or raw data. Hardly one comes twice.
func randomSpec(source *rand.Rand) spec.Spec {
	d := map[string]any{
		"center": map[string]string{"re": decimal(source, -0.75), "im": decimal(source, 0.1)},
		"radius": "0.2", "width": 40 + source.IntN(40), "height": 40 + source.IntN(40), "max_iterations": 200,
	}
	switch source.IntN(8) {
	case 0, 1, 2: // in bands
		d["width"], d["height"], d["max_iterations"] = 256, 700+source.IntN(600), 3000
	case 3: // deep
		d["center"] = map[string]string{"re": "-0.7436438870371587047" + strconv.Itoa(source.IntN(1e9)), "im": "0.1318259042053119704" + strconv.Itoa(source.IntN(1e9))}
		d["radius"], d["max_iterations"] = "1e-12", 5000
	case 4:
		d["format"] = "npy"
	}
	text, _ := json.Marshal(d) // strings and numbers
	s, err := spec.Parse(text)
	if err != nil {
		panic(fmt.Sprintf("%s: %v", text, err)) // it is this file's fault
	}
	return s
}

func decimal(source *rand.Rand, about float64) string {
	return strconv.FormatFloat(about+0.1*source.Float64(), 'f', 12, 64)
}

// randomView is a picture that somebody waits for: some are asked for again and again.
func randomView(source *rand.Rand) (path string, s spec.Spec, err error) {
	if source.IntN(2) == 0 {
		x, y := strconv.Itoa(source.IntN(64)), strconv.Itoa(source.IntN(64))
		s, err = spec.TileFromQuery("6", x, y, nil)
		return "/tiles/6/" + x + "/" + y + ".png", s, err
	}
	values := url.Values{"re": {"-0.5"}, "im": {strconv.Itoa(source.IntN(30)) + "e-2"}, "radius": {"0.3"}}
	s, err = spec.FromQuery(120, 90, values)
	return "/generate/120/90?" + values.Encode(), s, err
}
