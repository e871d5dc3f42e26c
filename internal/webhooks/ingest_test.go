package webhooks_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/httpio"
	"checkoutd/internal/payments"
	"checkoutd/internal/store"
	"checkoutd/internal/webhooks"
)

func TestNewPanicsWithoutASecret(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("New returned an endpoint that trusts unsigned events")
		}
	}()
	webhooks.New(webhooks.Config{})
}

func TestRejectionsAreCountedAndNothingIsStored(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	good := f.intentEvent("created", "pi_1", "", "requires_payment_method")
	now := f.clock.Now()
	_, mac, _ := strings.Cut(sign(good, secretNew, now), ",v1=")
	not := func(change object) []byte { return f.eventWith("payment_intent.created", object{}, change) }
	cases := map[string]struct {
		body   []byte
		header string
		code   string // of the error, and the reason under which it is counted
	}{
		"no header":                  {good, "", "bad_signature"},
		"garbage":                    {good, "hello", "bad_signature"},
		"no timestamp":               {good, "v1=" + mac, "bad_signature"},
		"timestamp is not a number":  {good, "t=now,v1=" + mac, "bad_signature"},
		"another timestamp":          {good, fmt.Sprintf("t=%d,v1=%s", now.Unix()-1, mac), "bad_signature"},
		"only the test scheme":       {good, fmt.Sprintf("t=%d,v0=%s", now.Unix(), mac), "bad_signature"},
		"another secret":             {good, sign(good, "whsec_forged", now), "bad_signature"},
		"empty secret":               {good, sign(good, "", now), "bad_signature"},
		"one byte changed":           {append(bytes.Clone(good), ' '), sign(good, secretNew, now), "bad_signature"},
		"signature is not hex":       {good, fmt.Sprintf("t=%d,v1=%s", now.Unix(), strings.Repeat("z", 64)), "bad_signature"},
		"signature is cut short":     {good, fmt.Sprintf("t=%d,v1=%s", now.Unix(), mac[:62]), "bad_signature"},
		"forged and old":             {good, sign(good, "whsec_forged", now.Add(-time.Hour)), "stale_timestamp"},
		"an overflowing timestamp":   {good, fmt.Sprintf("t=%d,v1=%s", int64(math.MaxInt64), mac), "bad_signature"},
		"far in the future":          {good, sign(good, secretNew, now.Add(24*365*time.Hour)), "future_timestamp"},
		"just too far in the future": {good, sign(good, secretNew, now.Add(tolerance+time.Second)), "future_timestamp"},
		"too old":                    {good, sign(good, secretNew, now.Add(-tolerance-time.Second)), "stale_timestamp"},
		"too old, the old secret":    {good, sign(good, secretOld, now.Add(-24*time.Hour)), "stale_timestamp"},
		"a fresh t before the old": {
			good,
			fmt.Sprintf("t=%d,", now.Unix()) + sign(good, secretNew, now.Add(-time.Hour)),
			"stale_timestamp",
		},
		"empty body":          {nil, sign(nil, secretNew, now), "bad_envelope"},
		"not JSON":            {[]byte("<xml/>"), sign([]byte("<xml/>"), secretNew, now), "bad_envelope"},
		"a list":              {[]byte("[]"), sign([]byte("[]"), secretNew, now), "bad_envelope"},
		"not an event":        {not(object{"object": "charge"}), "", "bad_envelope"},
		"no id":               {not(object{"id": ""}), "", "bad_envelope"},
		"a hostile id":        {not(object{"id": "evt_1'; --"}), "", "bad_envelope"},
		"an endless id":       {not(object{"id": "evt_" + strings.Repeat("a", 300)}), "", "bad_envelope"},
		"a hostile type":      {not(object{"type": "a\nb"}), "", "bad_envelope"},
		"created is a string": {not(object{"created": "now"}), "", "bad_envelope"},
		"over the limit":      {bytes.Repeat([]byte(" "), webhooks.MaxBody+1), sign(good, secretNew, now), "body_too_large"},
	}

	want := map[string]int64{}
	for name, c := range cases {
		if c.code == "bad_envelope" && c.header == "" {
			c.header = sign(c.body, secretNew, now)
		}

		w := f.post(c.body, c.header)
		status := http.StatusBadRequest
		if c.code == "body_too_large" {
			status = http.StatusRequestEntityTooLarge
		}

		if w.Code != status || !strings.Contains(w.Body.String(), `"code":"`+c.code+`"`) {
			t.Errorf("%s: %d %s, want %d %s", name, w.Code, w.Body, status, c.code)
		}
		if strings.Contains(w.Body.String(), "whsec") || strings.Contains(w.Body.String(), "payment_intent.created") {
			t.Errorf("%s: the response contains a secret or the body: %s", name, w.Body)
		}

		want[c.code]++
	}

	f.wantStored(0)
	f.run(f.hooks)() // stopping flushes the counts

	got, err := f.store.Rejected(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("counted %v, want %v", got, want)
	}
}

