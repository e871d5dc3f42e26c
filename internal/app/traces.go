package app

import (
	"context"
	"fmt"
	"time"

	"checkoutd/internal/telemetry"
	"checkoutd/internal/tracing"
)

// flushTime is how long a stopping server may take to send its last spans.
const flushTime = 5 * time.Second

// startTraces makes work be traced, if there is a collector, and log lines name
// the trace that they belong to.
func (a *App) startTraces(ctx context.Context) (err error) {
	c := a.cfg
	if c.TracesURL == "" {
		return nil
	}

	a.traces, err = telemetry.NewTraces(ctx, telemetry.TracesConfig{
		URL:        c.TracesURL,
		Headers:    c.HeadersOfTraces(),
		Timeout:    c.TracesTimeout,
		Gzip:       c.TracesGzip,
		TLS:        c.TracesTLS,
		Service:    c.TracesService,
		Version:    a.opts.Version,
		Attributes: c.TracesAttributes,
		Sampler:    c.TracesSampler,
		Ratio:      c.TracesRatio,
		Now:        a.opts.Now,
		Log:        a.opts.Log,
	})
	if err != nil {
		return fmt.Errorf("OTEL_EXPORTER_OTLP_ENDPOINT: %w", err)
	}

	a.opts.Log = a.opts.Log.Hook(tracing.LogHook{})
	a.opts.Log.Info().Str("sampler", c.TracesSampler).Msg("traces are sent to the collector")

	return nil
}

// tracing returns a context in which work is traced, if anything is.
func (a *App) tracing(ctx context.Context) context.Context {
	if a.traces == nil {
		return ctx
	}
	return tracing.With(ctx, a.traces.Tracer)
}

// stopTraces sends the spans that wait, if the collector takes them in time.
func (a *App) stopTraces() {
	if a.traces == nil {
		return
	}

	ctx, cancel := context.WithTimeout(context.Background(), flushTime)
	defer cancel()

	a.traces.Close(ctx)
	a.traces = nil
}
