package httpio

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strconv"

	"checkoutd/internal/fault"
)

// WriteJSON responds with v as JSON that must not be cached. It encodes v
// before it writes anything, so after an error the caller can still respond. A
// client that closes the connection meanwhile does not cause an error.
func WriteJSON(w http.ResponseWriter, status int, v any) error {
	return write(w, status, "application/json", v)
}

// WriteProblem responds with f as application/problem+json (RFC 9457) and the
// given status. It does not show the cause of f.
func WriteProblem(w http.ResponseWriter, r *http.Request, status int, f *fault.Error) {
	body := problem(r, status, f)
	if seconds, ok := f.Extra["retry_after"].(int); ok {
		w.Header().Set("Retry-After", strconv.Itoa(seconds))
	}

	// The handler may have set headers for the response that it did not get
	// to write.
	for _, name := range []string{"Content-Encoding", "Content-Length", "Etag", "Last-Modified", "Location"} {
		w.Header().Del(name)
	}

	if err := write(w, status, "application/problem+json", body); err != nil {
		// Only a programming error puts a value that cannot be encoded into
		// Extra. Respond without it.
		plain := *f
		plain.Extra = nil
		ExchangeOf(r.Context()).SetError(err)
		_ = write(w, status, "application/problem+json", problem(r, status, &plain))
	}
}

func problem(r *http.Request, status int, f *fault.Error) map[string]any {
	x := ExchangeOf(r.Context())
	m := make(map[string]any, len(f.Extra)+8)
	maps.Copy(m, f.Extra)
	m["type"] = "about:blank"
	m["title"] = title(status)
	m["status"] = status
	m["code"] = f.Code
	m["detail"] = f.Message
	m["request_id"] = x.id

	if f.Field != "" {
		m["field"] = f.Field
	}

	if x.wantsStripeErrors() {
		m["error"] = stripeError(status, f)
	}

	return m
}

func title(status int) string {
	if status == StatusClientGone {
		return "Client Closed Request"
	}
	return http.StatusText(status)
}

// stripeErrorBody is the part of Stripe's error object that clients read.
type stripeErrorBody struct {
	Type        string `json:"type"`
	Code        string `json:"code,omitempty"`
	DeclineCode string `json:"decline_code,omitempty"`
	Message     string `json:"message"`
}

func stripeError(status int, f *fault.Error) stripeErrorBody {
	if p := f.Payment; p != nil {
		return stripeErrorBody{p.Type, p.Code, p.DeclineCode, f.Message}
	}
	kind := "invalid_request_error"
	if status >= http.StatusInternalServerError {
		kind = "api_error"
	}
	return stripeErrorBody{Type: kind, Code: f.Code, Message: f.Message}
}

func write(w http.ResponseWriter, status int, contentType string, v any) error {
	var buf bytes.Buffer
	if err := json.NewEncoder(&buf).Encode(v); err != nil {
		return fmt.Errorf("encode the response: %w", err)
	}

	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(buf.Len()))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(buf.Bytes())

	return nil
}