func TestRejectionsThatCouldNotBeCountedAreCountedLater(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	away := &awayInbox{Store: f.store, away: true}
	f.config.Intake, f.config.Claims = away, away
	f.hooks = webhooks.New(f.config)

	for range 3 {
		f.post([]byte("x"), "forged")
	}

	f.run(f.hooks)()
	away.set(false)
	f.post([]byte("x"), "forged")
	f.run(f.hooks)()

	got, err := f.store.Rejected(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got["bad_signature"] != 4 {
		t.Errorf("counted %v, want all 4", got)
	}
}

// awayInbox is an inbox whose database is unavailable while away is set.
type awayInbox struct {
	*store.Store
	mu   sync.Mutex
	away bool
}

// What cannot be a signature is refused by its header alone.
func TestBodyIsNotReadWithoutASignature(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	now := f.clock.Now()
	body := []byte("{}")
	for name, header := range map[string]string{
		"none":            "",
		"of another kind": fmt.Sprintf("t=%d,v0=%064d", now.Unix(), 1),
		"without a date":  fmt.Sprintf("v1=%064d", 1),
		"old":             sign(body, secretNew, now.Add(-time.Hour)),
		"of tomorrow":     sign(body, secretNew, now.Add(24*time.Hour)),
	} {
		read := false
		r := httptest.NewRequest(http.MethodPost, "/webhooks/stripe", readerFunc(func([]byte) (int, error) {
			read = true
			return 0, io.EOF
		}))
		r.Header.Set("Stripe-Signature", header)

		w := httptest.NewRecorder()
		httpio.Handle(f.hooks.ServeHTTP)(w, r)
		if w.Code != http.StatusBadRequest || read {
			t.Errorf("%s: status %d, body read: %t, want 400 without reading", name, w.Code, read)
		}
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestIncompleteBodyIsRejected(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	r := httptest.NewRequest(http.MethodPost, "/webhooks/stripe", iotest.ErrReader(errors.New("reset")))
	r.Header.Set("Stripe-Signature", sign(nil, secretNew, f.clock.Now()))
	w := httptest.NewRecorder()
	httpio.Handle(f.hooks.ServeHTTP)(w, r)
	if w.Code != http.StatusBadRequest {
		t.Errorf("status %d, want 400", w.Code)
	}
	f.wantStored(0)
}

// There must be no 2xx before the bytes are durable.
func TestEventThatCannotBeStoredIsNotAcknowledged(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	away := &awayInbox{Store: f.store, away: true}
	f.config.Intake, f.config.Claims = away, away
	f.hooks = webhooks.New(f.config)

	raw := f.event("charge.updated", object{"id": "ch_1", "object": "charge"})
	if w := f.post(raw, sign(raw, secretNew, f.clock.Now())); w.Code != http.StatusServiceUnavailable {
		t.Errorf("status %d, want 503", w.Code)
	}

	f.wantStored(0)
	away.set(false)
	f.deliver(raw) // Stripe retries
	f.wantStored(1)
}

func TestSecretThatMatchedIsRecorded(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, secret := range []string{secretOld, secretNew} {
		raw := f.event("charge.updated", object{"id": "ch_1", "object": "charge"})
		if w := f.post(raw, sign(raw, secret, f.clock.Now())); w.Code != http.StatusOK {
			t.Fatalf("%s: status %d", secret, w.Code)
		}

		sum := sha256.Sum256([]byte(secret))

		e := f.stored(raw)
		if want := hex.EncodeToString(sum[:4]); e.Secret != want || e.Source != webhooks.SourceWebhook {
			t.Errorf("%s: recorded %q from %s, want %q from webhook", secret, e.Secret, e.Source, want)
		}
		if !bytes.Equal(e.Payload, raw) {
			t.Error("the signed bytes were not stored unchanged")
		}
	}

	t.Run("a header may hold several signatures", func(t *testing.T) {
		raw := f.event("charge.updated", object{"id": "ch_2", "object": "charge"})
		_, mac, _ := strings.Cut(sign(raw, secretNew, f.clock.Now()), ",")
		if w := f.post(raw, sign(raw, "whsec_gone", f.clock.Now())+","+mac); w.Code != http.StatusOK {
			t.Errorf("status %d", w.Code)
		}
	})
}

// Clocks differ both ways.
func TestToleranceIsInclusive(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, ago := range []time.Duration{tolerance, 0, -tolerance} {
		raw := f.event("charge.updated", object{"id": "ch_1", "object": "charge"})
		if w := f.post(raw, sign(raw, secretNew, f.clock.Now().Add(-ago))); w.Code != http.StatusOK {
			t.Errorf("signed %s ago: status %d, want 200", ago, w.Code)
		}
	}
}

// Stripe delivers at least once, and sometimes twice at the same time.
func TestDuplicatesChangeNothing(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(f *fixture) {
		order, intent := f.buy(payments.StatusProcessing)
		raw := f.intentEvent("succeeded", intent, order, payments.StatusSucceeded)
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() { f.deliver(raw) })
		}

		wg.Wait()
		f.wantStored(1)
		f.work()
		f.wantPaid(order)
		before := f.stored(raw)
		f.deliver(raw)

		if n := f.work(); n != 0 {
			f.Errorf("a duplicate of a finished event was processed: %d", n)
		}

		after := f.stored(raw)
		if after.State != webhooks.Done || after.Tries != before.Tries || !after.ReceivedAt.Equal(before.ReceivedAt) {
			f.Errorf("the duplicate changed the event: %+v, was %+v", after, before)
		}
	})
}

