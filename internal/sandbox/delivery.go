package sandbox

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// defaultRetryDelays are the pauses between attempts: quick at first for somebody who waits, then for three days as Stripe.
var defaultRetryDelays = []time.Duration{
	5 * time.Second, 30 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 6 * time.Hour, 12 * time.Hour,
	24 * time.Hour, 24 * time.Hour,
}

const (
	senders         = 8
	deliveryTimeout = 30 * time.Second
	keptDeliveries  = 5000
	keptBody        = 4096
)

// Delivery is the story of one event on its way to one endpoint.
type Delivery struct {
	ID       string            `json:"id"`
	Event    string            `json:"event"`
	Type     string            `json:"type"`
	Endpoint string            `json:"endpoint"`
	URL      string            `json:"url"`
	State    string            `json:"state"` // pending, delivered, failed, dropped
	Attempts []DeliveryAttempt `json:"attempts"`

	then []*Delivery // what a reorder fault wants to go out behind this one
}

// DeliveryAttempt is one try.
type DeliveryAttempt struct {
	At     time.Time     `json:"at"`
	Status int           `json:"status,omitempty"`
	Error  string        `json:"error,omitempty"`
	Body   string        `json:"body,omitempty"`
	Took   time.Duration `json:"took"`
}

// attempt sends an event once and plans the next try when that fails.
func (q *sender) attempt(d *Delivery) {
	defer q.followUp(d)
	ev, ep, ok := q.load(d)
	if !ok {
		q.finish(d, "dropped")
		return
	}
	body, err := ev.payload()
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
		if q.finish(d, "delivered") {
			q.srv.confirmDelivery(ev)
		}
	case tries > len(q.delays):
		q.finish(d, "failed")
	default:
		q.srv.schedule.at(d.Event, q.srv.now().Add(q.delays[tries-1]), func() { q.enqueue(d) })
	}
}

// finish sets the state of a delivery and tells whether it was pending until now.
func (q *sender) finish(d *Delivery, state string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	was := d.State
	if was != "delivered" { // a duplicate that fails takes nothing back
		d.State = state
	}
	return was == "pending"
}

// load fetches the event and the endpoint as they are now.
func (q *sender) load(d *Delivery) (*Event, *WebhookEndpoint, bool) {
	s := q.srv
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	for account, w := range s.store.worlds {
		if ev, found := w.objects[d.Event].obj.(*Event); found {
			ep, ok := s.endpointNear(account, d.Endpoint)
			return ev, ep, ok
		}
	}
	return nil, nil, false
}

// post sends a signed body. See https://docs.stripe.com/webhooks#verify-events.
func (q *sender) post(ep *WebhookEndpoint, body []byte) DeliveryAttempt {
	now := q.srv.cfg.Now() // the receiver checks the time with a clock that nobody moved
	try := DeliveryAttempt{At: now}
	req, err := http.NewRequestWithContext(q.ctx, http.MethodPost, ep.URL, bytes.NewReader(body))
	if err != nil {
		try.Error = err.Error()
		return try
	}
	for name, value := range webhookHeaders(signature(body, now, ep.secretsAt(now)...)) {
		req.Header.Set(name, value)
	}
	start := time.Now() // how long the endpoint takes is real time, whatever the sandbox's clock says
	resp, err := q.client.Do(req)
	try.Took = time.Since(start)
	if err != nil {
		try.Error = err.Error()
		return try
	}
	defer func() { _ = resp.Body.Close() }()
	text, _ := io.ReadAll(io.LimitReader(resp.Body, keptBody)) // a body cut short is still worth showing
	try.Status, try.Body = resp.StatusCode, string(text)
	return try
}

func webhookHeaders(signature string) map[string]string {
	return map[string]string{
		"Accept": "*/*; q=0.5, application/xml", "Cache-Control": "no-cache", "Content-Type": "application/json; charset=utf-8",
		"Stripe-Signature": signature, "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
	}
}

// signature is the Stripe-Signature header of a body sent at a time: t=...,v1=... for every secret.
func signature(body []byte, at time.Time, secrets ...string) string {
	stamp := strconv.FormatInt(at.Unix(), 10)
	parts := []string{"t=" + stamp}
	for _, secret := range secrets {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(stamp + "."))
		mac.Write(body)
		parts = append(parts, "v1="+hex.EncodeToString(mac.Sum(nil)))
	}
	return strings.Join(parts, ",")
}

// confirmDelivery counts an event's pending webhooks down.
func (s *Server) confirmDelivery(ev *Event) {
	s.store.mu.Lock()
	w := s.store.world(ev.world)
	have, ok := w.objects[ev.ID].obj.(*Event)
	if !ok || have.PendingWebhooks == 0 {
		s.store.mu.Unlock()
		return
	}
	next := *have
	next.PendingWebhooks--
	s.store.put(w, &next)
	lines := s.journal.lines(ev.world, []object{&next})
	s.store.mu.Unlock()
	s.journal.write(lines)
}

// Deliveries returns copies of the deliveries that are remembered, oldest first.
func (s *Server) Deliveries() []Delivery {
	s.sender.mu.Lock()
	defer s.sender.mu.Unlock()
	out := make([]Delivery, 0, len(s.sender.order))
	for _, id := range s.sender.order {
		d := *s.sender.byID[id]
		d.Attempts = append([]DeliveryAttempt(nil), d.Attempts...)
		out = append(out, d)
	}
	return out
}

// Resend sends an event again to every endpoint and listener that wants it; false when there is no such event.
func (s *Server) Resend(id string) bool {
	obj, ok := s.anywhere(id)
	ev, is := obj.(*Event)
	if !ok || !is {
		return false
	}
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	for _, ep := range s.receivers(ev) {
		s.sender.again(ev, ep)
	}
	s.pushEvent(ev)
	return true
}
