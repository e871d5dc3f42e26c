package api

import (
	"fmt"
	"net"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"checkoutd/internal/sandbox/wire"
)

// The ways in which the sandbox misbehaves when it is told to.
const (
	FaultChargeThenCut   = "charge_then_cut"   // do it, then cut the connection without an answer
	FaultChargeThen500   = "charge_then_500"   // do it, then answer 500; the idempotency key remembers the 500, as Stripe's does
	FaultChargeThenDelay = "charge_then_delay" // do it, then answer late
	FaultReset           = "reset"             // cut the connection before doing anything
	FaultDelay           = "delay"             // wait before doing it (API) or before sending it (webhooks)
	FaultStatus500       = "status_500"        // answer 500 without doing it
	FaultStatus429       = "status_429"
	FaultStatus409       = "status_409"
	FaultDuplicate       = "duplicate" // send a webhook twice
	FaultReorder         = "reorder"   // let the next webhook overtake this one
	FaultDrop            = "drop"      // never send a webhook
)

// Fault asks for one misbehaviour.
type Fault struct {
	ID      string `json:"id"`
	Route   string `json:"route"`    // "POST /v1/payment_intents/*/confirm", or "WEBHOOK payment_intent.*"; * matches one path segment
	Kind    string `json:"kind"`     // one of the constants above
	Count   int    `json:"count"`    // how often; 0 = once, negative = until removed
	After   int    `json:"after"`    // how many matching calls go through first
	DelayMS int    `json:"delay_ms"` // for the delays; 0 = one second
	Hits    int    `json:"hits"`     // how often it has struck
}

func (f *Fault) Pause(fallback time.Duration) time.Duration {
	if f.DelayMS == 0 {
		return fallback
	}
	return time.Duration(f.DelayMS) * time.Millisecond
}

const webhookRoute = "WEBHOOK"

var (
	apiFaults = words(FaultChargeThenCut, FaultChargeThen500, FaultChargeThenDelay, FaultReset, FaultDelay, FaultStatus500,
		FaultStatus429, FaultStatus409)
	webhookFaults = words(FaultDuplicate, FaultReorder, FaultDelay, FaultDrop)
)

func words(list ...string) string { return strings.Join(list, " ") }

// faultBox holds the faults in force. It is safe for concurrent use.
type faultBox struct {
	mu   sync.Mutex
	list []*Fault
}

func newFaultBox() *faultBox { return &faultBox{} }

// Add puts a fault in force and returns it with its id.
func (b *faultBox) Add(f Fault) (Fault, error) {
	method, pattern, ok := strings.Cut(strings.TrimSpace(f.Route), " ")
	if !ok {
		return f, fmt.Errorf("fault route %q: want a method and a path, or WEBHOOK and an event type", f.Route)
	}

	known := apiFaults
	if method == webhookRoute {
		known = webhookFaults
	}

	if !ContainsWord(known, f.Kind) || f.Kind == "" {
		return f, fmt.Errorf("fault kind %q: want one of %s", f.Kind, known)
	}
	if _, err := path.Match(pattern, "/"); err != nil {
		return f, fmt.Errorf("fault route %q: %w", f.Route, err)
	}

	if f.Count == 0 {
		f.Count = 1
	}

	f.ID, f.Hits = wire.NewShortID("fault"), 0
	kept := f
	b.mu.Lock()
	defer b.mu.Unlock()

	b.list = append(b.list, &kept)

	return f, nil
}

// Clear makes the sandbox behave again.
func (b *faultBox) Clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.list = nil
}

// Remove takes one fault back; false when it is not in force.
func (b *faultBox) Remove(id string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	before := len(b.list)
	b.list = slices.DeleteFunc(b.list, func(f *Fault) bool { return f.ID == id })
	return len(b.list) < before
}

// All returns the faults in force.
func (b *faultBox) All() []Fault {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]Fault, 0, len(b.list))
	for _, f := range b.list {
		out = append(out, *f)
	}
	return out
}

