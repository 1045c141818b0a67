package api

import (
	"time"

	"github.com/gin-gonic/gin"

	"mandelfarm/job"
)

// Observer hears what a server does, for metrics. Its methods are called at the same time and return at once.
type Observer interface {
	// Route returns what hears of each request for a route once it is answered. It is called once for each
	// route, as the table in routes.go has it, and for "" once, which is everything else.
	Route(route string) func(method string, status int, took time.Duration)
	// Answered hears that a picture was sent, or another answer given in its place.
	Answered(how Answer)
	// Waiting hears that a client begins to wait for a picture (1), or no longer does (-1).
	Waiting(change int)
	// Accepted hears that a job is on record because somebody has asked for it.
	Accepted()
	// Ended hears that a job has ended by a request.
	Ended(state job.State)
}

// Answer says how a request for a picture was answered.
type Answer string

// The answers.
const (
	FromMemory  Answer = "memory"       // the picture was in this process
	FromStorage Answer = "storage"      // it was stored
	Drawn       Answer = "drawn"        // a worker was waited for
	Joined      Answer = "joined"       // a search was waited for that another request had begun
	NotModified Answer = "not_modified" // the client has the picture
	Promised    Answer = "promised"     // it will be drawn as a job
)

// Answers lists every answer.
func Answers() []Answer {
	return []Answer{FromMemory, FromStorage, Drawn, Joined, NotModified, Promised}
}

// header is the value of [answeredHeader], shared by all answers.
func (a Answer) header() []string { return answers[a] }

var answers = headerValues() //nolint:gochecknoglobals // a constant

func headerValues() map[Answer][]string {
	values := make(map[Answer][]string)
	for _, a := range Answers() {
		values[a] = []string{string(a)}
	}
	return values
}

// observe has the observer hear of a request that was answered, or whose handler has panicked.
func (s *Server) observe(c *gin.Context, took time.Duration) {
	s.observers[c.FullPath()](c.Request.Method, c.Writer.Status(), took)
}

// routeObservers are those of the routes, made once: a request that is answered from memory has no time to look labels up.
func routeObservers(all gin.RoutesInfo, o Observer) map[string]func(method string, status int, took time.Duration) {
	observers := map[string]func(string, int, time.Duration){"": o.Route("")}
	for _, r := range all {
		if observers[r.Path] == nil {
			observers[r.Path] = o.Route(r.Path)
		}
	}
	return observers
}

// nobody hears nothing.
type nobody struct{}

func (nobody) Route(string) func(string, int, time.Duration) {
	return func(string, int, time.Duration) {}
}
func (nobody) Answered(Answer) {}
func (nobody) Waiting(int)     {}
func (nobody) Accepted()       {}
func (nobody) Ended(job.State) {}
