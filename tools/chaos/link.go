package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"testing"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/Shopify/toxiproxy/v2/toxics"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
)

// link is a process's way to a server.
type link struct {
	proxy  *toxiproxy.Proxy
	server string // where it leads when all is well
}

// links makes links.
type links struct{ host *toxiproxy.ApiServer }

func newLinks() *links {
	return &links{host: toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())}
}

// to makes a link to a server, which ends with the test.
func (l *links) to(tb testing.TB, server string) *link {
	tb.Helper()
	w := &link{proxy: toxiproxy.NewProxy(l.host, "", "127.0.0.1:0", server), server: server}
	require.NoError(tb, w.proxy.Start())
	tb.Cleanup(w.proxy.Stop)
	return w
}

// address is where the process finds the server.
func (w *link) address() string { return w.proxy.Listen }

// lead has the link lead somewhere, or nowhere if that is "". Connections are cut.
func (w *link) lead(tb testing.TB, server string) {
	tb.Helper()
	way := &toxiproxy.Proxy{Listen: w.proxy.Listen, Upstream: w.server}
	require.NoError(tb, w.proxy.Update(way)) // off: one that is on is not begun anew
	if server == "" {
		return
	}
	way.Upstream, way.Enabled = server, true
	require.NoError(tb, w.proxy.Update(way))
}

// Directions of what a [toxic] spoils.
const (
	answers  = "downstream"
	requests = "upstream"
)

// toxic is what is wrong with a link, as toxiproxy names it.
type toxic struct {
	Type       string         `json:"type"`
	Stream     string         `json:"stream"` // answers or requests
	Attributes map[string]int `json:"attributes"`
}

func (w *link) spoil(tb testing.TB, t toxic) {
	tb.Helper()
	text, err := json.Marshal(t)
	require.NoError(tb, err)
	_, err = w.proxy.Toxics.AddToxicJson(bytes.NewReader(text))
	require.NoError(tb, err)
}

// heal ends all that is wrong with the link.
func (w *link) heal(tb testing.TB) {
	tb.Helper()
	w.proxy.Toxics.ResetToxics(context.Background())
	if !w.proxy.Enabled || w.proxy.Upstream != w.server {
		w.lead(tb, w.server)
	}
}

// flip is a toxic that turns a bit in every so many large pieces of what passes. The heads of answers are small pieces or stand at the
// beginning of one, and stay as they are: no protocol without checksums can tell that a status was another.
type flip struct {
	Every int `json:"every"`
}

const (
	flipType  = "flip"
	flipLeast = 2 << 10 // bytes of a piece
)

func init() { toxics.Register(flipType, &flip{}) } //nolint:gochecknoinits // toxiproxy makes toxics by their registered names

// Pipe passes pieces on.
func (f *flip) Pipe(stub *toxics.ToxicStub) {
	for large := 0; ; {
		select {
		case <-stub.Interrupt:
			return
		case piece := <-stub.Input:
			if piece == nil {
				stub.Close()
				return
			}
			if n := len(piece.Data); n >= flipLeast {
				if large++; large%f.Every == 0 {
					piece.Data[n-n/4] ^= 1
				}
			}
			stub.Output <- piece
		}
	}
}
