package main

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"

	"mandelfarm/internal/tracing"
	"mandelfarm/renderer/spec"
)

// What OTEL_TRACES_EXPORTER may be.
const (
	exportNothing = "none"
	exportOTLP    = "otlp"
)

// otlpProtocol is the one that is spoken; the other that OpenTelemetry has is gRPC.
const otlpProtocol = "http/protobuf"

// openTracer is a tracer for a process of the farm, nil if nothing is to be traced. How many spans there are and under
// which names, the SDK reads from the variables that OpenTelemetry has for that.
func openTracer(ctx context.Context, s *settings, service string, log *slog.Logger) (*tracing.Tracer, error) {
	if s.tracing.exporter == exportNothing {
		return nil, nil //nolint:nilnil // nil traces nothing
	}
	client, err := newOTLPClient(s.tracing)
	if err != nil {
		return nil, err
	}
	exporter, err := otlptrace.New(ctx, client)
	if err != nil {
		return nil, fmt.Errorf("open exporter of traces: %w", err)
	}
	described, err := resource.New(ctx, resource.WithAttributes(
		attribute.String("service.name", service), attribute.String("mandelfarm.renderer.version", spec.Version)),
		resource.WithTelemetrySDK(), resource.WithHost(), resource.WithProcessPID(), resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("describe this process (OTEL_RESOURCE_ATTRIBUTES): %w", err)
	}
	faults := &exportErrors{ctx: context.WithoutCancel(ctx), log: log}
	otel.SetErrorHandler(faults) // there is one for the whole process
	return tracing.New(ctx, trace.NewTracerProvider(trace.WithBatcher(exporter), trace.WithResource(described)), faults.Handle), nil
}

func closeTracer(ctx context.Context, t *tracing.Tracer, log *slog.Logger) {
	logClose(ctx, log, "traces", t.Close(context.WithoutCancel(ctx)))
}

// exportErrors logs what the SDK reports, once a minute at most: a collector that is away would fill the log.
type exportErrors struct {
	ctx  context.Context //nolint:containedctx // the SDK reports without one
	log  *slog.Logger
	last atomic.Int64 // Unix seconds
}

// Handle implements [otel.ErrorHandler].
func (e *exportErrors) Handle(err error) {
	now := time.Now().Unix()
	if last := e.last.Load(); now-last < 60 || !e.last.CompareAndSwap(last, now) {
		return
	}
	e.log.LogAttrs(e.ctx, slog.LevelWarn, "traces not sent", slog.Any("err", err))
}

// service is what traces call a process, unless OTEL_SERVICE_NAME does.
func (d duty) service() string {
	switch d {
	case onlyServes:
		return "mandelfarm-api"
	case onlyDraws:
		return "mandelfarm-worker"
	}
	return "mandelfarm"
}
