package api

import (
	"fmt"
	"net"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"checkoutd/internal/sandbox/wire"
)

// The faults that can be injected.
const (
	FaultChargeThenCut   = "charge_then_cut"   // execute the request, then cut the connection
	FaultChargeThen500   = "charge_then_500"   // execute the request, then respond with 500, which the idempotency key keeps as at Stripe
	FaultChargeThenDelay = "charge_then_delay" // execute the request, then respond late
	FaultReset           = "reset"             // cut the connection and do nothing
	FaultDelay           = "delay"             // wait before executing a request or sending a webhook
	FaultStatus500       = "status_500"        // respond with 500 and do nothing
	FaultStatus429       = "status_429"
	FaultStatus400       = "status_400"        // invalid_request_error: as if the shop had sent a wrong parameter
	FaultStatus401       = "status_401"        // as if the key had been revoked
	FaultIdempotency     = "idempotency_error" // as if the idempotency key had been used with other parameters
	FaultStatus409       = "status_409"        // as if another request with the same idempotency key were in progress
	FaultLockTimeout     = "lock_timeout"      // 429: another request has locked the object
	FaultDuplicate       = "duplicate"         // send a webhook twice
	FaultReorder         = "reorder"           // let the next webhook overtake this one
	FaultDrop            = "drop"              // never send a webhook
	FaultOtherMode       = "other_mode"        // send an event of the other mode about the object before this one
	FaultOrdered         = "ordered"           // until it is removed, send webhooks one after the other, oldest first
)

// Fault is a fault to inject.
type Fault struct {
	ID      string `json:"id"`
	Route   string `json:"route"`    // "POST /v1/payment_intents/*/confirm", or "WEBHOOK payment_intent.*"; * matches one path segment
	Kind    string `json:"kind"`     // one of the constants above
	Count   int    `json:"count"`    // how often to inject it; 0 = once, negative = until it is removed
	After   int    `json:"after"`    // how many matching calls to let pass first
	DelayMS int    `json:"delay_ms"` // for the delays; 0 = one second
	Hits    int    `json:"hits"`     // how often it was injected
}

// Pause returns the delay of the fault, or fallback if it has none.
func (f *Fault) Pause(fallback time.Duration) time.Duration {
	if f.DelayMS == 0 {
		return fallback
	}
	return time.Duration(f.DelayMS) * time.Millisecond
}

const webhookRoute = "WEBHOOK"

var (
	apiFaults = []string{
		FaultChargeThenCut,
		FaultChargeThen500,
		FaultChargeThenDelay,
		FaultReset,
		FaultDelay,
		FaultStatus500,
		FaultStatus429,
		FaultStatus400,
		FaultStatus401,
		FaultIdempotency,
		FaultStatus409,
		FaultLockTimeout,
	}
	webhookFaults = []string{FaultDuplicate, FaultReorder, FaultDelay, FaultDrop, FaultOtherMode, FaultOrdered}
)

// Faults holds the active faults. It is safe for concurrent use.
type Faults struct {
	mu   sync.Mutex
	list []*Fault
}

// Add activates a fault and returns it with its ID.
func (b *Faults) Add(f Fault) (Fault, error) {
	method, pattern, ok := strings.Cut(strings.TrimSpace(f.Route), " ")
	if !ok {
		return f, fmt.Errorf("fault route %q: want a method and a path, or WEBHOOK and an event type", f.Route)
	}

	known := apiFaults
	if method == webhookRoute {
		known = webhookFaults
	}

	if !slices.Contains(known, f.Kind) {
		return f, fmt.Errorf("fault kind %q: want one of %s", f.Kind, strings.Join(known, " "))
	}
	if f.Kind == FaultOrdered && pattern != "*" {
		return f, fmt.Errorf("fault route %q: order is kept for all webhooks or none; want WEBHOOK *", f.Route)
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

// Clear deactivates every fault.
func (b *Faults) Clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.list = nil
}

// Remove deactivates a fault and reports whether it was active.
func (b *Faults) Remove(id string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	before := len(b.list)
	b.list = slices.DeleteFunc(b.list, func(f *Fault) bool { return f.ID == id })
	return len(b.list) < before
}

// All returns the active faults.
func (b *Faults) All() []Fault {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]Fault, 0, len(b.list))
	for _, f := range b.list {
		out = append(out, *f)
	}
	return out
}

