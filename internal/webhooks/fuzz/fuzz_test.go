// Package fuzz_test fuzzes the intake of webhooks. It is separate from the
// other tests, which need a database: the fuzzer would have to build the engine
// a second time, instrumented.
package fuzz_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stripe/stripe-go/v81/webhook"

	"checkoutd/internal/httpio"
	"checkoutd/internal/payments"
	"checkoutd/internal/stripeapi"
	"checkoutd/internal/webhooks"
)

const (
	secretOld = "whsec_old"
	secretNew = "whsec_new"
	tolerance = 5 * time.Minute
)

// sign returns the header that Stripe sends.
func sign(payload []byte, secret string, signedAt time.Time) string {
	return webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{
		Payload:   payload,
		Secret:    secret,
		Timestamp: signedAt,
	}).Header
}

// inbox keeps in memory what was accepted: a target runs many thousand times.
type inbox struct {
	webhooks.Intake
	webhooks.Claims

	mu   sync.Mutex
	kept []webhooks.Event
}

func (in *inbox) Accept(_ context.Context, e webhooks.Event) (bool, error) {
	in.mu.Lock()
	defer in.mu.Unlock()

	in.kept = append(in.kept, e)
	return true, nil
}

func (in *inbox) KnowsEvent(context.Context, string, string, string) (bool, error) { return false, nil }

// offline is a Stripe that is never called.
type offline struct{ stripeapi.Codec }

func (offline) Events(context.Context, string, time.Time, string) ([][]byte, bool, error) {
	panic("a backfill was started")
}

// empty is a payments.Store without orders.
type empty struct{ payments.Store }

func (empty) OrderOfIntent(context.Context, string, string) (string, error) { return "", nil }

func (empty) OrderOfSubscription(context.Context, string, string) (string, error) { return "", nil }
func (empty) OrderOfTransfer(context.Context, string, string) (string, error)     { return "", nil }

var fuzzNow = time.Unix(1769860800, 0)

func now() time.Time { return fuzzNow }

var noPayments = payments.New(payments.Config{Store: empty{}, Now: now, Log: zerolog.Nop()})

func fuzzService() (*webhooks.Service, *inbox) {
	in := &inbox{}
	return webhooks.New(webhooks.Config{
		Intake:    in,
		Claims:    in,
		Payments:  noPayments,
		Stripe:    offline{},
		Now:       now,
		Log:       zerolog.Nop(),
		Secrets:   func() []string { return []string{secretOld, secretNew} },
		Tolerance: tolerance,
	}), in
}

func fuzzPost(s *webhooks.Service, body, header string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/webhooks/stripe", strings.NewReader(body))
	r.Header["Stripe-Signature"] = []string{header}
	w := httptest.NewRecorder()
	httpio.Handle(s.ServeHTTP)(w, r)
	return w
}

const fuzzEvent = `{"id":"evt_1","object":"event","type":"payment_intent.succeeded",
	"api_version":"2025-02-24.acacia","created":1769860800,
	"livemode":false,"data":{"object":{"id":"pi_1","object":"payment_intent"}}}`

// fuzzObject is what fuzzEvent says of its object.
const fuzzObject = `"id":"pi_1","object":"payment_intent"`

// FuzzSignature checks that, whatever the header and the body, only an event
// that was signed recently with one of the secrets is stored.
func FuzzSignature(f *testing.F) {
	good := sign([]byte(fuzzEvent), secretNew, fuzzNow)
	for _, header := range []string{
		good, sign([]byte(fuzzEvent), secretOld, fuzzNow), sign([]byte(fuzzEvent), secretNew, fuzzNow.Add(-time.Hour)),
		"", "t=", "t=1,v1=", "v1=00", good + ",t=1", "t=1," + good, good + ",v1=00", good + ",=",
		strings.ReplaceAll(good, "v1", "v0"), "t=99999999999999999999,v1=00", "t=-1,v1=00",
		strings.ToUpper(good), " " + good, strings.ReplaceAll(good, ",", ", "),
	} {
		f.Add(header, fuzzEvent)
	}

	f.Add(good, fuzzEvent+" ")
	f.Add("t=1,v1=00", "{}")
	f.Fuzz(func(t *testing.T, header, body string) {
		s, in := fuzzService()
		w := fuzzPost(s, body, header)
		genuine := false
		for _, secret := range []string{secretOld, secretNew} {
			genuine = genuine || webhook.ValidatePayloadIgnoringTolerance([]byte(body), header, secret) == nil
		}

		switch {
		case w.Code == http.StatusOK && (!genuine || len(in.kept) != 1):
			t.Fatalf("accepted %q with %q", body, header)
		case w.Code != http.StatusOK && w.Code != http.StatusBadRequest, w.Code != http.StatusOK && len(in.kept) != 0:
			t.Fatalf("%q with %q: status %d, kept %d", body, header, w.Code, len(in.kept))
		}
	})
}

