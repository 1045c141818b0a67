package tracing_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"mandelfarm/internal/tracing"
)

// newTracer is a tracer, and where its spans go when they are flushed.
func newTracer(t *testing.T, options ...sdk.TracerProviderOption) (*tracing.Tracer, *tracetest.InMemoryExporter) {
	t.Helper()
	exported := tracetest.NewInMemoryExporter()
	options = append(options, sdk.WithBatcher(exported, sdk.WithBatchTimeout(time.Hour)))
	tracer := tracing.New(t.Context(), sdk.NewTracerProvider(options...), func(err error) { t.Error(err) })
	t.Cleanup(func() { require.NoError(t, tracer.Close(context.Background())) })
	return tracer, exported
}

// TestWhatIsInNoTraceCostsNothing, be it that nothing is traced or that it came through no door.
func TestWhatIsInNoTraceCostsNothing(t *testing.T) { //nolint:paralleltest // it counts allocations
	var off *tracing.Tracer
	ctx, span := off.Continue(t.Context(), nothing, tracing.Server, "door")
	require.Equal(t, t.Context(), ctx)
	span.End(nil)
	off.Flush()
	require.NoError(t, off.Close(ctx))
	headers := map[string]string{}
	tracing.Inject(ctx, headers)
	require.Empty(t, headers)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		inner, span := tracing.Start(ctx, tracing.Client, "inner")
		span.Set()
		span.End(nil)
		if inner != ctx {
			t.Error("a context of its own")
		}
	}))
}

// TestATraceGoesOnInAnotherProcess, and spans say what they are told.
func TestATraceGoesOnInAnotherProcess(t *testing.T) {
	t.Parallel()
	here, exported := newTracer(t)
	there, alsoExported := newTracer(t)
	ctx, door := here.Continue(t.Context(), nothing, tracing.Server, "door", slog.String("route", "/"))
	inner, queued := tracing.Start(ctx, tracing.Producer, "queued", slog.Int("band", 3), slog.Duration("after", time.Second))
	headers := map[string]string{}
	tracing.Inject(inner, headers)
	_, task := there.Continue(t.Context(), func(name string) string { return headers[name] }, tracing.Consumer, "task")
	task.End(errors.New("boom"))
	queued.End(nil)
	door.Set(slog.Int("status", 202))
	door.End(nil)
	here.Flush()
	there.Flush()
	require.Eventually(t, func() bool { return len(exported.GetSpans()) == 2 && len(alsoExported.GetSpans()) == 1 }, 30*time.Second, time.Millisecond,
		"flushed long before the batch is due")

	inside, outside, other := exported.GetSpans()[0], exported.GetSpans()[1], alsoExported.GetSpans()[0]
	require.Equal(t, []string{"queued", "door", "task"}, []string{inside.Name, outside.Name, other.Name})
	require.Equal(t, outside.SpanContext.SpanID(), inside.Parent.SpanID())
	require.Equal(t, inside.SpanContext.SpanID(), other.Parent.SpanID())
	require.Equal(t, outside.SpanContext.TraceID(), other.SpanContext.TraceID())
	require.Equal(t, []trace.SpanKind{trace.SpanKindProducer, trace.SpanKindServer, trace.SpanKindConsumer},
		[]trace.SpanKind{inside.SpanKind, outside.SpanKind, other.SpanKind})
	require.Equal(t, sdk.Status{Code: codes.Error, Description: "boom"}, other.Status)
	require.Equal(t, codes.Unset, outside.Status.Code)
	require.Equal(t, map[string]any{"band": int64(3), "after": "1s"}, said(inside))
	require.Equal(t, map[string]any{"http.route": "/", "http.response.status_code": int64(202)}, said(outside))
}

func nothing(string) string { return "" }

func said(s tracetest.SpanStub) map[string]any {
	m := make(map[string]any)
	for _, a := range s.Attributes {
		m[string(a.Key)] = a.Value.AsInterface()
	}
	return m
}

// TestWhatIsNotSampledIsNotSampledFurtherOn: whoever began the trace has decided.
func TestWhatIsNotSampledIsNotSampledFurtherOn(t *testing.T) {
	t.Parallel()
	never, _ := newTracer(t, sdk.WithSampler(sdk.NeverSample()))
	always, exported := newTracer(t)
	ctx, door := never.Continue(t.Context(), nothing, tracing.Server, "door")
	headers := map[string]string{}
	tracing.Inject(ctx, headers)
	_, task := always.Continue(t.Context(), func(name string) string { return headers[name] }, tracing.Consumer, "task")
	task.End(nil)
	door.End(nil)
	_, last := always.Continue(t.Context(), nothing, tracing.Server, "another trace")
	last.End(nil)
	always.Flush()
	require.Eventually(t, func() bool { return len(exported.GetSpans()) > 0 }, 30*time.Second, time.Millisecond)
	require.Equal(t, "another trace", exported.GetSpans()[0].Name)
	require.Len(t, exported.GetSpans(), 1)
}
