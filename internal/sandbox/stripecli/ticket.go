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

// ticket is what a websocket id says about its session. It is signed, not
// remembered: a restarted sandbox accepts it.
type ticket struct {
	ID       string              `json:"i"`
	Features []string            `json:"f"`
	Filters  map[string][]string `json:"l,omitempty"`
}

// signingSecret signs what `listen` forwards. It is the same for every session
// and restart, because the command line prints it only once.
func signingSecret() string {
	return "whsec_" + hex.EncodeToString(macOf("webhooks of "+api.PlatformAccount))
}

// macOf only keeps clients from making ids up by accident; whoever reaches
// loopback may listen anyway.
func macOf(text string) []byte {
	mac := hmac.New(sha256.New, []byte("offline sandbox"))
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

func (t ticket) seal() string {
	raw, _ := json.Marshal(t)
	text := base64.RawURLEncoding.EncodeToString(raw)
	return "cliws_" + text + "." + base64.RawURLEncoding.EncodeToString(macOf(text)[:12])
}

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

// createSession is POST /v1/stripecli/sessions.
func (h *Hub) createSession(c *api.Call) (any, error) {
	t := ticket{ID: wire.RandomText(16), Features: c.Params.Strings("websocket_features")}
	if raw := c.Params.String("filters"); raw != "" {
		if err := json.Unmarshal([]byte(raw), &t.Filters); err != nil {
			return nil, wire.Invalid("", "filters", "Invalid JSON in filters.")
		}
	}

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
