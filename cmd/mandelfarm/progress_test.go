package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// said is what the farm says of how far a job is.
type said struct {
	State     string  `json:"state"`
	Bands     int     `json:"bands"`
	BandsDone int     `json:"bands_done"`
	Fraction  float64 `json:"fraction"`
}

// stage numbers the states in the order that a job passes through.
func (s said) stage() int { return slices.Index([]string{"queued", "running", "done"}, s.State) }

// before reports whether a job that is so far has not come as far as another.
func (s said) before(other said) bool {
	if s.stage() != other.stage() {
		return s.stage() < other.stage()
	}
	return s.BandsDone < other.BandsDone || s.Fraction < other.Fraction
}

// story is what one who watches a job has heard.
type story struct {
	mu    sync.Mutex
	parts []said
}

// hear adds what was said, and reports whether that was all there is to say.
func (s *story) hear(data []byte) (end bool, err error) {
	var now said
	if err := json.Unmarshal(data, &now); err != nil {
		return true, fmt.Errorf("%w: %s", err, data)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.parts) > 0 && s.parts[len(s.parts)-1] == now {
		return now.State == "done", nil
	}
	s.parts = append(s.parts, now)
	if n := len(s.parts); n > 1 && now.before(s.parts[n-2]) {
		return true, fmt.Errorf("%w: %+v", errBackwards, s.parts[max(0, n-5):])
	}
	return now.State == "done", nil
}

var errBackwards = errors.New("progress goes backwards")

func (s *story) last() (now said) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.parts); n > 0 {
		now = s.parts[n-1]
	}
	return now
}

// poll asks several processes for a job by turns, until it is done.
func (s *story) poll(limit time.Duration, job string, fronts ...*service) error {
	begin := time.Now()
	for i := 0; time.Since(begin) < limit; i++ {
		status, body := fronts[i%len(fronts)].get(job)
		if status != http.StatusOK {
			return fmt.Errorf("%w: %d", errAnswer, status)
		}
		if end, err := s.hear(body); end || err != nil {
			return s.confirm(job, fronts, err)
		}
	}
	return fmt.Errorf("%w: %+v after %s", errAnswer, s.last(), limit)
}

var errAnswer = errors.New("unexpected answer")

// confirm asks all once more: an end that one has told is what all tell.
func (s *story) confirm(job string, fronts []*service, err error) error {
	for _, front := range fronts {
		if err == nil {
			_, body := front.get(job)
			_, err = s.hear(body)
		}
	}
	return err
}

// follow reads the job's events, until the last.
func (s *story) follow(ctx context.Context, job string, front *service) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, front.url+job+"/events", http.NoBody)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		if end, err := s.hear([]byte(data)); end || err != nil {
			return err
		}
	}
	return fmt.Errorf("%w: the stream ends without an end", errAnswer)
}

// TestProgressNeverGoesBack, as two API processes tell it by turns and in streams of
// events, of many large jobs, though Redis is emptied while they are drawn.
func TestProgressNeverGoesBack(t *testing.T) {
	t.Parallel()
	const jobs, iterations = 10, 4000
	redis, settings := servers(t)
	fronts := []*service{serve(t, settings, "api"), serve(t, settings, "api")}
	for range 2 {
		serve(t, settings, "worker", "--band-time", "10ms")
	}
	const limit = 4 * testTimeout
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	stories := make([]*story, jobs)
	told := make(chan error, 3*jobs)
	for i := range jobs {
		job := fronts[0].submit(t, heavy(iterations+i))
		stories[i] = &story{}
		go func() { told <- stories[i].poll(limit, job, fronts...) }()
		for _, front := range fronts {
			go func() { told <- new(story).follow(ctx, job, front) }()
		}
	}
	require.Eventually(t, func() bool {
		done := 0
		for _, s := range stories {
			last := s.last()
			if last.Bands == 0 && last.State != "done" {
				return false // which worker plans it is nowhere but in Redis
			}
			done += last.BandsDone
		}
		return done > jobs
	}, 2*testTimeout, time.Millisecond)
	redis.FlushAll(t)
	for range 3 * jobs {
		require.NoError(t, <-told)
	}
	for _, s := range stories {
		require.Greater(t, s.last().Bands, 3, "it was no large job")
	}
}
