package tracing

import "github.com/rs/zerolog"

// LogHook adds the ID of the trace to the log lines that have a context
// (zerolog.Event.Ctx).
type LogHook struct{}

// Run adds the field trace_id.
func (LogHook) Run(e *zerolog.Event, _ zerolog.Level, _ string) {
	if id := ID(e.GetCtx()); id != "" {
		e.Str("trace_id", id)
	}
}
