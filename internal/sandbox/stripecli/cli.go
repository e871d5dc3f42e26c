package stripecli

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/coder/websocket"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/hooks"
	"checkoutd/internal/sandbox/wire"
)

// The protocol of Stripe's command line (`stripe listen`, `logs tail`, `events
// resend`), as its 1.52.0 speaks it: a session is made by a POST, then a
// websocket brings events, which the command line forwards and acknowledges.

const (
	cliSubprotocol  = "stripecli-devproxy-v1"
	cliReconnect    = 31_536_000 // seconds; the command line drops the connection after this long, which serves nobody
	cliReadLimit    = 16 << 20   // a response carries the whole request body again
	featureWebhooks = "webhooks"
	featureLogs     = "request_logs"
)

// cliTicket is what a websocket id says about its session. It is signed, not
// remembered: a restarted sandbox accepts it.
type cliTicket struct {
	ID       string              `json:"i"`
	Features []string            `json:"f"`
	Filters  map[string][]string `json:"l,omitempty"`
}

// cliSecret signs what `listen` forwards. It is the same for every session and
// restart, as the command line prints it once.
func cliSecret() string {
	return "whsec_" + hex.EncodeToString(cliMAC("webhooks of "+api.PlatformAccount))
}

// cliMAC only keeps clients from making ids up by accident; whoever reaches
// loopback may listen anyway.
func cliMAC(text string) []byte {
	mac := hmac.New(sha256.New, []byte("offline sandbox"))
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

func (t cliTicket) seal() string {
	raw, _ := json.Marshal(t)
	text := base64.RawURLEncoding.EncodeToString(raw)
	return "cliws_" + text + "." + base64.RawURLEncoding.EncodeToString(cliMAC(text)[:12])
}

func openTicket(id string) (cliTicket, bool) {
	var t cliTicket
	text, sum, ok := strings.Cut(strings.TrimPrefix(id, "cliws_"), ".")
	want := base64.RawURLEncoding.EncodeToString(cliMAC(text)[:12])
	if !ok || !hmac.Equal([]byte(sum), []byte(want)) {
		return t, false
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	return t, err == nil && json.Unmarshal(raw, &t) == nil
}

// createSession is POST /v1/stripecli/sessions.
func (h *Hub) createSession(c *api.Call) (any, error) {
	t := cliTicket{ID: wire.RandomText(16), Features: c.Params.Strings("websocket_features")}
	if raw := c.Params.String("filters"); raw != "" {
		if err := json.Unmarshal([]byte(raw), &t.Filters); err != nil {
			return nil, wire.Invalid("", "filters", "Invalid JSON in filters.")
		}
	}

	c.Tx.After = append(c.Tx.After, func() { h.session(t) })
	return map[string]any{
		"websocket_url":                  strings.Replace(c.Base(), "http", "ws", 1) + "/stripecli/subscribe/" + api.PlatformAccount,
		"websocket_id":                   t.seal(),
		"websocket_authorized_feature":   strings.Join(t.Features, ","),
		"secret":                         cliSecret(),
		"reconnect_delay":                cliReconnect,
		"default_version":                api.APIVersion,
		"latest_version":                 api.APIVersion,
		"device_token":                   "sandbox",
		"display_connect_filter_warning": false,
	}, nil
}

// ServeSocket is the websocket that the command line opens next.
func (h *Hub) ServeSocket(w http.ResponseWriter, r *http.Request) {
	ticket, ok := openTicket(r.Header.Get("Websocket-Id"))
	if !ok {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"error":{"message":"Unknown WebSocket ID."}}`))
		return
	}

	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{cliSubprotocol}})
	if err != nil {
		return // Accept has answered
	}

	conn.SetReadLimit(cliReadLimit)
	ctx, cancel := context.WithCancel(h.ctx)
	defer cancel()

	session := h.session(ticket)
	epoch := session.connect()
	go func() {
		defer cancel()

		h.read(ctx, conn, session)
	}()

	if err := h.write(ctx, conn, session, epoch); !errors.Is(err, context.Canceled) {
		h.srv.Config.Logger.Debug().Err(err).Msg("command line connection ended")
	}

	_ = conn.Close(websocket.StatusGoingAway, "sandbox closed") // it may be gone already
}

// write sends what the session has until the connection ends; the error says
// how.
func (h *Hub) write(ctx context.Context, conn *websocket.Conn, session *cliSession, epoch int) error {
	for {
		item, err := session.next(ctx, epoch)
		if err != nil {
			return err
		}

		body, err := item.message(h.srv.Config.Now())
		if err != nil {
			continue // an event that cannot be encoded is no reason to hang up
		}
		if err := conn.Write(ctx, websocket.MessageText, body); err != nil {
			return err
		}
	}
}

// pushEvent hands an event to every `listen`.
func (h *Hub) pushEvent(ev *api.Event) {
	for _, session := range h.with(featureWebhooks) {
		session.push(&cliItem{event: ev}, &cliItem{event: ev, latest: true})
	}
}

// pushRequestLog hands an API request to every `logs tail` whose filters let it
// through.
func (h *Hub) pushRequestLog(c *api.Call, ans api.Response) {
	for _, session := range h.with(featureLogs) {
		if entry := logEntryOf(c, ans); session.wants(entry) {
			session.push(&cliItem{log: entry})
		}
	}
}

// cliLog is a request as `logs tail` shows it.
type cliLog struct {
	CreatedAt int64   `json:"created_at"`
	Livemode  bool    `json:"livemode"`
	Method    string  `json:"method"`
	RequestID string  `json:"request_id"`
	Status    int     `json:"status"`
	URL       string  `json:"url"`
	Error     *cliErr `json:"error"`

	account string // whose objects the request was about
	caller  string // from which address it came
}

type cliErr struct {
	Type         string  `json:"type"`
	Charge       string  `json:"charge"`
	Code         string  `json:"code"`
	DeclineCode  string  `json:"decline_code"`
	Message      string  `json:"message"`
	Param        string  `json:"param"`
	ErrorInsight *string `json:"error_insight"`
}

func logEntryOf(c *api.Call, ans api.Response) *cliLog {
	out := &cliLog{
		CreatedAt: c.Now.Unix(),
		Method:    c.Request.Method,
		RequestID: c.RequestID,
		Status:    ans.Status,
		URL:       c.Request.URL.Path,
		account:   c.Account,
	}

	out.caller, _, _ = net.SplitHostPort(c.Request.RemoteAddr)

	if ans.Status >= http.StatusBadRequest {
		var body struct{ Error *cliErr }
		if json.Unmarshal(ans.Body, &body) == nil {
			out.Error = body.Error
		}
	}

	return out
}

// wants applies the filters of `logs tail`; all that are given must fit.
func (c *cliSession) wants(e *cliLog) bool {
	outcome := "SUCCEEDED"
	if e.Status >= http.StatusBadRequest {
		outcome = "FAILED"
	}

	side := "SELF"
	if e.account != api.PlatformAccount {
		side = "CONNECT_OUT"
	}

	digits := string(rune('0' + e.Status/100))
	have := map[string]string{
		"filter_account":          side,
		"filter_http_method":      e.Method,
		"filter_request_path":     e.URL,
		"filter_request_status":   outcome,
		"filter_source":           "API",
		"filter_status_code_type": digits + "00",
		"filter_status_code":      string([]byte{digits[0], byte('0' + e.Status/10%10), byte('0' + e.Status%10)}),
		"filter_ip_address":       e.caller,
	}

	for name, allowed := range c.ticket.Filters {
		if len(allowed) > 0 && !slices.ContainsFunc(allowed, func(v string) bool { return strings.EqualFold(v, have[name]) }) {
			return false
		}
	}

	return true
}

// cliItem is one message for the command line; it is signed when it is sent.
type cliItem struct {
	event        *api.Event
	latest       bool // the copy for `listen --latest`
	log          *cliLog
	conversation string
}

type cliEndpoint struct {
	APIVersion *string `json:"api_version"`
}

func (i *cliItem) message(now time.Time) ([]byte, error) {
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

	endpoint := cliEndpoint{}
	if i.latest {
		endpoint.APIVersion = new(api.APIVersion)
	}

	return wire.Encode(map[string]any{
		"type":                    "webhook_event",
		"endpoint":                endpoint,
		"event_payload":           string(body),
		"webhook_id":              "we_cli" + api.PlatformAccount[5:],
		"webhook_conversation_id": i.conversation,
		"http_headers":            hooks.WebhookHeaders(hooks.Signature(body, now, cliSecret())),
	})
}

// retryEvent is POST /v1/events/{id}/retry, behind `stripe events resend`.
func (h *Hub) retryEvent(c *api.Call) (any, error) {
	ev, err := api.PathObject[*api.Event](c, api.KindEvent)
	if err != nil {
		return nil, err
	}

	id := c.Params.String("webhook_endpoint")
	if id == "" {
		h.pushEvent(ev)
		return ev, nil
	}

	ep, ok := h.hooks.EndpointNear(c.Account, id)
	if !ok {
		return nil, wire.NoSuch("webhook endpoint", "webhook_endpoint", id)
	}

	h.hooks.Again(ev, ep)
	return ev, nil
}
