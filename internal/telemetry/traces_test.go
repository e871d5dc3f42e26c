package telemetry_test

import (
	"bytes"
	"context"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/telemetry"
	"checkoutd/internal/tracing"
)

// spans ends n spans and sends them.
func spans(t *testing.T, c telemetry.TracesConfig, n int) {
	t.Helper()
	c.Now, c.Service, c.Sampler, c.Timeout = time.Now, "checkoutd", "parentbased_always_on", time.Minute
	traces, err := telemetry.NewTraces(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}

	for range n {
		_, span := tracing.Begin(tracing.With(t.Context(), traces.Tracer), tracing.Job, "work")
		span.End()
	}

	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	traces.Close(ctx)
}

func TestTracesAreSent(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var got []*http.Request
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, r)
	}))
	t.Cleanup(collector.Close)

	spans(t, telemetry.TracesConfig{
		URL:     collector.URL + "/v1/traces",
		Headers: map[string]string{"authorization": "Bearer s3cret"},
		Gzip:    true,
	}, 3)

	if len(got) != 1 || got[0].URL.Path != "/v1/traces" || got[0].Header.Get("Content-Encoding") != "gzip" ||
		got[0].Header.Get("Authorization") != "Bearer s3cret" || got[0].Header.Get("Content-Type") != "application/x-protobuf" {
		t.Errorf("got %+v", got)
	}
}

// A collector that refuses everything is one line of the log, which does not
// repeat its answer.
func TestACollectorThatTakesNothingIsLoggedOnce(t *testing.T) {
	t.Parallel()
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "no: "+r.Header.Get("Authorization"), http.StatusForbidden)
	}))
	t.Cleanup(collector.Close)

	var log bytes.Buffer
	spans(t, telemetry.TracesConfig{
		URL:     collector.URL + "/v1/traces",
		Headers: map[string]string{"authorization": "Bearer s3cret"},
		Log:     zerolog.New(&log),
	}, 1500) // several batches

	if text := log.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, "the collector did not take traces") ||
		!strings.Contains(text, "403") || strings.Contains(text, "s3cret") {
		t.Errorf("the log is\n%s", text)
	}
}

// The exporter reads the environment by itself. Certificates there are not for
// a collector without https.
func TestCertificatesOfTheEnvironmentAreNotForHTTP(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	file := filepath.Join(t.TempDir(), "ca.pem")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(file, certificate, 0o600); err != nil {
		t.Fatal(err)
	}

	t.Setenv("OTEL_EXPORTER_OTLP_CERTIFICATE", file)

	got := 0
	collector := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { got++ }))
	spans(t, telemetry.TracesConfig{URL: collector.URL + "/v1/traces"}, 1)
	collector.Close()

	if got != 1 {
		t.Errorf("the collector got %d requests, want 1", got)
	}
}
