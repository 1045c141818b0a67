package api

import (
	"errors"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"mandelfarm/access"
	"mandelfarm/foreign"
	"mandelfarm/job"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage"
)

// The size of the picture at /.
const (
	defaultWidth  = 800
	defaultHeight = 600
)

// index is the page for whoever wants it, and the default picture for everybody
// else.
func (s *Server) index() gin.HandlerFunc {
	picture := newTarget(spec.Original(defaultWidth, defaultHeight), s.caching.brief)
	return func(c *gin.Context) {
		c.Header("Vary", "Accept")
		if wantsPage(c.Request) {
			c.Header("Cache-Control", "no-cache")
			c.Header("Content-Security-Policy", pagePolicy)
			c.Data(http.StatusOK, "text/html; charset=utf-8", s.html(c.Request))
			return
		}
		s.answer(c, picture)
	}
}

// wantsPage reports whether a request is for the page: one that prefers HTML, or
// has the query of a link and asks for no image, as programs do that preview links
// and take anything. Without a query those get what the original answered.
func wantsPage(r *http.Request) bool {
	accept := strings.ToLower(r.Header.Get("Accept"))
	names := strings.Contains(accept, "image/") || strings.Contains(accept, "text/html")
	return prefersHTML(accept) || (r.URL.RawQuery != "" && !names)
}

// prefersHTML reports whether an Accept header (RFC 9110) names text/html with
// a quality that is not below that of image/png. Wildcards are not enough:
// curl and <img> send those.
func prefersHTML(accept string) bool {
	html, png := 0.0, 0.0
	for item := range strings.SplitSeq(accept, ",") {
		kind, parameters, _ := strings.Cut(item, ";")
		switch strings.ToLower(strings.TrimSpace(kind)) {
		case "text/html":
			html = max(html, quality(parameters))
		case "image/png":
			png = max(png, quality(parameters))
		}
	}
	return html > 0 && html >= png
}

// quality is the q parameter of a media range, 1 if there is none that can be
// read.
func quality(parameters string) float64 {
	for p := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(p), "=")
		if strings.EqualFold(name, "q") {
			if q, err := strconv.ParseFloat(strings.TrimSpace(value), 64); err == nil {
				return q
			}
		}
	}
	return 1
}

// generate answers /generate/{width}/{height}: the original's picture, or with
// a query a plain view.
func (s *Server) generate(c *gin.Context) {
	asked, err := s.targets.read(c.Request.URL, func() (*target, error) {
		return s.target(c.Param("width"), c.Param("height"), c.Request.URL)
	})
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, asked)
}

// target reads what the path and the query of a request ask for.
func (s *Server) target(pathWidth, pathHeight string, u *url.URL) (*target, error) {
	width, okWidth := pathInt(pathWidth)
	height, okHeight := pathInt(pathHeight)
	if !okWidth || !okHeight {
		return nil, errNoRoute
	}
	query, err := parseQuery(u)
	if err != nil {
		return nil, err
	}
	if len(query) == 0 {
		return newTarget(spec.Original(width, height), s.caching.brief), nil
	}
	wanted, err := spec.FromQuery(width, height, query)
	if err != nil {
		return nil, err
	}
	if err := s.allowed(wanted); err != nil {
		return nil, err
	}
	return newTarget(wanted, s.caching.brief), nil
}

// allowed checks whether a Spec is within the limits of what clients may wait for.
func (s *Server) allowed(wanted spec.Spec) error {
	if err := s.cfg.Limits.Check(wanted); err != nil {
		return err
	}
	return s.cfg.Sync.check(wanted)
}

// pathInt reads a path segment of ASCII digits, as the original's routes do: no
// sign, no point, of any length. What overflows is as good as the largest.
func pathInt(segment string) (int, bool) {
	if !isNumber(segment) {
		return 0, false
	}
	n, err := strconv.Atoi(segment)
	if err != nil {
		return math.MaxInt, true
	}
	return n, true
}

// isNumber reports whether a path segment is ASCII digits.
func isNumber(segment string) bool { return segment != "" && strings.Trim(segment, "0123456789") == "" }

