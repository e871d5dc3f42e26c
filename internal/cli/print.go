package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
)

// State is a word that says how something is. It has a colour where there are
// colours.
type State string

// Text is a text that may be long: a table shortens it where it does not fit.
// Control characters, with which it could move the terminal's cursor, are
// escaped.
type Text string

// Printable escapes the control characters of a text.
func Printable(s string) string {
	return strings.Trim(fmt.Sprintf("%q", s), `"`)
}

// Object is what --json prints of a thing that has no type of its own. Its
// members are sorted by name.
type Object map[string]any

// MarshalJSON writes what is empty as null, and times in UTC.
func (o Object) MarshalJSON() ([]byte, error) {
	members := make(map[string]any, len(o))
	for name, v := range o {
		members[name] = value(v)
	}
	return json.Marshal(members)
}

// value returns what JSON shows of a cell.
func value(v any) any {
	switch v := v.(type) {
	case time.Time:
		if v.IsZero() {
			return nil
		}
		return v.UTC()

	case State, Text, string:
		if fmt.Sprint(v) == "" {
			return nil
		}
	}

	return v
}

// Aside returns where remarks for people go: to the output, and with --json to
// standard error, since objects alone belong to the output then.
func (e Env) Aside() io.Writer {
	if e.JSON {
		return e.Err
	}
	return e.Out
}

// Encode prints one object on a line, for programs.
func (e Env) Encode(object any) error {
	enc := json.NewEncoder(e.Out)
	enc.SetEscapeHTML(false)
	return enc.Encode(object)
}

// Result prints what was done: a text for people, which ends its own lines, or
// the object.
func (e Env) Result(object any, format string, args ...any) error {
	if e.JSON {
		return e.Encode(object)
	}
	_, err := fmt.Fprintf(e.Out, format, args...)
	return err
}

// Show prints one thing: the object, or what text writes, whose cells are
// separated by tabs and aligned.
func (e Env) Show(object any, text func(io.Writer)) error {
	if e.JSON {
		return e.Encode(object)
	}
	g := NewGrid(e.Out)
	text(g)
	return g.Flush()
}

// Record prints one thing as pairs of a name and a value, each on a line. It
// leaves out what is empty.
func (e Env) Record(pairs ...any) error {
	if e.JSON {
		o := Object{}
		for i := 0; i+1 < len(pairs); i += 2 {
			o[member(pairs[i].(string))] = pairs[i+1]
		}

		return e.Encode(o)
	}

	g := NewGrid(e.Out)
	for i := 0; i+1 < len(pairs); i += 2 {
		if text := e.cell(pairs[i+1], longTime); text != "" {
			_, _ = fmt.Fprintf(g, "%s\t%s\n", pairs[i], text)
		}
	}

	return g.Flush()
}

// member returns the name of a column or a row as JSON has it: LAST USED is
// last_used.
func member(name string) string {
	return strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToLower(name))
}

// cell returns the text of a value.
func (e Env) cell(v any, layout string) string {
	switch v := v.(type) {
	case time.Time:
		return e.time(v, layout)
	case State:
		return e.Paint(string(v))
	case Text:
		return Printable(string(v))
	case []string:
		return strings.Join(v, ",")
	}

	return fmt.Sprint(v)
}

// colourOf returns the SGR code of a state's colour, "" for none: green is
// good, yellow waits, red needs a person, and what is over is dim.
func colourOf(state string) string {
	switch state {
	case "paid", "delivered", "done", "sent", "succeeded", "connected", "enabled", "current", "green", "ok", "won":
		return "32"
	case "open", "authorized", "pending", "processing", "working", "received", "unmatched", "started", "unknown",
		"active", "requires_action", "requires_capture", "requires_payment_method", "not visible", "skipped":
		return "33"
	case "review", "failed", "dead", "quarantined", "needs_response", "lost", "red", "RED", "different":
		return "31"
	case "expired", "canceled", "ignored", "gone", "dismissed", "disabled", "revoked", "disconnected":
		return "2"
	}

	return ""
}

// Paint gives a state its colour.
func (e Env) Paint(state string) string {
	code := colourOf(state)
	if !e.Colour || code == "" {
		return state
	}
	return "\x1b[" + code + "m" + state + "\x1b[0m"
}