func TestForeignEventsAreQuarantined(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]object{
		"livemode is true": {"livemode": true}, "connected account": {"account": "acct_1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			order, intent := f.buy(payments.StatusProcessing)
			succeeded := intentObject(intent, order, payments.StatusSucceeded)
			raw := f.eventWith("payment_intent.succeeded", succeeded, change)
			f.deliver(raw)

			if n := f.work(); n != 0 {
				t.Errorf("%d events were processed, want none", n)
			}

			f.wantState(raw, webhooks.Quarantined, name)

			// A replay does not change that.
			if p := f.preview(raw); !strings.Contains(p.Note, name) {
				t.Errorf("the preview is %+v", p)
			}

			f.replayEvent(raw)

			f.work()
			f.wantState(raw, webhooks.Quarantined, name)

			if st := f.state(order); st.Order.Status != "open" || st.Order.ReviewReason != "" {
				t.Errorf("the order is %s (%s), want it unchanged", st.Order.Status, st.Order.ReviewReason)
			}
		})
	}
}

// An event of another API version must not be rejected, and its object must not
// be believed (stripe-go#1333, #1495).
func TestEventOfAnotherReleaseTrainIsReadAtStripe(t *testing.T) {
	t.Parallel()
	for _, version := range []any{"2020-08-27", "2025-09-30.clover", nil} {
		t.Run(fmt.Sprintf("%q", version), func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			order, intent := f.buy(payments.StatusProcessing)

			// The object has a shape that our version does not know.
			o := intentObject(intent, order, "brand_new_status")
			o["amount"] = object{"value": "10.99"}
			raw := f.eventWith("payment_intent.succeeded", o, object{"api_version": version})
			f.deliver(raw)

			if e := f.stored(raw); !e.VersionMismatch {
				t.Error("the mismatch is not recorded")
			}

			f.stripe.SetStatus(intent, payments.StatusSucceeded)
			before := f.stripe.Readings()
			f.work()
			f.wantState(raw, webhooks.Done, "")
			f.wantPaid(order)

			if f.stripe.Readings() != before+1 {
				t.Errorf("%d readings, want 1", f.stripe.Readings()-before)
			}
		})
	}

	t.Run("another version of the same train is believed", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t)
		order, intent := f.buy(payments.StatusProcessing)
		succeeded := intentObject(intent, order, payments.StatusSucceeded)
		raw := f.eventWith("payment_intent.succeeded", succeeded, object{"api_version": "2024-09-30.acacia"})
		before := f.stripe.Readings()
		f.deliver(raw)
		f.work()
		f.wantPaid(order)

		if f.stored(raw).VersionMismatch || f.stripe.Readings() != before {
			t.Error("there is a mismatch, or the intent was read at Stripe")
		}
	})
}

