package sandbox_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/stripe/stripe-go/v81/webhook"

	"checkoutd/internal/sandbox"
	"checkoutd/internal/testhost"
)

// listener is a client of the command line's protocol.
type listener struct {
	t      *testing.T
	conn   *websocket.Conn
	secret string
	id     string
}

type cliMessage struct {
	Type         string            `json:"type"`
	Payload      string            `json:"event_payload"`
	Headers      map[string]string `json:"http_headers"`
	Conversation string            `json:"webhook_conversation_id"`
	WebhookID    string            `json:"webhook_id"`
	LogID        string            `json:"request_log_id"`
	Endpoint     struct {
		APIVersion *string `json:"api_version"`
	} `json:"endpoint"`
}

func (b *box) listen(pairs ...string) *listener {
	b.t.Helper()
	session := b.ok("/v1/stripecli/sessions", append([]string{"device_name=test"}, pairs...)...)
	l := &listener{t: b.t, secret: session.str("secret"), id: session.str("websocket_id")}
	l.dial(session.str("websocket_url"))
	return l
}

func (l *listener) dial(url string) {
	l.t.Helper()
	conn, resp, err := websocket.Dial(context.Background(), url+"?websocket_feature=webhooks", &websocket.DialOptions{
		HTTPHeader: http.Header{"Websocket-Id": {l.id}}, Subprotocols: []string{"stripecli-devproxy-v1"},
	})
	if err != nil {
		l.t.Fatal(err)
	}

	if resp.Body != nil {
		_ = resp.Body.Close()
	}

	want(l.t, "subprotocol", conn.Subprotocol(), "stripecli-devproxy-v1")

	l.conn = conn
	l.t.Cleanup(func() { _ = conn.CloseNow() })
}

func (l *listener) read() cliMessage {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), testhost.Patience)
	defer cancel()

	_, raw, err := l.conn.Read(ctx)
	if err != nil {
		l.t.Fatal(err)
	}

	var m cliMessage
	if err := json.Unmarshal(raw, &m); err != nil {
		l.t.Fatal(err)
	}

	return m
}

func (l *listener) write(v any) {
	l.t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		l.t.Fatal(err)
	}
	if err := l.conn.Write(context.Background(), websocket.MessageText, raw); err != nil {
		l.t.Fatal(err)
	}
}

func TestListenReceivesSignedEventsAndReportsResponses(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	l := b.listen("websocket_features[]=webhooks")
	cus := b.ok("/v1/customers", "name=é<x>")
	first, second := l.read(), l.read()
	want(t, "type", first.Type, "webhook_event")
	want(t, "default copy", first.Endpoint.APIVersion, nil)

	if second.Endpoint.APIVersion == nil || first.Conversation == second.Conversation {
		t.Errorf("second copy: %+v", second)
	}

	ev, err := webhook.ConstructEvent([]byte(first.Payload), first.Headers["Stripe-Signature"], l.secret)
	if err != nil {
		t.Fatal(err)
	}

	want(t, "event", string(ev.Type), "customer.created")
	want(t, "object", ev.GetObjectValue("id"), cus.str("id"))

	l.write(map[string]any{
		"type":                    "webhook_response",
		"forward_url":             "http://127.0.0.1:4242/x",
		"status":                  200,
		"body":                    strings.Repeat("x", 5000),
		"webhook_conversation_id": first.Conversation,
		"webhook_id":              first.WebhookID,
		"notification_id":         ev.ID,
		"request_body":            strings.Repeat("y", 100_000),
	})

	eventually(t, "the answer is recorded", func() bool {
		return slices.ContainsFunc(b.s.Deliveries(), func(d sandbox.Delivery) bool {
			return d.Event == ev.ID && d.Endpoint == "cli" && d.State == "delivered" && d.Type == "customer.created"
		})
	})
}

func TestListenLosesNothingWhenTheConnectionBreaks(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	l := b.listen("websocket_features[]=webhooks")
	b.ok("/v1/customers", "name=1")
	seen := l.read()
	_ = l.conn.CloseNow()
	b.ok("/v1/customers", "name=2")
	l.dial(strings.Replace(b.url, "http", "ws", 1) + "/stripecli/subscribe/acct")
	var got []string
	for range 4 { // nothing was acknowledged: both copies of both events come
		got = append(got, l.read().Conversation)
	}

	want(t, "the first comes again", slices.Contains(got, seen.Conversation), true)
}

