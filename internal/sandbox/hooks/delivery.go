package hooks

import (
	"bytes"
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
)

// defaultRetryDelays are the pauses between attempts: short at first, for a
// developer who is waiting, and then for three days, as at Stripe.
var defaultRetryDelays = []time.Duration{
	5 * time.Second,
	30 * time.Second,
	5 * time.Minute,
	30 * time.Minute,
	2 * time.Hour,
	6 * time.Hour,
	12 * time.Hour,
	24 * time.Hour,
	24 * time.Hour,
}

const (
	senders         = 8
	deliveryTimeout = 30 * time.Second
	keptDeliveries  = 5000
	keptBody        = 4096 // bytes of an endpoint's response
)

// Delivery is the delivery of one event to one endpoint.
type Delivery struct {
	ID       string            `json:"id"`
	Event    string            `json:"event"`
	Type     string            `json:"type"`
	Endpoint string            `json:"endpoint"`
	URL      string            `json:"url"`
	State    string            `json:"state"` // pending, delivered, failed, dropped
	Attempts []DeliveryAttempt `json:"attempts"`

	twin string      // the ID of the event of the other mode that is sent instead
	then []*Delivery // held back until this one was sent
	sent bool        // its first attempt is over
}

// DeliveryAttempt is one attempt of a delivery.
type DeliveryAttempt struct {
	At     time.Time     `json:"at"`
	Status int           `json:"status,omitempty"`
	Error  string        `json:"error,omitempty"`
	Body   string        `json:"body,omitempty"`
	Took   time.Duration `json:"took"`
}

// attempt sends an event once and schedules a retry if that fails.
func (q *Sender) attempt(d *Delivery) {
	defer q.followUp(d)

	ev, ep, ok := q.load(d)
	if !ok {
		q.finish(d, "dropped")
		return
	}

	if err := q.targets.check(ep.URL); err != nil {
		q.mu.Lock()
		d.Attempts = append(d.Attempts, DeliveryAttempt{At: q.srv.Config.Now(), Error: err.Error()})
		q.mu.Unlock()
		q.finish(d, "failed")

		return
	}

	if d.twin != "" {
		ev = twinOf(ev, d.twin)
	}

	body, err := ev.Payload()
	if err != nil {
		q.finish(d, "failed")
		return
	}

	try := q.post(ep, body)

	q.mu.Lock()
	d.Attempts = append(d.Attempts, try)
	tries := len(d.Attempts)
	q.mu.Unlock()

	switch {
	case try.Status >= 200 && try.Status < 300:
		if q.finish(d, "delivered") && d.twin == "" {
			q.confirmDelivery(ev)
		}

	case tries > len(q.delays):
		q.finish(d, "failed")
	default:
		q.srv.Schedule.At(d.Event, q.srv.Now().Add(q.delays[tries-1]), func() { q.enqueue(d) })
	}
}

// finish sets the state of a delivery and reports whether it was pending.
func (q *Sender) finish(d *Delivery, state string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()

	prev := d.State
	if prev != "delivered" { // the failure of a duplicate changes nothing
		d.State = state
	}
	return prev == "pending"
}

// load returns the event and the endpoint as they are now.
func (q *Sender) load(d *Delivery) (*api.Event, *WebhookEndpoint, bool) {
	store := q.srv.Store
	store.RLock()
	defer store.RUnlock()

	holder := store.Holder(d.Event)
	if holder == nil {
		return nil, nil, false
	}

	obj, _ := holder.Get(d.Event)
	ev, ok := obj.(*api.Event)
	if !ok {
		return nil, nil, false
	}

	ep, ok := q.EndpointNear(holder.ID, d.Endpoint)
	return ev, ep, ok
}

// post sends a signed webhook. See
// https://docs.stripe.com/webhooks#verify-events.
func (q *Sender) post(ep *WebhookEndpoint, body []byte) DeliveryAttempt {
	now := q.srv.Config.Now() // not the sandbox's clock: the receiver checks the time of the signature
	try := DeliveryAttempt{At: now}
	req, err := http.NewRequestWithContext(q.ctx, http.MethodPost, ep.URL, bytes.NewReader(body))
	if err != nil {
		try.Error = err.Error()
		return try
	}

	for name, value := range WebhookHeaders(Signature(body, now, ep.secretsAt(now)...)) {
		req.Header.Set(name, value)
	}

	start := time.Now() // the duration is measured in real time
	resp, err := q.client.Do(req)
	try.Took = time.Since(start)

	if err != nil {
		try.Error = err.Error()
		return try
	}
	defer func() { _ = resp.Body.Close() }()

	text, _ := io.ReadAll(io.LimitReader(resp.Body, keptBody)) // a truncated body is better than none
	try.Status, try.Body = resp.StatusCode, string(text)

	return try
}

// WebhookHeaders returns the headers of a webhook.
func WebhookHeaders(signature string) map[string]string {
	return map[string]string{
		"Accept":           "*/*; q=0.5, application/xml",
		"Cache-Control":    "no-cache",
		"Content-Type":     "application/json; charset=utf-8",
		"Stripe-Signature": signature,
		"User-Agent":       "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
	}
}

