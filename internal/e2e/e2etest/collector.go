package e2etest

import (
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	otlp "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// Collector takes traces by OTLP over http.
type Collector struct {
	server *httptest.Server
	t      *testing.T

	mu     sync.Mutex
	spans  []*trace.Span
	texts  []string // of everything that came
	header http.Header
}

// NewCollector returns a Collector that runs until the end of the test.
func NewCollector(t *testing.T) *Collector {
	t.Helper()
	c := &Collector{t: t}
	c.server = httptest.NewServer(http.HandlerFunc(c.take))
	t.Cleanup(c.server.Close)
	return c
}

// Tracing makes a shop send its traces to the collector.
func Tracing(c *Collector) Option { return Set("OTEL_EXPORTER_OTLP_ENDPOINT", c.server.URL) }

func (c *Collector) take(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)

	var got otlp.ExportTraceServiceRequest
	if err == nil {
		err = proto.Unmarshal(body, &got)
	}
	if err != nil || r.URL.Path != "/v1/traces" {
		c.t.Errorf("%s %s: %v", r.Method, r.URL.Path, err)
		http.Error(w, "no traces", http.StatusBadRequest)
		return
	}

	c.mu.Lock()
	defer c.mu.Unlock()

	c.header = r.Header
	c.texts = append(c.texts, got.String())
	for _, resource := range got.GetResourceSpans() {
		for _, scope := range resource.GetScopeSpans() {
			c.spans = append(c.spans, scope.GetSpans()...)
		}
	}

	w.Header().Set("Content-Type", "application/x-protobuf")
}

// Text returns everything that came, as text.
func (c *Collector) Text() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.Join(c.texts, "\n")
}

// Header returns the head of the last request.
func (c *Collector) Header() http.Header {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.header
}

// Tree returns the paths of names from the beginning of a trace to each of its
// spans, sorted and each once. A parent that never came is "?".
func (c *Collector) Tree(traceID string) (paths []string) {
	c.mu.Lock()
	defer c.mu.Unlock()

	byID := map[string]*trace.Span{}
	for _, s := range c.spans {
		byID[string(s.GetSpanId())] = s
	}

	var path func(s *trace.Span) string
	path = func(s *trace.Span) string {
		parent := byID[string(s.GetParentSpanId())]
		switch {
		case len(s.GetParentSpanId()) == 0:
			return s.GetName()
		case parent == nil:
			return "? > " + s.GetName()
		}
		return path(parent) + " > " + s.GetName()
	}

	for _, s := range c.spans {
		if hex.EncodeToString(s.GetTraceId()) == traceID {
			paths = append(paths, path(s))
		}
	}

	slices.Sort(paths)
	return slices.Compact(paths)
}

// TraceOf returns the ID of the trace in which a span of the name has the
// attribute.
func (c *Collector) TraceOf(name, key, value string) string {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()

	for _, s := range c.spans {
		for _, a := range s.GetAttributes() {
			if s.GetName() == name && a.GetKey() == key && a.GetValue().GetStringValue() == value {
				return hex.EncodeToString(s.GetTraceId())
			}
		}
	}

	c.t.Errorf("no span %s has %s=%s", name, key, value)
	return ""
}

// Links returns the IDs of the traces that spans of a trace are linked to.
func (c *Collector) Links(traceID string) (list []string) {
	c.mu.Lock()
	defer c.mu.Unlock()

	for _, s := range c.spans {
		for _, l := range s.GetLinks() {
			if hex.EncodeToString(s.GetTraceId()) == traceID {
				list = append(list, hex.EncodeToString(l.GetTraceId()))
			}
		}
	}

	return list
}

// Attributes returns the attributes of the first span of a trace with the name,
// as key=value.
func (c *Collector) Attributes(traceID, name string) (list []string) {
	c.mu.Lock()
	defer c.mu.Unlock()

	for _, s := range c.spans {
		if s.GetName() != name || hex.EncodeToString(s.GetTraceId()) != traceID {
			continue
		}
		for _, a := range s.GetAttributes() {
			value := a.GetValue().GetStringValue()
			if value == "" {
				value = fmt.Sprint(a.GetValue().GetIntValue())
			}
			list = append(list, a.GetKey()+"="+value)
		}
		slices.Sort(list)
		return list
	}

	return nil
}
