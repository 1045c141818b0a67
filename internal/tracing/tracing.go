// Package tracing follows a request through the farm: from the answer of an API through the queue to the workers that draw,
// plan and assemble, with what they ask of Redis and storage on the way.
//
// # Model
//
// A [Span] is a stretch of work. A [Tracer] begins those at the doors of a process, where a request or a task comes in:
// they go on with the trace that came along, or begin one ([Tracer.Continue]). All other spans are within the one of their
// context ([Start]), and where there is none nothing is traced and nothing is paid. So only doors need a Tracer, and what a
// process does by itself, such as asking for work or renewing claims, is in no trace.
//
// What is sent to another process carries the trace as the W3C has it: a traceparent ([Inject]).
//
// The package is the farm's only word on OpenTelemetry, but for cmd/mandelfarm, which says where spans go. Attributes are
// those of package log/slog, so that a log and a trace say the same; those that OpenTelemetry has names for get these.
package tracing

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"mandelfarm/internal/logging"
)

// scope names the farm as the maker of its spans.
const scope = "mandelfarm"

// Kind says on which side of which boundary a span is.
type Kind trace.SpanKind

// The kinds of span.
const (
	Internal = Kind(trace.SpanKindInternal)
	Server   = Kind(trace.SpanKindServer)   // answers a request
	Client   = Kind(trace.SpanKindClient)   // waits for a server
	Producer = Kind(trace.SpanKindProducer) // queues a task
	Consumer = Kind(trace.SpanKindConsumer) // does one
)

// Provider is where spans go: the provider of OpenTelemetry's SDK.
type Provider interface {
	trace.TracerProvider
	ForceFlush(ctx context.Context) error
	Shutdown(ctx context.Context) error
}

// Tracer begins spans at a door. One that is nil traces nothing. It is safe for concurrent use.
type Tracer struct {
	provider Provider
	tracer   trace.Tracer

	report   func(error)
	flushes  chan struct{} // capacity 1
	stop     context.CancelFunc
	flushing sync.WaitGroup
}

// New is a tracer whose spans go to p. What cannot be flushed is reported. The tracer is to be closed, and does not end
// with ctx.
func New(ctx context.Context, p Provider, report func(error)) *Tracer {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	t := &Tracer{provider: p, tracer: p.Tracer(scope), report: report, flushes: make(chan struct{}, 1), stop: stop}
	t.flushing.Go(func() { t.keepFlushing(ctx) })
	return t
}

// flushLimit is how long a collector may take for what is flushed.
const flushLimit = 5 * time.Second

func (t *Tracer) keepFlushing(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.flushes:
			limited, cancel := context.WithTimeout(ctx, flushLimit)
			if err := t.provider.ForceFlush(limited); err != nil && ctx.Err() == nil {
				t.report(err)
			}
			cancel()
		}
	}
}

// Flush has the spans that have ended sent at once, so that a process that is killed loses few. It does not wait.
func (t *Tracer) Flush() {
	if t == nil {
		return
	}
	select {
	case t.flushes <- struct{}{}:
	default: // another is due
	}
}

// Close sends what is left and ends the provider.
func (t *Tracer) Close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	t.stop()
	t.flushing.Wait()
	ctx, cancel := context.WithTimeout(ctx, flushLimit)
	defer cancel()
	return t.provider.Shutdown(ctx)
}

// Continue begins the span of what has come in, with the headers that get returns: within the span it was sent from, or in
// a trace of its own. Log lines with the context have the trace's ID under "trace".
func (t *Tracer) Continue(ctx context.Context, get func(name string) string, kind Kind, name string, attrs ...slog.Attr) (context.Context, Span) {
	if t == nil {
		return ctx, Span{}
	}
	ctx = propagation.TraceContext{}.Extract(ctx, incoming{get: get})
	ctx, span := t.tracer.Start(ctx, name, options(kind, attrs)...)
	return logging.With(ctx, slog.String("trace", span.SpanContext().TraceID().String())), Span{span}
}

// Start begins a span within the one of ctx, if that is recorded.
func Start(ctx context.Context, kind Kind, name string, attrs ...slog.Attr) (context.Context, Span) {
	outer := trace.SpanFromContext(ctx)
	if !outer.IsRecording() {
		return ctx, Span{}
	}
	ctx, span := outer.TracerProvider().Tracer(scope).Start(ctx, name, options(kind, attrs)...)
	return ctx, Span{span}
}

// Inject adds to headers what lets another process go on with the trace of ctx.
func Inject(ctx context.Context, headers map[string]string) {
	propagation.TraceContext{}.Inject(ctx, propagation.MapCarrier(headers))
}

// Span is a stretch of work. The zero Span is none.
type Span struct{ span trace.Span }

// Set says something about the span.
func (s Span) Set(attrs ...slog.Attr) {
	if s.span != nil {
		s.span.SetAttributes(convert(attrs)...)
	}
}

// End ends the span, which has failed if err is not nil.
func (s Span) End(err error) {
	if s.span == nil {
		return
	}
	if err != nil {
		s.span.SetStatus(codes.Error, err.Error())
	}
	s.span.End()
}

func options(kind Kind, attrs []slog.Attr) []trace.SpanStartOption {
	return []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKind(kind)), trace.WithAttributes(convert(attrs)...)}
}

// convert makes OpenTelemetry's attributes of slog's.
func convert(attrs []slog.Attr) []attribute.KeyValue {
	converted := make([]attribute.KeyValue, len(attrs))
	for i, a := range attrs {
		key := attribute.Key(conventional(a.Key))
		if a.Value.Kind() == slog.KindInt64 {
			converted[i] = key.Int64(a.Value.Int64())
		} else {
			converted[i] = key.String(a.Value.String())
		}
	}
	return converted
}

// conventional is what OpenTelemetry calls what the log calls key.
func conventional(key string) string {
	switch key {
	case "method":
		return "http.request.method"
	case "route":
		return "http.route"
	case "path":
		return "url.path"
	case "status":
		return "http.response.status_code"
	case "database":
		return "db.system.name"
	case "commands":
		return "db.operation.batch.size"
	}
	return key
}

// incoming is a carrier that is only read.
type incoming struct {
	propagation.MapCarrier
	get func(string) string
}

// Get implements [propagation.TextMapCarrier].
func (i incoming) Get(key string) string { return i.get(key) }