// FuzzEnvelope checks that a signed body is stored whole and well-formed, or
// rejected, and that a worker can read what was stored without a panic.
func FuzzEnvelope(f *testing.F) {
	for _, body := range []string{
		fuzzEvent, "", "{}", "null", "[]", `{"object":"event"}`, `{"id":"evt_1","object":"event","type":"a"}`,
		strings.ReplaceAll(fuzzEvent, `"created":1769860800`, `"created":-9223372036854775808`),
		strings.ReplaceAll(fuzzEvent, `"created":1769860800`, `"created":1e3`),
		strings.ReplaceAll(fuzzEvent, "false", "true"),
		strings.ReplaceAll(fuzzEvent, `"livemode"`, `"account":"acct_1","livemode"`),
		strings.ReplaceAll(fuzzEvent, "2025-02-24.acacia", "."),
		strings.ReplaceAll(fuzzEvent, "evt_1", "evt_\x00"),
		strings.ReplaceAll(fuzzEvent, "pi_1", strings.Repeat("ü", 200)),
		strings.ReplaceAll(fuzzEvent, fuzzObject, `"id":"ch_1","object":"charge","payment_intent":{"id":"pi_1"}`),
		strings.ReplaceAll(fuzzEvent, fuzzObject, `"id":"ch_1","object":"charge","payment_intent":[[]]`),
		strings.ReplaceAll(fuzzEvent, `{"object":{"id":"pi_1","object":"payment_intent"}}`, `{"object":null}`),
		strings.ReplaceAll(fuzzEvent, `"payment_intent"}`, `"payment_intent","metadata":{"checkoutd_order":7}}`),
	} {
		f.Add(body)
	}

	f.Fuzz(func(t *testing.T, body string) {
		s, in := fuzzService()
		w := fuzzPost(s, body, sign([]byte(body), secretNew, fuzzNow))
		if w.Code == http.StatusBadRequest && len(in.kept) == 0 {
			return
		}
		if w.Code != http.StatusOK || len(in.kept) != 1 {
			t.Fatalf("%q: status %d, kept %d", body, w.Code, len(in.kept))
		}

		e := in.kept[0]
		if string(e.Payload) != body || !json.Valid(e.Payload) {
			t.Fatalf("kept %q of %q", e.Payload, body)
		}

		for name, text := range map[string]string{
			"id":      e.ID,
			"type":    e.Type,
			"group":   e.Group,
			"account": e.Account,
			"version": e.APIVersion,
		} {
			required := name == "id" || name == "type" || name == "group"
			if len(text) > 255 || strings.ToValidUTF8(text, "") != text || required && text == "" {
				t.Fatalf("%q: its %s is kept as %q", body, name, text)
			}
		}

		if e.State == webhooks.Received && (e.Livemode || e.Account != "") {
			t.Fatalf("%q is of another mode or account and would be worked", body)
		}

		// What a worker would read may be an error, but must not panic.
		previewer := webhooks.Previewer{Payments: noPayments, Decoder: offline{}}
		_, _ = previewer.Preview(t.Context(), e)

		for _, kind := range []string{"payment_intent", "setup_intent"} {
			_, _ = offline{}.DecodeIntent(kind, e.Payload)
		}
	})
}