func TestSocketRefusesUnknownIDs(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	r := b.do("GET", "/stripecli/subscribe/acct", "", header("Websocket-Id", "cliws_nonsense"))
	want(t, "message", r.str("error.message"), "Unknown WebSocket ID.")
	want(t, "status", r.status, http.StatusBadRequest)
}

func TestLogsTailFilters(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	l := b.listen("websocket_features[]=request_logs",
		`filters={"filter_status_code_type":["400"],"filter_http_method":["GET"]}`)
	b.get("/v1/customers")
	b.post("/v1/payment_intents", "amount=1")
	b.get("/v1/customers/cus_none")
	m := l.read()
	want(t, "type", m.Type, "request_log_event")

	var entry struct {
		URL    string `json:"url"`
		Status int
		Error  struct{ Code string }
	}
	if err := json.Unmarshal([]byte(m.Payload), &entry); err != nil {
		t.Fatal(err)
	}

	want(t, "url", entry.URL, "/v1/customers/cus_none")
	want(t, "status", entry.Status, 404)
	want(t, "code", entry.Error.Code, "resource_missing")
}

// TestEveryLogsTailFilter sets each filter of the command line to a value that
// matches only the second of two requests.
func TestEveryLogsTailFilter(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]string{
		"filter_http_method":      "DELETE",
		"filter_request_path":     "/v1/customers/cus_none",
		"filter_request_status":   "FAILED",
		"filter_status_code":      "404",
		"filter_status_code_type": "400",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBox(t)
			l := b.listen("websocket_features[]=request_logs", `filters={"`+name+`":["`+value+`"]}`)
			b.get("/v1/customers")
			b.do("DELETE", "/v1/customers/cus_none", "")
			want(t, "the first that comes", strings.Contains(l.read().Payload, `/v1/customers/cus_none`), true)
		})
	}

	for name, value := range map[string]string{"filter_source": "API", "filter_ip_address": "127.0.0.1"} {
		t.Run(name+" lets its own through", func(t *testing.T) {
			t.Parallel()
			b := newBox(t)
			other := b.listen("websocket_features[]=request_logs", "websocket_features[]=webhooks",
				`filters={"`+name+`":["another"]}`)
			l := b.listen("websocket_features[]=request_logs",
				`filters={"`+name+`":["`+value+`"],"filter_http_method":["GET"]}`)
			b.get("/v1/customers")
			want(t, "the request", strings.Contains(l.read().Payload, `/v1/customers`), true)
			b.ok("/v1/customers")
			want(t, "the first that comes to the other, the log being held back", other.read().Type, "webhook_event")
		})
	}
}

// TestLogsTailFiltersConnectRequests uses the three account filters of the
// command line.
func TestLogsTailFiltersConnectRequests(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	acct := b.ok("/v1/accounts", "type=standard").str("id")
	tail := func(side string) *listener {
		return b.listen("websocket_features[]=request_logs", "websocket_features[]=webhooks",
			`filters={"filter_account":["`+side+`"],"filter_http_method":["GET"]}`)
	}
	self, out, in := tail("self"), tail("connect_out"), tail("connect_in")
	b.do("GET", "/v1/products", "", header("Stripe-Account", acct))
	b.get("/v1/prices")
	b.ok("/v1/customers")
	want(t, "its own", strings.Contains(self.read().Payload, "/v1/prices"), true)
	want(t, "for an account", strings.Contains(out.read().Payload, "/v1/products"), true)
	want(t, "from an account: none", in.read().Type, "webhook_event")
}

func TestEventsResend(t *testing.T) {
	t.Parallel()
	h := newHook(t)
	b := newBox(t)
	ep := b.ok("/v1/webhook_endpoints", "url="+h.URL, "enabled_events[]=payment_intent.created")
	cus := b.ok("/v1/customers", "name=1").str("id")
	ev := b.get("/v1/events").str("data.0.id")
	l := b.listen("websocket_features[]=webhooks")
	r := b.ok("/v1/events/"+ev+"/retry", "for_stripecli=true")
	want(t, "response", r.str("data.object.id"), cus)
	want(t, "pushed", strings.Contains(l.read().Payload, ev), true)

	b.ok("/v1/events/"+ev+"/retry", "webhook_endpoint="+ep.str("id"))
	eventually(t, "posted", func() bool { return len(h.types()) == 1 })
}
