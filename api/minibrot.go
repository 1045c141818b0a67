package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
)

// foundFor is how long a client may keep what was found. It depends on the query
// and on the program's version alone.
const foundFor = "public, max-age=86400"

// minibrot answers GET /find: the minibrot that a view is about. The search runs
// in this process, one at a time, on one core.
func (s *Server) minibrot(c *gin.Context) {
	wanted, limit, err := s.readFind(c.Request.URL)
	if err != nil {
		s.fail(c, err)
		return
	}
	if err := s.payFor(c, fmt.Sprintf("find:%s:%d", wanted.ID(), limit), renderer.FindCost(wanted, limit)); err != nil {
		s.fail(c, err)
		return
	}
	found, err := s.search(c.Request.Context(), wanted, limit)
	if err != nil {
		s.fail(c, err)
		return
	}
	found.MaxIterations = min(found.MaxIterations, s.cfg.Limits.MaxIterations)
	if found.Spec, err = found.Showing(wanted); err != nil {
		s.fail(c, err)
		return
	}
	c.Header("Cache-Control", foundFor)
	c.JSON(http.StatusOK, found)
}

// search finds a minibrot unless another is being looked for, or it takes too long.
func (s *Server) search(ctx context.Context, wanted spec.Spec, limit int) (spec.Minibrot, error) {
	select {
	case s.searching <- struct{}{}:
		defer func() { <-s.searching }()
	default:
		return spec.Minibrot{}, errSearching
	}
	ctx, cancel := context.WithTimeoutCause(ctx, s.cfg.FindTime, errLongSearch)
	defer cancel()
	found, err := renderer.Find(ctx, wanted, limit, 1)
	if errors.Is(err, errLongSearch) {
		err = fmt.Errorf("%w: FIND_TIME is %s", errLongSearch, s.cfg.FindTime)
	}
	return found, err
}

// readFind reads the view and the longest period that is looked for.
func (s *Server) readFind(u *url.URL) (wanted spec.Spec, limit int, err error) {
	query, err := parseQuery(u)
	if err != nil {
		return wanted, 0, err
	}
	width, height := defaultWidth, defaultHeight
	for _, p := range []struct {
		name  string
		value *int
	}{{"width", &width}, {"height", &height}, {"max_period", &limit}} {
		if err := takeCount(query, p.name, p.value); err != nil {
			return wanted, 0, err
		}
	}
	if wanted, err = spec.FromQuery(width, height, query); err != nil {
		return wanted, 0, err
	}
	if err := s.cfg.Limits.Check(wanted); err != nil {
		return wanted, 0, err
	}
	limit, err = s.period(wanted, limit)
	return wanted, limit, err
}

// takeCount reads a parameter that is a number from 1 up, if it is there, and
// removes it from the query.
func takeCount(query url.Values, name string, value *int) error {
	given, ok := query[name]
	if !ok {
		return nil
	}
	delete(query, name)
	n, err := strconv.Atoi(given[0])
	if err != nil || n < 1 || len(given) > 1 {
		return &spec.FieldError{Field: name, Value: given[0], Reason: "must be given once, as a whole number from 1 up"}
	}
	*value = n
	return nil
}

// period is the longest period that is looked for: the given one, unless that may
// take too long, or if it is 0 what time and limits allow of the usual one.
func (s *Server) period(wanted spec.Spec, given int) (int, error) {
	const sample = 1_000_000
	affordable := s.cfg.Limits.MaxIterations
	if each := renderer.FindTime(wanted, sample); each > 0 {
		affordable = min(affordable, int(float64(s.cfg.FindTime)/float64(each)*sample))
	}
	if affordable < 1 {
		return 0, &spec.FieldError{Field: "radius", Value: wanted.Radius.String(), Reason: fmt.Sprintf(
			"is too small for a search in FIND_TIME, %s", s.cfg.FindTime)}
	}
	if given == 0 {
		return min(max(renderer.DefaultMaxPeriod, int(wanted.MaxIterations)), affordable), nil
	}
	if given > affordable {
		return 0, &spec.FieldError{Field: "max_period", Value: strconv.Itoa(given), Reason: fmt.Sprintf(
			"may take %s at radius %s: at most %d is possible in FIND_TIME, %s, and with MAX_ITERATIONS",
			renderer.FindTime(wanted, given).Round(100*time.Millisecond), wanted.Radius, affordable, s.cfg.FindTime)}
	}
	return given, nil
}
