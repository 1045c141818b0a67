package api

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"mandelfarm/access"
)

// Anonymous says what those may do who have no key.
type Anonymous string

// What can be said.
const (
	// AnonymousAuto is everything for whoever is on the farm's own machine, and to read for others.
	AnonymousAuto   Anonymous = "auto"
	AnonymousOff    Anonymous = "off"
	AnonymousRead   Anonymous = "read"
	AnonymousSubmit Anonymous = "submit"
)

// everybody is what even those may do who have no key and come from elsewhere. It never is to operate.
func (a Anonymous) everybody() access.Role {
	switch a {
	case AnonymousAuto, AnonymousRead:
		return access.Read
	case AnonymousSubmit:
		return access.Submit
	case AnonymousOff:
	}
	return access.None
}

// needs refuses requests of those who may not do what takes a role.
func (s *Server) needs(role access.Role) gin.HandlerFunc {
	return func(c *gin.Context) {
		if err := s.authorize(c, role); err != nil {
			s.fail(c, err)
		}
	}
}

// asked hands on requests of those who may do what takes a role, and takes them from their budgets. What is answered is no
// picture.
func (s *Server) asked(role access.Role, handle gin.HandlerFunc) gin.HandlerFunc {
	return func(c *gin.Context) {
		strict(c)
		err := s.authorize(c, role)
		if err == nil {
			err = s.countRequest(c)
		}
		if err != nil {
			s.fail(c, err)
			return
		}
		handle(c)
	}
}

// authorize checks whether a request may do what takes a role. One without a key that may is not looked at any further, so
// that a farm without keys is none the slower.
func (s *Server) authorize(c *gin.Context, need access.Role) error {
	given := c.Request.Header["Authorization"]
	if given == nil && need <= s.everybody {
		return nil
	}
	text, ok, err := bearer(given)
	if err != nil {
		return err
	}
	if !ok {
		return unlessEnough(s.anonymous(c.Request), need, errNoKey)
	}
	e := exchangeOf(c)
	if e.key, err = s.keys.find(text, e.began); err != nil {
		return err
	}
	return unlessEnough(e.key.role, need, errRole)
}

func unlessEnough(has, need access.Role, otherwise error) error {
	if has >= need {
		return nil
	}
	return fmt.Errorf("%w: this takes the role %s", otherwise, need)
}

// bearer is the key in a header; false if there is none. Credentials of other schemes are for a proxy in front.
func bearer(given []string) (text string, ok bool, err error) {
	if len(given) == 0 {
		return "", false, nil
	}
	if text, ok := strings.CutPrefix(given[0], "Bearer "); ok && len(given) == 1 { // as nearly everybody writes it
		return text, true, nil
	}
	scheme, text, _ := strings.Cut(given[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", false, nil
	}
	if len(given) > 1 {
		return "", false, errBadKey
	}
	return text, true, nil
}

// anonymous is what a request without a key may do.
func (s *Server) anonymous(r *http.Request) access.Role {
	if s.cfg.Anonymous == AnonymousAuto && s.isLocal(r) {
		return access.Operate
	}
	return s.everybody
}

// may reports whether whoever asks may do what takes a role.
func (s *Server) may(c *gin.Context, role access.Role) bool {
	if key := exchangeOf(c).key; key != nil {
		return key.role >= role
	}
	return s.everybody >= role || s.anonymous(c.Request) >= role
}

// client names whoever asks, as budgets know them: a key, or a network.
func (s *Server) client(c *gin.Context) string {
	if key := exchangeOf(c).key; key != nil {
		return "key:" + key.id
	}
	return "address:" + narrow(s.proxies.client(c.Request))
}

// clientOnRecord names whoever asks, as those may see it who see jobs: a key by its ID, or a network that many are in.
func (s *Server) clientOnRecord(c *gin.Context) string {
	if key := exchangeOf(c).key; key != nil {
		return "key:" + key.id
	}
	return "network:" + wide(s.proxies.client(c.Request))
}
