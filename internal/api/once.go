package api

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/httpio"
	"checkoutd/internal/orders"
)

// MaxBody bounds the body of a call, in bytes. An order of a hundred lines
// fits.
const MaxBody = 128 << 10

const (
	requestPrefix = "req_"
	// keepAnswers is how long a repetition gets the stored answer.
	keepAnswers = 24 * time.Hour
	// requestLease is how long a request is taken to be in progress: longer
	// than a call waits for Stripe. What is carried out once more after it is
	// the same operation, or the same order.
	requestLease = time.Minute
	maxBody      = MaxBody
)

// Request is a POST with an Idempotency-Key.
type Request struct {
	ID          string // req_…; stays the same for all repetitions
	KeyHash     []byte // of the API key and the Idempotency-Key, so that keys never share one
	Fingerprint []byte // of the method, the path and the body
	Lease       string // who carries it out
	LeaseUntil  time.Time
	Seed        string // random; the secrets that the answer shows come from it
	Answer      []byte // empty until there is one
	OrderID     string // that the answer is about, "" for none
	CreatedAt   time.Time
	ExpiresAt   time.Time // when it is forgotten
}

var (
	errKeyForm = &fault.Error{
		Kind: fault.Malformed, Code: "idempotency_key_invalid", Field: "Idempotency-Key",
		Message: "The Idempotency-Key must have 1 to 255 printable ASCII characters.",
	}
	errKeyReused = &fault.Error{
		Kind: fault.Invalid, Code: "idempotency_key_reused", Field: "Idempotency-Key",
		Message: "This Idempotency-Key belongs to another request: use a new one for each request.",
	}
	errInProgress = fault.New(fault.Conflict, "idempotency_key_in_progress",
		"The request with this Idempotency-Key is still in progress. Please repeat it in a moment.").
		With("retry_after", 2)
)

// once carries out a request with an Idempotency-Key once. Its repetitions get
// the stored answer. One that was interrupted is carried out again under the
// same name, by which h finds what was done before.
func (s *Service) once(h Handler) Handler {
	return func(w http.ResponseWriter, r *http.Request, c Call) error {
		name, given, err := idempotencyKey(r.Header)
		if err != nil {
			return err
		}
		if !given {
			return h(w, r, c)
		}

		body, err := httpio.ReadBody(w, r, maxBody)
		if err != nil {
			return err
		}

		now := s.cfg.Now()
		asked := Request{
			ID:          orders.NewID(requestPrefix),
			KeyHash:     sum(c.Key.ID, name),
			Fingerprint: sum(r.Method, r.URL.Path, canonical(body)),
			Lease:       rand.Text(),
			LeaseUntil:  now.Add(requestLease),
			Seed:        rand.Text(),
			CreatedAt:   now,
			ExpiresAt:   now.Add(keepAnswers),
		}

		stored, begun, err := s.cfg.Requests.BeginRequest(r.Context(), asked, now)
		switch {
		case err != nil:
			return err
		case !bytes.Equal(stored.Fingerprint, asked.Fingerprint):
			return errKeyReused
		case len(stored.Answer) > 0:
			return replay(w, stored.Answer)
		case !begun:
			return errInProgress
		}

		r.Body = io.NopCloser(bytes.NewReader(body))
		c.Request, c.seed = stored.ID, stored.Seed
		s.carryOut(w, r, c, h, stored)

		return nil
	}
}

// carryOut calls h, stores its answer if that is final, and sends it.
func (s *Service) carryOut(w http.ResponseWriter, r *http.Request, c Call, h Handler, req Request) {
	a := &answer{header: http.Header{}}
	failed := h(a, r, c)
	if failed != nil {
		httpio.WriteError(a, r, failed)
	}

	// The answer is kept for the client's next try even if the client has left.
	// If it is not stored, the next try finds what was done.
	if err := s.conclude(context.WithoutCancel(r.Context()), req, a, failed); err != nil {
		httpio.ExchangeOf(r.Context()).SetError(err)
	}

	a.send(w)
}

// passing are the conflicts that a repetition may find solved.
var passing = []string{"operation_in_progress", "payment_in_progress", "account_subscribing"}

// conclude stores a final answer. After any other answer a repetition is
// carried out; it may have another body if nothing was done.
func (s *Service) conclude(ctx context.Context, req Request, a *answer, failed error) error {
	switch code := fault.Of(failed).Code; {
	case a.status < http.StatusBadRequest,
		a.status == http.StatusPaymentRequired,
		a.status == http.StatusNotFound,
		a.status == http.StatusConflict && !slices.Contains(passing, code):

		text, err := a.encode()
		if err != nil {
			return err
		}
		return s.cfg.Requests.FinishRequest(ctx, req.ID, req.Lease, httpio.LogFields(ctx).Get("order_id"), text)

	case a.status == http.StatusBadRequest,
		a.status == http.StatusRequestEntityTooLarge,
		a.status == http.StatusUnsupportedMediaType,
		a.status == http.StatusUnprocessableEntity:
		return s.cfg.Requests.ForgetRequest(ctx, req.ID, req.Lease)
	}

	return s.cfg.Requests.ReleaseRequest(ctx, req.ID, req.Lease)
}

// idempotencyKey returns the Idempotency-Key of a request; ok is false if it
// has none.
func idempotencyKey(h http.Header) (name string, ok bool, err error) {
	values := h.Values("Idempotency-Key")
	if len(values) == 0 {
		return "", false, nil
	}

	name = values[0]
	printable := !strings.ContainsFunc(name, func(c rune) bool { return c < ' ' || c > '~' })
	if len(values) > 1 || name == "" || len(name) > 255 || !printable {
		return "", false, errKeyForm
	}

	return name, true, nil
}

// canonical returns a JSON body without what does not change its meaning: white
// space, and the order of members. Any other body stays as it is.
func canonical(body []byte) string {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()

	var v any
	if dec.Decode(&v) != nil || dec.More() {
		return string(body)
	}

	text, err := json.Marshal(v)
	if err != nil {
		return string(body)
	}
	return string(text)
}

// sum returns the SHA-256 of texts, each with its length.
func sum(texts ...string) []byte {
	h := sha256.New()
	for _, t := range texts {
		_, _ = fmt.Fprintf(h, "%d %s", len(t), t) // a hash returns no errors
	}
	return h.Sum(nil)
}
