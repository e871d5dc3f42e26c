package telemetry

import (
	"context"
	"crypto/tls"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"

	"checkoutd/internal/tracing"
)

// TracesConfig is what NewTraces needs.
type TracesConfig struct {
	URL     string            // that takes OTLP over http
	Headers map[string]string // of the requests; secrets
	Timeout time.Duration     // of a request
	Gzip    bool
	TLS     *tls.Config // for an https URL

	Service    string // the name of this server
	Version    string
	Attributes map[string]string // more about this server
	Sampler    string            // OpenTelemetry's name of it
	Ratio      float64           // that a sampler by ratio keeps

	Now func() time.Time
	Log zerolog.Logger
}

// Traces sends spans to a collector, in batches and beside the work: whoever
// waits for a payment never waits for the collector, and what does not fit into
// the memory kept for it is dropped.
type Traces struct {
	Tracer   *tracing.Tracer
	provider *trace.TracerProvider
}

const (
	mostWaiting = 4096 // spans, about 4 MB
	batchEvery  = 2 * time.Second
	batchSize   = 512
)

// The limits of a span. Ours have a dozen attributes, each up to 128
// characters. All are set here, so that the environment changes none.
var spanLimits = trace.SpanLimits{
	AttributeValueLengthLimit:   256,
	AttributeCountLimit:         64,
	EventCountLimit:             0,
	LinkCountLimit:              16,
	AttributePerEventCountLimit: 0,
	AttributePerLinkCountLimit:  0,
}

// NewTraces returns Traces. It does not call the collector, which may be down.
func NewTraces(ctx context.Context, c TracesConfig) (*Traces, error) {
	compression := otlptracehttp.NoCompression
	if c.Gzip {
		compression = otlptracehttp.GzipCompression
	}

	// The exporter refuses certificates without https, and would take those
	// that the environment names for others.
	certificates := c.TLS
	if !strings.HasPrefix(c.URL, "https:") {
		certificates = nil
	}

	options := []otlptracehttp.Option{
		otlptracehttp.WithEndpointURL(c.URL),
		otlptracehttp.WithTLSClientConfig(certificates),
		otlptracehttp.WithHeaders(c.Headers),
		otlptracehttp.WithTimeout(c.Timeout),
		otlptracehttp.WithCompression(compression),
	}

	sender, err := otlptracehttp.New(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("telemetry: %w", err)
	}

	provider := trace.NewTracerProvider(
		trace.WithSampler(sampler(c.Sampler, c.Ratio)),
		trace.WithResource(aboutUs(c)),
		trace.WithRawSpanLimits(spanLimits),
		trace.WithBatcher(&exporter{SpanExporter: sender, now: c.Now, log: c.Log},
			trace.WithMaxQueueSize(mostWaiting),
			trace.WithMaxExportBatchSize(batchSize),
			trace.WithBatchTimeout(batchEvery),
			trace.WithExportTimeout(time.Minute)))

	return &Traces{Tracer: tracing.New(provider, c.Now), provider: provider}, nil
}

// Close sends what waits, until ctx ends. What is left then is lost.
func (t *Traces) Close(ctx context.Context) { _ = t.provider.Shutdown(ctx) }

// aboutUs returns the attributes of this server.
func aboutUs(c TracesConfig) *resource.Resource {
	var list []attribute.KeyValue
	for name, value := range c.Attributes {
		list = append(list, attribute.String(name, value))
	}

	list = append(list, // the last of a name counts
		attribute.String("service.name", c.Service),
		attribute.String("service.version", c.Version))

	return resource.NewSchemaless(list...)
}

// sampler returns the sampler of the name, which config has checked.
func sampler(name string, ratio float64) trace.Sampler {
	kind, parent := strings.CutPrefix(name, "parentbased_")

	s := trace.AlwaysSample()
	switch kind {
	case "always_off":
		s = trace.NeverSample()
	case "traceidratio":
		s = trace.TraceIDRatioBased(ratio)
	}

	if parent {
		s = trace.ParentBased(s)
	}
	return s
}

// exporter logs what goes wrong with the collector, now and then. It returns no
// error, which the SDK would print for every batch.
type exporter struct {
	trace.SpanExporter

	now func() time.Time
	log zerolog.Logger

	mu       sync.Mutex
	loggedAt time.Time
	failing  bool
	lost     int // spans since loggedAt
}

// logEvery is how often the log says that the collector takes nothing.
const logEvery = 10 * time.Minute

// ExportSpans sends a batch, and tries again for a minute.
func (e *exporter) ExportSpans(ctx context.Context, spans []trace.ReadOnlySpan) error {
	err := e.SpanExporter.ExportSpans(ctx, spans)

	e.mu.Lock()
	defer e.mu.Unlock()

	switch now := e.now(); {
	case err == nil && e.failing:
		e.failing, e.loggedAt, e.lost = false, time.Time{}, 0
		e.log.Info().Msg("the collector takes traces again")
	case err == nil:
	case now.Sub(e.loggedAt) < logEvery:
		e.lost += len(spans)
	default:
		e.log.Warn().
			Str("problem", problemOf(err)).
			Int("spans", e.lost+len(spans)).
			Msg("the collector did not take traces; nothing else is affected")
		e.failing, e.loggedAt, e.lost = true, now, 0
	}

	return nil
}

// problemOf returns the text of an error without what the collector answered,
// which may repeat a header.
func problemOf(err error) string {
	text, _, _ := strings.Cut(err.Error(), "body:")
	return text[:min(len(text), 200)]
}
