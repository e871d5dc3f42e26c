package tracing_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"checkoutd/internal/tracing"
)

var now = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

// traced returns a context in which work is traced, and what records it.
func traced(t *testing.T) (context.Context, *tracetest.SpanRecorder) {
	t.Helper()
	rec := tracetest.NewSpanRecorder()
	provider := sdk.NewTracerProvider(sdk.WithSpanProcessor(rec))
	return tracing.With(t.Context(), tracing.New(provider, func() time.Time { return now })), rec
}

const (
	trace1 = "0af7651916cd43dd8448eb211c80319c"
	trace2 = "1bf7651916cd43dd8448eb211c80319c"
	span1  = "00-" + trace1 + "-b7ad6b7169203331-01"
	span2  = "00-" + trace2 + "-b7ad6b7169203331-01"
)

func TestContinue(t *testing.T) {
	t.Parallel()
	parent := func(trace string) tracing.Parent { return tracing.Parent{Trace: trace, Since: now} }

	for name, tt := range map[string]struct {
		parents []tracing.Parent
		part    bool   // the work has a part before it continues anything
		trace   string // "" for another one
		links   []string
	}{
		"nothing":               {nil, false, "", nil},
		"what is no parent":     {[]tracing.Parent{parent("00-x"), parent(strings.Repeat("0", 4096))}, false, "", nil},
		"a parent":              {[]tracing.Parent{parent(span1)}, false, trace1, nil},
		"the same twice":        {[]tracing.Parent{parent(span1), parent(span1)}, false, trace1, nil},
		"a second":              {[]tracing.Parent{parent(span1), parent(span2)}, false, trace1, []string{trace2}},
		"too late":              {[]tracing.Parent{parent(span1)}, true, "", []string{trace1}},
		"an old one":            {[]tracing.Parent{{Trace: span1, Since: now.AddDate(0, 0, -8)}}, false, "", []string{trace1}},
		"one old for its news":  {[]tracing.Parent{{Trace: span1, Since: now, Until: now.AddDate(0, 1, 0)}}, false, "", []string{trace1}},
		"news of one long done": {[]tracing.Parent{{Trace: span1, Since: now.AddDate(0, 0, -8), Until: now.AddDate(0, 0, -7)}}, false, trace1, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, rec := traced(t)
			ctx, span := tracing.Begin(ctx, tracing.Job, "work")
			if tt.part {
				_, part := tracing.Start(ctx, tracing.Internal, "part")
				part.End()
			}

			for _, p := range tt.parents {
				tracing.Continue(ctx, p)
			}

			id := tracing.ID(ctx)
			span.End()

			all := rec.Ended()
			got := all[len(all)-1]
			if got.SpanContext().TraceID().String() != id {
				t.Errorf("the ID was %s, and is %s", id, got.SpanContext().TraceID())
			}
			if tt.trace != "" && id != tt.trace || tt.trace == "" && (id == trace1 || id == trace2) {
				t.Errorf("got the trace %s, want %q", id, tt.trace)
			}

			var links []string
			for _, l := range got.Links() {
				links = append(links, l.SpanContext.TraceID().String())
			}
			if !slices.Equal(links, tt.links) {
				t.Errorf("got the links %v, want %v", links, tt.links)
			}
		})
	}
}

func TestNothingIsTracedWithoutATracer(t *testing.T) { //nolint:paralleltest // it counts allocations
	ctx := tracing.With(t.Context(), nil)

	allocations := testing.AllocsPerRun(100, func() {
		ctx, span := tracing.Begin(ctx, tracing.Job, "work")
		defer span.End()
		_, part := tracing.Start(ctx, tracing.Internal, "part")
		part.Rename("x")
		part.Fail()
		part.End()
		tracing.Continue(ctx, tracing.Parent{Trace: span1})
		tracing.Accept(ctx, span1)
		if tracing.IsOn(ctx) || tracing.ID(ctx)+tracing.Traceparent(ctx) != "" {
			t.Error("something is traced")
		}
	})
	if allocations > 0 {
		t.Errorf("it costs %v allocations", allocations)
	}
}

func TestASpanTellsOnlyIDsAndCodes(t *testing.T) {
	t.Parallel()
	ctx, rec := traced(t)
	for _, private := range []string{
		"jenny@example.com", "Jenny Rosen", "/complete?order=ord_1", "pi_1_secret_abc", "sk_test_51Abc", "ctoken_1", "a=b",
		"ck_live_1", "whsec_1", "rue \"é\"", strings.Repeat("a", 129),
	} {
		_, span := tracing.Begin(ctx, tracing.Request, "GET "+strings.ReplaceAll(private, " ", "@"), tracing.OrderID(private))
		span.Set(tracing.ErrorCode(private))
		span.End()
	}

	_, span := tracing.Begin(ctx, tracing.Request, "GET /orders/{id}", tracing.OrderID("ord_1"), tracing.IntentID(""))
	span.End()

	for _, s := range rec.Ended() {
		for _, a := range s.Attributes() {
			if v := a.Value.AsString(); v != "other" && v != "ord_1" {
				t.Errorf("a span tells %s=%q", a.Key, v)
			}
		}
		if s.Name() != "other" && s.Name() != "GET /orders/{id}" {
			t.Errorf("a span is named %q", s.Name())
		}
	}
	last := rec.Ended()[len(rec.Ended())-1]
	if len(last.Attributes()) != 1 {
		t.Errorf("got %v, want the order alone", last.Attributes())
	}
}

func TestLogLinesNameTheirTrace(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := zerolog.New(&out).Hook(tracing.LogHook{})
	ctx, _ := traced(t)

	log.Info().Ctx(ctx).Msg("none")
	ctx, _ = tracing.Begin(ctx, tracing.Job, "work")
	tracing.Accept(ctx, span1)
	log.Info().Ctx(ctx).Msg("one")
	log.Info().Msg("none")

	want := `{"level":"info","message":"none"}
{"level":"info","trace_id":"` + trace1 + `","message":"one"}
{"level":"info","message":"none"}
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}