// Signature returns the Stripe-Signature header for a body: t=..., v1=... for
// every secret, and the v0=... that Stripe adds to test events. Nothing
// verifies that one: https://docs.stripe.com/webhooks#verify-manually.
func Signature(body []byte, now time.Time, secrets ...string) string {
	stamp := strconv.FormatInt(now.Unix(), 10)
	parts := []string{"t=" + stamp}
	for _, secret := range secrets {
		parts = append(parts, "v1="+sign(secret, stamp, body))
	}

	parts = append(parts, "v0="+sign("test events", stamp, body))
	return strings.Join(parts, ",")
}

func sign(secret, stamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(stamp + "."))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

// confirmDelivery decrements the number of pending webhooks of an event.
func (q *Sender) confirmDelivery(ev *api.Event) {
	store, journal := q.srv.Store, q.srv.Journal

	store.Lock()
	owner := store.Account(ev.Owner)
	obj, _ := owner.Get(ev.ID)
	prev, ok := obj.(*api.Event)
	if !ok || prev.PendingWebhooks == 0 {
		store.Unlock()
		return
	}

	next := *prev
	next.PendingWebhooks--
	store.Put(owner, &next)
	lines := journal.Lines(ev.Owner, []memory.Object{&next})
	store.Unlock()

	journal.Write(lines)
}

// Deliveries returns copies of the latest deliveries, oldest first.
func (q *Sender) Deliveries() []Delivery {
	q.mu.Lock()
	defer q.mu.Unlock()

	out := make([]Delivery, 0, len(q.order))
	for _, id := range q.order {
		d := *q.byID[id]
		d.Attempts = slices.Clone(d.Attempts)
		out = append(out, d)
	}
	return out
}

// announce queues the events of one change for every endpoint that wants them
// and passes them to the listeners. The caller holds the write lock.
func (q *Sender) announce(events []*api.Event) {
	ordered := q.srv.Faults.Ordered()
	if !ordered {
		events = disordered(events)
	}

	for _, ev := range events {
		for _, ep := range q.receivers(ev) {
			q.deliver(ev, ep, ordered)
		}

		q.notify(ev)
	}
}

// disordered returns the events of one change in an order in which Stripe might
// deliver them: in any, and what was created often last.
func disordered(events []*api.Event) []*api.Event {
	if len(events) < 2 {
		return events
	}

	out := slices.Clone(events)
	rand.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })

	if rand.IntN(2) == 0 {
		slices.SortStableFunc(out, func(a, b *api.Event) int { return cmp.Compare(tellsLast(a), tellsLast(b)) })
	}

	return out
}

// tellsLast returns 1 for an event that Stripe often delivers last, else 0.
func tellsLast(ev *api.Event) int {
	if strings.HasSuffix(ev.Type, ".created") {
		return 1
	}
	return 0
}

// notify passes an event to the listeners.
func (q *Sender) notify(ev *api.Event) {
	for _, listen := range q.listeners {
		listen(ev)
	}
}

// Listen registers a function that gets every event and must not block. Listen
// must not be called after Start.
func (q *Sender) Listen(listen func(ev *api.Event)) {
	q.listeners = append(q.listeners, listen)
}

// Resend sends an event again to every endpoint and listener that wants it. It
// reports whether the event exists.
func (q *Sender) Resend(id string) bool {
	obj, ok := q.srv.Anywhere(id)
	ev, is := obj.(*api.Event)
	if !ok || !is {
		return false
	}

	q.srv.Store.RLock()
	defer q.srv.Store.RUnlock()

	for _, ep := range q.receivers(ev) {
		q.Again(ev, ep)
	}

	q.notify(ev)
	return true
}

// resume queues an event whose delivery a restart interrupted. The caller holds
// the lock.
func (q *Sender) resume(_ string, obj memory.Object) {
	if ev, ok := obj.(*api.Event); ok && ev.PendingWebhooks > 0 {
		for _, ep := range q.receivers(ev) {
			q.deliver(ev, ep, false)
		}
	}
}

// Module returns what webhooks add to the API.
func (q *Sender) Module() api.Module {
	return api.Module{
		Routes: []api.Route{
			api.NewRoute("POST", "/v1/webhook_endpoints", api.SecretOnly, ownAccount(createEndpoint)),
			api.NewRoute("GET", "/v1/webhook_endpoints", api.SecretOnly, ownAccount(listEndpoints)),
			api.NewRoute("GET", "/v1/webhook_endpoints/{id}", api.SecretOnly, ownAccount(retrieveEndpoint)),
			api.NewRoute("POST", "/v1/webhook_endpoints/{id}", api.SecretOnly, ownAccount(updateEndpoint)),
			api.NewRoute("DELETE", "/v1/webhook_endpoints/{id}", api.SecretOnly, ownAccount(deleteEndpoint)),
		},
		Kinds:   []func() memory.Object{func() memory.Object { return &WebhookEndpoint{} }},
		Kept:    []string{api.KindEndpoint},
		Resume:  q.resume,
		Deliver: q.announce,
		Expects: func(ev *api.Event) int { return len(q.receivers(ev)) },
	}
}
