package api

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// preference is what a client's Prefer headers (RFC 7240) say of waiting.
type preference struct {
	async bool          // rather 202 than wait
	wait  time.Duration // and yet wait so long
	given bool          // either was said
}

// maxWait keeps a client's number of seconds from overflowing a duration.
const maxWait = 24 * 60 * 60

// parsePrefer reads respond-async and wait=N. Other preferences, and a wait
// that is not a number of seconds, are ignored, as the RFC has it. Of
// preferences given twice the first counts.
func parsePrefer(h http.Header) preference {
	var p preference
	waits := false
	for _, line := range h.Values("Prefer") {
		for token := range strings.SplitSeq(line, ",") {
			token, _, _ = strings.Cut(token, ";")
			name, value, _ := strings.Cut(token, "=")
			switch strings.ToLower(strings.TrimSpace(name)) {
			case "respond-async":
				p.async, p.given = true, true
			case "wait":
				seconds, err := strconv.ParseUint(strings.Trim(strings.TrimSpace(value), `"`), 10, 31)
				if err == nil && !waits {
					p.wait, p.given, waits = time.Duration(min(seconds, maxWait))*time.Second, true, true
				}
			}
		}
	}
	return p
}

// limit ends a context when a client that waits for a while has waited for so long.
func (p preference) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	if p.wait == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, p.wait, errPromise)
}

// applied is the Preference-Applied header of a 202.
func (p preference) applied() string {
	if p.async {
		return "respond-async"
	}
	return "wait=" + strconv.Itoa(int(p.wait/time.Second))
}