func TestGroupIsTheIntent(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for name, c := range map[string]struct {
		eventType string
		object    any
		want      string // "" means the ID of the event
	}{
		"an intent": {"payment_intent.created", object{"id": "pi_1", "object": "payment_intent"}, "pi_1"},
		"a charge": {"charge.succeeded", object{
			"id":             "ch_1",
			"object":         "charge",
			"payment_intent": "pi_1",
		}, "pi_1"},
		"a charge, intent expanded": {"charge.succeeded", object{
			"id":             "ch_1",
			"object":         "charge",
			"payment_intent": object{"id": "pi_1", "object": "payment_intent"},
		}, "pi_1"},
		"a charge without an intent": {"charge.succeeded", object{
			"id":             "ch_1",
			"object":         "charge",
			"payment_intent": nil,
		}, "ch_1"},
		"a refund": {"refund.updated", object{
			"id":             "re_1",
			"object":         "refund",
			"payment_intent": "pi_1",
		}, "pi_1"},
		"a dispute": {"charge.dispute.created", object{
			"id":             "dp_1",
			"object":         "dispute",
			"payment_intent": "pi_1",
		}, "pi_1"},
		"an intent that refers to another": {"payment_intent.created", object{
			"id":             "pi_1",
			"object":         "payment_intent",
			"payment_intent": "pi_2",
		}, "pi_1"},
		"a customer":              {"customer.created", object{"id": "cus_1", "object": "customer"}, "cus_1"},
		"an object without an id": {"balance.available", object{"object": "balance"}, ""},
		"an intent member of odd shape": {"charge.succeeded", object{
			"id":             "ch_1",
			"object":         "charge",
			"payment_intent": 7,
		}, "ch_1"},
		"an overlong id": {
			"customer.created",
			object{"id": strings.Repeat("ü", 200), "object": "customer"},
			strings.Repeat("ü", 127),
		},
	} {
		raw := f.event(c.eventType, c.object)
		f.deliver(raw)

		if c.want == "" {
			c.want = eventID(raw)
		}

		if got := f.stored(raw).Group; got != c.want {
			t.Errorf("%s: group %q, want %q", name, got, c.want)
		}
	}
}

// The log contains the IDs of events, and nothing of their bodies.
func TestLogHoldsNoBody(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	order, intent := f.buy(payments.StatusProcessing)
	o := intentObject(intent, order, payments.StatusSucceeded)
	o["receipt_email"], o["description"] = "buyer@example.com", "hush"
	raw := f.event("payment_intent.succeeded", o)
	odd := intentObject(intent, order, payments.StatusSucceeded)
	odd["amount"] = "hush"
	f.deliver(raw, f.event("payment_intent.succeeded", odd))
	f.post(raw, "t=1,v1=hush")
	f.run(f.hooks)()
	f.work()

	for _, private := range []string{"buyer@example.com", "hush", "_secret_", secretNew, secretOld} {
		if strings.Contains(f.log.String(), private) {
			t.Errorf("the log contains %q:\n%s", private, f.log)
		}
	}

	if !strings.Contains(f.log.String(), eventID(raw)) {
		t.Error("the log lacks the id of the event")
	}
}

var errAway = fault.New(fault.Unavailable, "database_unavailable", "The database is away.")