// answer sends the picture of a Spec that is normalised and within the limits,
// waiting for it as long as the client likes and the farm allows.
func (s *Server) answer(c *gin.Context, asked *target) {
	about(c, asked.id)
	if s.settled(c, asked.label, false) { // nothing need be drawn for that: the tag is known
		return
	}
	if p := s.pictures.kept(asked.id); p != nil {
		_ = s.serve(c, asked.label, p, FromMemory) // nothing is read
		return
	}
	withID(func(c *gin.Context) { s.findAndServe(c, asked) })(c)
}

// findAndServe sends a picture that is not in memory.
func (s *Server) findAndServe(c *gin.Context, asked *target) {
	p, how, err := s.find(c, asked)
	switch {
	case err == nil:
		if err := s.serve(c, asked.label, p, how); errors.Is(err, storage.ErrDamaged) {
			s.mend(job.Status{}, p) // the next request finds none, and has it drawn
		}
	case errors.Is(err, errPromise):
		s.promise(c, asked.spec)
	default:
		s.fail(c, err)
	}
}

// errPromise: the client prefers a 202 to waiting any longer.
var errPromise = errors.New("client prefers not to wait")

// find looks for a picture as the client's preferences have it, and has it drawn if the client may.
func (s *Server) find(c *gin.Context, asked *target) (*picture, Answer, error) {
	prefer := s.preference(c)
	ctx, cancel := prefer.limit(c.Request.Context())
	defer cancel()
	if err := s.countRequest(c); err != nil {
		return nil, "", err
	}
	if wantsLess(c.Request) {
		if p, how, err := s.pictures.described(ctx, asked.id, asked.spec.Format); p != nil || err != nil {
			return p, how, err
		}
	}
	p, how, err := s.pictures.stored(ctx, asked.id, asked.spec.Format)
	if p != nil || err != nil && !errors.Is(err, errDamaged) {
		return p, how, err
	}
	if err := s.mayDraw(c, asked.spec); err != nil {
		return nil, "", err
	}
	if prefer.given && prefer.wait == 0 {
		return nil, "", errPromise
	}
	p, how, err = s.pictures.await(ctx, asked)
	if prefer.given && errors.Is(err, errWaited) {
		err = errPromise
	}
	return p, how, err
}

// preference is what a client would rather have than wait. To those who may not have jobs drawn nothing is promised, since
// that would make one.
func (s *Server) preference(c *gin.Context) preference {
	p := parsePrefer(c.Request.Header)
	if p.given && !s.may(c, access.Submit) {
		return preference{}
	}
	return p
}

// mayDraw checks whether a picture is drawn for whoever asks, who pays for it then.
func (s *Server) mayDraw(c *gin.Context, wanted spec.Spec) error {
	if !s.may(c, access.Submit) {
		if err := s.cfg.Strangers.checkStranger(wanted); err != nil {
			return err
		}
	}
	return s.pay(c, wanted)
}

// promise makes a job of a request and answers 202.
func (s *Server) promise(c *gin.Context, wanted spec.Spec) {
	st, err := s.accept(c.Request.Context(), wanted, job.Terms{Client: s.clientOnRecord(c)}, nil) // it was paid for by find
	if err != nil {
		s.fail(c, err)
		return
	}
	s.note(c, Promised)
	strict(c)
	c.Header("Preference-Applied", parsePrefer(c.Request.Header).applied())
	s.accepted(c, st, nil)
}

// acceptance is the body of an answer with a job that was asked for.
type acceptance struct {
	job.Status
	// Warnings are what the file of another program asks for and will not get.
	Warnings []foreign.Loss `json:"warnings,omitempty"`
	Quote    *job.Quote     `json:"quote,omitempty"`
}

// accepted answers with a job: 202, or 200 if its picture exists.
func (s *Server) accepted(c *gin.Context, st job.Status, losses []foreign.Loss) {
	about(c, st.ID)
	status, answer := http.StatusOK, acceptance{Status: st, Warnings: losses}
	if st.State != job.Done {
		status, answer.Quote = http.StatusAccepted, s.quoteAtOnce(c.Request.Context(), st.Spec)
	}
	c.Header("Location", "/jobs/"+string(st.ID))
	c.Header("Cache-Control", "no-store")
	c.JSON(status, answer)
}
