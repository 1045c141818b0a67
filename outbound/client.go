package outbound

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"syscall"
	"time"
)

// Timeout is how long a request may take, from the resolution of the name to the end of the answer.
const Timeout = 10 * time.Second

// most is how many bytes are read of the headers of an answer, and of its body.
const most = 64 << 10

// Client asks as a policy allows. It is safe for concurrent use.
type Client struct {
	policy Policy
	http   *http.Client
}

// NewClient is a client that keeps to a policy.
func NewClient(p Policy) *Client {
	dialer := &net.Dialer{Timeout: Timeout, Control: func(_, address string, _ syscall.RawConn) error { return p.mayDial(address) }}
	return &Client{policy: p, http: &http.Client{
		Timeout:       Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext: dialer.DialContext, Proxy: nil, ForceAttemptHTTP2: true, MaxResponseHeaderBytes: most,
			DisableCompression: true, MaxIdleConnsPerHost: 1, IdleConnTimeout: Timeout,
		},
	}}
}

// Post sends a body, and returns the status of the answer. An error says that there was none.
func (c *Client) Post(ctx context.Context, address string, header http.Header, body []byte) (status int, err error) {
	if err := c.policy.Check(address); err != nil {
		return 0, fmt.Errorf("the address %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return 0, errURL
	}
	request.Header = header
	answer, err := c.http.Do(request)
	if err != nil {
		return 0, nameless(err)
	}
	defer answer.Body.Close()
	// A body that is read lets the connection be used again, and matters no further.
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, most))
	return answer.StatusCode, nil
}

// nameless is an error without the URL, which may be secret, in front of it.
func nameless(err error) error {
	if in, ok := errors.AsType[*url.Error](err); ok {
		return in.Err
	}
	return err
}
