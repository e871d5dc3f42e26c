package stripecli

// The protocol of Stripe's command line, version 1.52.0: a POST creates a
// session, then a websocket carries events, which the command line forwards and
// acknowledges.
const (
	subprotocol     = "stripecli-devproxy-v1"
	reconnectDelay  = 31_536_000 // seconds until the command line reconnects: a year, so never
	readLimit       = 16 << 20   // bytes; a response contains the whole request body again
	featureWebhooks = "webhooks"
	featureLogs     = "request_logs"
)

const (
	maxSessions = 32
	maxQueue    = 2000 // messages per session
)
