package stripecli

import (
	"encoding/json"
	"net"
	"net/http"
	"time"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/hooks"
	"checkoutd/internal/sandbox/wire"
)

// message is one message for the command line. It is signed when it is sent.
type message struct {
	event        *api.Event
	latest       bool // the copy for `stripe listen --latest`
	log          *logEntry
	conversation string
}

type messageEndpoint struct {
	APIVersion *string `json:"api_version"`
}

// encode returns a message as the command line expects it, signed at the given
// time.
func (i *message) encode(now time.Time) ([]byte, error) {
	if i.log != nil {
		payload, err := wire.Encode(i.log)
		if err != nil {
			return nil, err
		}

		return wire.Encode(map[string]any{
			"type":           "request_log_event",
			"request_log_id": i.conversation,
			"event_payload":  string(payload),
		})
	}

	body, err := i.event.Payload()
	if err != nil {
		return nil, err
	}

	endpoint := messageEndpoint{}
	if i.latest {
		endpoint.APIVersion = new(api.APIVersion)
	}

	return wire.Encode(map[string]any{
		"type":                    "webhook_event",
		"endpoint":                endpoint,
		"event_payload":           string(body),
		"webhook_id":              "we_cli" + api.PlatformAccount[5:],
		"webhook_conversation_id": i.conversation,
		"http_headers":            hooks.WebhookHeaders(hooks.Signature(body, now, signingSecret())),
	})
}

// logEntry is a request as `stripe logs tail` shows it.
type logEntry struct {
	CreatedAt int64     `json:"created_at"`
	Livemode  bool      `json:"livemode"`
	Method    string    `json:"method"`
	RequestID string    `json:"request_id"`
	Status    int       `json:"status"`
	URL       string    `json:"url"`
	Error     *logError `json:"error"`

	account string // the account that the request is for
	caller  string // the IP address of the client
}

type logError struct {
	Type         string  `json:"type"`
	Charge       string  `json:"charge"`
	Code         string  `json:"code"`
	DeclineCode  string  `json:"decline_code"`
	Message      string  `json:"message"`
	Param        string  `json:"param"`
	ErrorInsight *string `json:"error_insight"`
}

// logEntryOf returns the log entry of an API request and its response.
func logEntryOf(c *api.Call, resp api.Response) *logEntry {
	out := &logEntry{
		CreatedAt: c.Now.Unix(),
		Method:    c.Request.Method,
		RequestID: c.RequestID,
		Status:    resp.Status,
		URL:       c.Request.URL.Path,
		account:   c.Account,
	}

	out.caller, _, _ = net.SplitHostPort(c.Request.RemoteAddr)

	if resp.Status >= http.StatusBadRequest {
		var body struct{ Error *logError }
		if json.Unmarshal(resp.Body, &body) == nil {
			out.Error = body.Error
		}
	}

	return out
}
