package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// otlpClient sends spans to a collector by OTLP over HTTP. OpenTelemetry's own (otlptracehttp) links gRPC, whose templates
// keep the linker from dropping what nobody calls: 19 MB for what these lines do. It implements otlptrace.Client. What
// cannot be sent is lost; the next batch is tried anew.
type otlpClient struct {
	http    http.Client
	url     string
	headers http.Header
}

func newOTLPClient(s tracingSettings) (*otlpClient, error) {
	headers, err := otlpHeaders(string(s.headers))
	if err != nil {
		return nil, err
	}
	return &otlpClient{
		http:    http.Client{Timeout: time.Duration(s.timeout) * time.Millisecond},
		url:     strings.TrimSuffix(s.endpoint, "/") + "/v1/traces",
		headers: headers,
	}, nil
}

// errHeaders does not repeat the headers, which may hold a key.
var errHeaders = errors.New("want name=value,name=value, values percent-encoded")

// otlpHeaders reads OTEL_EXPORTER_OTLP_HEADERS, which has the form of W3C baggage.
func otlpHeaders(list string) (http.Header, error) {
	headers := http.Header{"Content-Type": {"application/x-protobuf"}}
	if list == "" {
		return headers, nil
	}
	for pair := range strings.SplitSeq(list, ",") {
		name, escaped, ok := strings.Cut(strings.TrimSpace(pair), "=")
		value, err := url.PathUnescape(strings.TrimSpace(escaped))
		if name = strings.TrimSpace(name); !ok || name == "" || err != nil {
			return nil, errHeaders
		}
		headers.Set(name, value)
	}
	return headers, nil
}

// Start implements otlptrace.Client: there is nothing to connect.
func (*otlpClient) Start(context.Context) error { return nil }

// Stop implements otlptrace.Client.
func (c *otlpClient) Stop(context.Context) error {
	c.http.CloseIdleConnections()
	return nil
}

// UploadTraces implements otlptrace.Client.
func (c *otlpClient) UploadTraces(ctx context.Context, spans []*tracepb.ResourceSpans) error {
	// The bytes of an ExportTraceServiceRequest are those of this, which comes without gRPC.
	body, err := proto.Marshal(&tracepb.TracesData{ResourceSpans: spans})
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header = c.headers.Clone()
	response, err := c.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	// A connection whose answer was read serves the next batch.
	_, _ = io.CopyN(io.Discard, response.Body, 64<<10)
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("%s answers %s", c.url, response.Status)
	}
	return nil
}
