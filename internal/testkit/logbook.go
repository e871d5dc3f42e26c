package testkit

import (
	"bytes"
	"encoding/json"
	"strings"
	"sync"
	"testing"
)

// LogBook is a log that a test reads while it is written. The zero LogBook is
// empty and ready for use.
type LogBook struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write appends p to the log.
func (l *LogBook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()

	return l.buf.Write(p)
}

// String returns everything that was logged.
func (l *LogBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()

	return l.buf.String()
}

// Tail returns the last n lines.
func (l *LogBook) Tail(n int) string {
	lines := strings.SplitAfter(strings.TrimSuffix(l.String(), "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "")
}

// Lines returns the lines as decoded JSON. A line that is no JSON object fails
// the test.
func (l *LogBook) Lines(tb testing.TB) []map[string]any {
	tb.Helper()

	var all []map[string]any
	for line := range strings.Lines(l.String()) {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			tb.Fatalf("log line %q: %v", line, err)
		}

		all = append(all, fields)
	}

	return all
}