// take returns a copy of the fault to inject into a call, or nil, and counts
// it.
func (b *Faults) take(method, urlPath string) *Fault {
	b.mu.Lock()
	defer b.mu.Unlock()

	for i, f := range b.list {
		if f.Kind == FaultOrdered {
			continue
		}

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
		taken := *f

		if f.Count > 0 {
			if f.Count--; f.Count == 0 {
				b.list = slices.Concat(b.list[:i], b.list[i+1:])
			}
		}

		return &taken
	}

	return nil
}

// Ordered reports whether webhooks are to be sent in order, which Stripe does
// not promise: https://docs.stripe.com/webhooks#event-ordering.
func (b *Faults) Ordered() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.ContainsFunc(b.list, func(f *Fault) bool { return f.Kind == FaultOrdered })
}

// TakeWebhook returns the fault to inject into the delivery of an event, or
// nil.
func (b *Faults) TakeWebhook(event string) *Fault { return b.take(webhookRoute, event) }

// faultBefore injects a fault before the call is executed. If it stops the
// call, it returns the response.
func (c *Call) faultBefore() (resp Response, stop bool) {
	if c.fault == nil {
		return Response{}, false
	}

	switch c.fault.Kind {
	case FaultReset:
		return Response{cut: true, early: true}, true
	case FaultStatus500, FaultStatus429, FaultStatus400, FaultStatus401, FaultIdempotency, FaultStatus409,
		FaultLockTimeout:
		return c.injected(c.fault.Kind), true
	case FaultDelay:
		if c.idempotencyKey == "" || c.Route.Method != http.MethodPost {
			time.Sleep(c.fault.Pause(time.Second))
		}
	}

	return Response{}, false
}

// delayWithKey injects a delay while the idempotency key is claimed, so that a
// second request with the same key gets a 409.
func (c *Call) delayWithKey() {
	if c.fault != nil && c.fault.Kind == FaultDelay {
		time.Sleep(c.fault.Pause(time.Second))
	}
}

// replaceWith500 injects a 500 in place of the response that the idempotency
// key keeps.
func (c *Call) replaceWith500(resp Response) Response {
	if c.fault != nil && c.fault.Kind == FaultChargeThen500 {
		return c.injected(FaultStatus500)
	}
	return resp
}

// injected returns the response of a fault.
func (c *Call) injected(kind string) Response {
	resp := c.failed(c.faultError(kind))
	resp.injected = true
	return resp
}

// faultAfter injects a fault after the call was executed.
func (c *Call) faultAfter(resp Response) Response {
	if c.fault == nil {
		return resp
	}

	switch c.fault.Kind {
	case FaultChargeThenCut:
		resp.cut = true
	case FaultChargeThenDelay:
		time.Sleep(c.fault.Pause(time.Second))
	case FaultChargeThen500:
		if c.idempotencyKey == "" {
			return c.injected(FaultStatus500)
		}
	}

	return resp
}

// codeLockTimeout is the code of FaultLockTimeout:
// https://docs.stripe.com/rate-limits#object-lock-timeouts.
const codeLockTimeout = "lock_timeout"

// faultError returns the error with which a fault answers the call.
func (c *Call) faultError(kind string) *wire.Error {
	e := &wire.Error{Type: wire.TypeInvalid, Status: http.StatusTooManyRequests}

	switch kind {
	case FaultStatus429:
		e.Code, e.Message = "rate_limit", "Request rate limit exceeded. You can learn more about rate limits here https://stripe.com/docs/rate-limits."
	case FaultStatus400:
		e = wire.Invalid("parameter_unknown", "rehearsed", "Received unknown parameter: rehearsed")
	case FaultStatus401:
		e = wire.Unauthorized("", "Invalid API Key provided: %s", RedactKey(c.Key))
	case FaultIdempotency:
		e = wire.Invalid("", "", "Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '%s' if you meant to execute a different request.", c.idempotencyKey)
		e.Type = wire.TypeIdempotency
	case FaultStatus409:
		e = c.keyInUse()
	case FaultLockTimeout:
		e.Code, e.Message = codeLockTimeout, "This object cannot be accessed right now because another API request or Stripe process is currently accessing it. If you see this error intermittently, retry the request. If you see this error frequently and are making multiple concurrent requests to a single object, make your requests serially or at a lower rate."
	default:
		e.Type, e.Status = wire.TypeAPI, http.StatusInternalServerError
		e.Message = "An unexpected error occurred while processing your request. We're notified. (Injected through the sandbox's management API.)"
	}

	e.Early, e.DocURL = true, wire.DocURL(e.Code)
	return e
}

// cutConnection closes the caller's connection without a response, with a TCP
// reset if possible.
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
		_ = tcp.SetLinger(0) // reset instead of a graceful end
	}

	_ = conn.Close()
}
