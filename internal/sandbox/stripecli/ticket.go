package stripecli

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strings"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/wire"
)

// ticket is the content of a websocket ID. It is signed rather than stored, so
// a restarted sandbox accepts it.
type ticket struct {
	ID       string              `json:"i"`
	Features []string            `json:"f"`
	Filters  map[string][]string `json:"l,omitempty"`
}

// signingSecret returns the secret that signs what `stripe listen` forwards. It
// is the same for every session and restart, because the command line prints it
// only once.
func signingSecret() string {
	return "whsec_" + hex.EncodeToString(macOf("webhooks of "+api.PlatformAccount))
}

// macOf returns a MAC that only keeps clients from inventing IDs by accident.
// Anyone who reaches the loopback interface may listen anyway.
func macOf(text string) []byte {
	mac := hmac.New(sha256.New, []byte("offline sandbox"))
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

// seal returns the signed websocket ID of a ticket.
func (t ticket) seal() string {
	raw, _ := json.Marshal(t)
	text := base64.RawURLEncoding.EncodeToString(raw)
	return "cliws_" + text + "." + base64.RawURLEncoding.EncodeToString(macOf(text)[:12])
}

// openTicket returns the ticket of a websocket ID, and whether its signature is
// valid.
func openTicket(id string) (ticket, bool) {
	var t ticket
	text, sum, ok := strings.Cut(strings.TrimPrefix(id, "cliws_"), ".")
	want := base64.RawURLEncoding.EncodeToString(macOf(text)[:12])
	if !ok || !hmac.Equal([]byte(sum), []byte(want)) {
		return t, false
	}

	raw, err := base64.RawURLEncoding.DecodeString(text)
	return t, err == nil && json.Unmarshal(raw, &t) == nil
}

// createSession handles POST /v1/stripecli/sessions.
func (h *Hub) createSession(c *api.Call) (any, error) {
	t := ticket{ID: wire.RandomText(16), Features: c.Params.Strings("websocket_features")}
	if raw := c.Params.String("filters"); raw != "" {
		if err := json.Unmarshal([]byte(raw), &t.Filters); err != nil {
			return nil, wire.Invalid("", "filters", "Invalid JSON in filters.")
		}
	}

	// The session must exist before the command line connects, so that events
	// in between are queued.
	c.Tx.After = append(c.Tx.After, func() { h.session(t) })

	return map[string]any{
		"websocket_url": strings.Replace(c.Base(), "http", "ws", 1) +
			"/stripecli/subscribe/" + api.PlatformAccount,
		"websocket_id":                   t.seal(),
		"websocket_authorized_feature":   strings.Join(t.Features, ","),
		"secret":                         signingSecret(),
		"reconnect_delay":                reconnectDelay,
		"default_version":                api.APIVersion,
		"latest_version":                 api.APIVersion,
		"device_token":                   "sandbox",
		"display_connect_filter_warning": false,
	}, nil
}
