package api

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"mandelfarm/access"
	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

// How long a link is good for.
const (
	standardLink = 24 * time.Hour
	maxLink      = 30 * 24 * time.Hour
)

// linkQuery is what a link follows in the address of a picture.
const linkQuery = "link="

// signedLink is the body of an answer with a link.
type signedLink struct {
	URL       string    `json:"url"` // on this farm
	ExpiresAt time.Time `json:"expires_at"`
}

// link answers POST /jobs/{id}/link?for=.
func (s *Server) link(c *gin.Context) {
	ctx := c.Request.Context()
	query, err := parseQuery(c.Request.URL)
	var validity time.Duration
	if err == nil {
		validity, err = linkValidity(query)
	}
	var st job.Status
	if err == nil {
		st, err = s.job(c)
	}
	var signer access.Key
	if err == nil {
		signer, err = s.signer(ctx)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	until := time.Now().Add(validity).Truncate(time.Second).UTC()
	signed := signedLink{"/jobs/" + string(st.ID) + "/image?" + linkQuery + signer.Link(string(st.ID), until), until}
	c.Header("Location", signed.URL)
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusCreated, signed)
}

func linkValidity(query url.Values) (time.Duration, error) {
	if err := checkNames(query, "for"); err != nil || !query.Has("for") {
		return standardLink, err
	}
	d, err := time.ParseDuration(query.Get("for"))
	if err != nil || d < time.Second || d > maxLink {
		return 0, &spec.FieldError{Field: "for", Reason: fmt.Sprintf("must be a duration from 1s to %s, such as 24h", maxLink)}
	}
	return d, nil
}

// signer is a key that signs links. The first link of a farm makes one.
func (s *Server) signer(ctx context.Context) (access.Key, error) {
	if k, ok := s.keys.signer(); ok {
		return k, nil
	}
	k := access.NewSigningKey(time.Now())
	if err := s.deps.Ledger.AddKey(ctx, k); err != nil {
		return k, err
	}
	if err := s.keys.reread(ctx); err != nil {
		return k, err
	}
	if err := hint(ctx, s.deps.Keys.PublishKeys); err != nil { // the others find out by themselves
		s.deps.Log.LogAttrs(ctx, slog.LevelWarn, "keys not announced", slog.Any("err", err))
	}
	return k, nil
}

// needsLinkOr lets those in who have a link to the picture, which is the whole query, and those with a role.
func (s *Server) needsLinkOr(role access.Role) gin.HandlerFunc {
	otherwise := s.needs(role)
	return func(c *gin.Context) {
		link, ok := strings.CutPrefix(c.Request.URL.RawQuery, linkQuery)
		if !ok || !s.keys.signedBy(access.LinkKey(link)).Opens(c.Param("id"), link, time.Now()) {
			otherwise(c)
		}
	}
}

// withoutSecrets is a query without what opens something, here or at a webhook, however it is written.
func withoutSecrets(query string) string {
	if strings.HasPrefix(query, linkQuery) {
		return linkQuery + "..."
	}
	pairs := strings.Split(query, "&")
	for i, pair := range pairs {
		plain, err := url.QueryUnescape(pair)
		if err != nil {
			plain = pair
		}
		if strings.Contains(plain, "webhook") && !strings.HasPrefix(plain, "webhook_progress=") {
			pairs[i] = "webhook=..."
		}
	}
	return strings.Join(pairs, "&")
}
