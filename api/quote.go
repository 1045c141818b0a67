package api

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"mandelfarm/foreign"
	"mandelfarm/job"
	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
)

// answerQuote answers POST /quote. The picture is drawn small in this process, by one core; quotes wait for each other.
func (s *Server) answerQuote(c *gin.Context) {
	query, err := parseQuery(c.Request.URL)
	if err == nil {
		err = checkNames(query, "width", "height")
	}
	var wanted foreign.Picture
	if err == nil {
		wanted, err = s.readPicture(c, query)
	}
	if err == nil {
		err = s.cfg.Limits.Check(wanted.Spec)
	}
	if err == nil {
		err = s.payFor(c, "quote:"+string(wanted.Spec.ID()), renderer.LookCost(wanted.Spec, quoteCost))
	}
	answer := quotation{Spec: wanted.Spec, Losses: wanted.Losses}
	if err == nil {
		answer.Quote, err = s.quote(c.Request.Context(), wanted.Spec)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	about(c, answer.ID)
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, answer)
}

// quotation is the body of an answer to POST /quote.
type quotation struct {
	job.Quote
	// Spec is what was asked for, in its canonical form, also by the file of another program.
	Spec spec.Spec `json:"spec"`
	// Losses are what such a file asks for and would not get.
	Losses []foreign.Loss `json:"losses,omitempty"`
}

// quote finds what a picture will cost, if that takes no longer than a search may.
func (s *Server) quote(ctx context.Context, wanted spec.Spec) (job.Quote, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, s.cfg.FindTime, errLongQuote)
	defer cancel()
	select {
	case s.quoting <- struct{}{}:
		defer func() { <-s.quoting }()
	case <-ctx.Done():
		return job.Quote{}, s.quoteFault(context.Cause(ctx))
	}
	q, err := s.estimate(ctx, wanted)
	return q, s.quoteFault(err)
}

const (
	// quotedCost is the cost, in iterations, that a picture may come to whose job is accepted with a quote: ten seconds of a core.
	quotedCost = 1e10
	// quoteAtOnceTime is how long the answer to a job may take for that.
	quoteAtOnceTime = 500 * time.Millisecond
)

// quoteAtOnce is the quote of a picture that may take long, or nil if that is not to be had without waiting.
func (s *Server) quoteAtOnce(ctx context.Context, wanted spec.Spec) *job.Quote {
	if renderer.Cost(wanted) < quotedCost {
		return nil
	}
	select {
	case s.quoting <- struct{}{}:
		defer func() { <-s.quoting }()
	default:
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, min(quoteAtOnceTime, s.cfg.FindTime))
	defer cancel()
	q, err := s.estimate(ctx, wanted)
	if err != nil { // it is asked for by POST /quote, which says why
		return nil
	}
	return &q
}

// estimate computes a quote.
func (s *Server) estimate(ctx context.Context, wanted spec.Spec) (job.Quote, error) {
	start := time.Now()
	pre, err := renderer.NewPrepass(ctx, wanted, 1, nil)
	if err != nil {
		return job.Quote{}, err
	}
	prepass := time.Since(start)
	view, err := renderer.EstimateWork(ctx, wanted, pre, quoteCost)
	if err != nil {
		return job.Quote{}, err
	}
	q := quoteOf(wanted, view, pre)
	q.PrepassSeconds = seconds(prepass)
	if q.Warnings, err = s.warnings(ctx, wanted, view, pre); err != nil {
		return job.Quote{}, err
	}
	price(&q, view.Work.Cost, s.staff(ctx))
	return q, nil
}

// quoteCost is what drawing small for a quote may cost: beside that of the pictures whose cost anybody minds it is nothing.
const quoteCost = 50 * time.Millisecond

// quoteFault says which limit a quote exceeds.
func (s *Server) quoteFault(err error) error {
	if errors.Is(err, errLongQuote) {
		return fmt.Errorf("%w: FIND_TIME is %s", errLongQuote, s.cfg.FindTime)
	}
	return err
}

// quoteOf is what is known of a picture without its price.
func quoteOf(wanted spec.Spec, e renderer.Estimate, pre *renderer.Prepass) job.Quote {
	q := job.Quote{
		ID: wanted.ID(), Points: e.Work.Points, Undecided: e.Work.Undecided, Iterations: e.Work.Iterations,
		MostBytes: renderer.MostBytes(wanted), MemoryBytes: renderer.Memory(wanted, pre), Sampled: int64(e.Small.Width) * int64(e.Small.Height),
	}
	if e.Work.Points > 0 {
		q.Inside = math.Round(1e4*float64(e.Work.Inside)/float64(e.Work.Points)) / 1e4
	}
	return q
}

// price says what a cost is at the workers' speed.
func price(q *job.Quote, cost time.Duration, staff []job.Worker) {
	speed, cores := 0.0, 0
	for _, w := range staff {
		speed += w.Speed * float64(w.Cores)
		cores += w.Cores
	}
	q.CoreSeconds = seconds(cost)
	if speed > 0 {
		q.Workers = len(staff)
		q.CoreSeconds = round3(cost.Seconds() * float64(cores) / speed)
		q.Seconds = round3(cost.Seconds() / speed)
	}
}

// staff are the workers that draw: none if nobody can say.
func (s *Server) staff(ctx context.Context) (drawing []job.Worker) {
	var all []job.Worker
	if hint(ctx, func(ctx context.Context) (err error) {
		all, err = s.deps.Fleet.Workers(ctx)
		return err
	}) != nil {
		return nil
	}
	for _, w := range all {
		if !w.Draining && w.Speed > 0 {
			drawing = append(drawing, w)
		}
	}
	return drawing
}

// warnings says when there is next to nothing to see.
func (s *Server) warnings(ctx context.Context, wanted spec.Spec, e renderer.Estimate, pre *renderer.Prepass) ([]job.Caution, error) {
	warnings := []job.Caution{}
	switch e.Work.Inside {
	case e.Work.Points:
		limit, err := renderer.MoreIterations(ctx, wanted)
		if err != nil {
			return nil, err
		}
		w := job.Caution{Field: "max_iterations", Reason: "every point that was looked at is inside at this limit: the picture may have one colour"}
		if limit > int(wanted.MaxIterations) {
			w.MaxIterations = min(limit, s.cfg.Limits.MaxIterations)
		}
		warnings = append(warnings, w)
	case 0:
		far, err := renderer.Distance(ctx, wanted, pre)
		if err != nil {
			return nil, err
		}
		if far.Diagonals > 1 {
			warnings = append(warnings, job.Caution{Field: "radius", Radius: far.Radius.String(), Reason: fmt.Sprintf(
				"the boundary is at least %.3g diagonals of the view away: there is no detail in the picture", far.Diagonals)})
		}
	}
	return warnings, nil
}

func seconds(d time.Duration) float64 { return round3(d.Seconds()) }

// round3 rounds to three digits, which is more than is known.
func round3(x float64) float64 {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 3, 64), 64)
	if err != nil { // it is a number's own text
		return x
	}
	return rounded
}