// take returns a copy of the fault that strikes this call, nil when there is
// none.
func (b *faultBox) take(method, urlPath string) *Fault {
	b.mu.Lock()
	defer b.mu.Unlock()

	for i, f := range b.list {
		want, pattern, _ := strings.Cut(f.Route, " ")
		if want != method && want != "*" {
			continue
		}
		if ok, _ := path.Match(pattern, urlPath); !ok && pattern != "*" {
			continue
		}

		if f.After > 0 {
			f.After--
			continue
		}

		f.Hits++
		struck := *f

		if f.Count > 0 {
			if f.Count--; f.Count == 0 {
				b.list = append(b.list[:i:i], b.list[i+1:]...)
			}
		}

		return &struck
	}

	return nil
}

func (b *faultBox) TakeWebhook(event string) *Fault { return b.take(webhookRoute, event) }

// faultBefore strikes before the call is executed; stop means that the answer
// is final.
func (c *Call) faultBefore() (ans Answer, stop bool) {
	if c.fault == nil {
		return Answer{}, false
	}

	switch c.fault.Kind {
	case FaultReset:
		return Answer{cut: true, early: true}, true
	case FaultStatus500, FaultStatus429, FaultStatus409:
		return c.failed(faultError(c.fault.Kind)), true
	case FaultDelay:
		if c.idemKey == "" || c.Route.Method != http.MethodPost {
			time.Sleep(c.fault.Pause(time.Second))
		}
	}

	return Answer{}, false
}

// holdKey strikes after the idempotency key is taken and before anything is
// done, so that a twin meets a 409.
func (c *Call) holdKey() {
	if c.fault != nil && c.fault.Kind == FaultDelay {
		time.Sleep(c.fault.Pause(time.Second))
	}
}

// spoil replaces the answer that the idempotency key will remember.
func (c *Call) spoil(ans Answer) Answer {
	if c.fault != nil && c.fault.Kind == FaultChargeThen500 {
		return c.failed(faultError(FaultStatus500))
	}
	return ans
}

// faultAfter strikes when everything is done.
func (c *Call) faultAfter(ans Answer) Answer {
	if c.fault == nil {
		return ans
	}

	switch c.fault.Kind {
	case FaultChargeThenCut:
		ans.cut = true
	case FaultChargeThenDelay:
		time.Sleep(c.fault.Pause(time.Second))
	case FaultChargeThen500:
		if c.idemKey == "" {
			return c.failed(faultError(FaultStatus500))
		}
	}

	return ans
}

func faultError(kind string) *wire.Error {
	status, _ := strconv.Atoi(strings.TrimPrefix(kind, "status_"))
	e := &wire.Error{
		Status:  status,
		Early:   true,
		Type:    wire.TypeAPI,
		Message: "An unexpected error occurred while processing your request. We're notified. (Asked for at the sandbox's management door.)",
	}

	switch status {
	case http.StatusTooManyRequests:
		e.Type, e.Code, e.Message = wire.TypeInvalid, "rate_limit", "Request rate limit exceeded. You can learn more about rate limits here https://stripe.com/docs/rate-limits."
	case http.StatusConflict:
		e.Type, e.Code, e.Message = wire.TypeInvalid, "lock_timeout", "This object cannot be accessed right now because another API request or Stripe process is currently accessing it. If you see this error intermittently, retry the request. If you see this error frequently and are making multiple concurrent requests to a single object, make your requests serially or at a lower rate. For more details, see https://stripe.com/docs/rate-limits#object-lock-timeouts."
	}

	e.DocURL = wire.DocURL(e.Code)
	return e
}

// cutConnection drops the caller's connection without an answer, with a TCP
// reset where that is possible.
func cutConnection(w http.ResponseWriter) {
	hijacker, ok := w.(http.Hijacker)
	if !ok {
		panic(http.ErrAbortHandler)
	}

	conn, _, err := hijacker.Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}

	if tcp, is := conn.(*net.TCPConn); is {
		_ = tcp.SetLinger(0)
	}

	_ = conn.Close()
}
