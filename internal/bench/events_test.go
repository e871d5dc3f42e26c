package bench_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// The parts of eventText that differ from event to event, all of a fixed
// length.
const (
	eventHole  = "evt_00000000000000000000000000"
	intentHole = "pi_000000000000000000000000"
	orderHole  = "ord_00000000000000000000000000"
	proofHole  = "00000000000000000000000000000000"
)

// attempt made the intents of the events.
const attempt = "att_sample00000000000000000000"

// proofKey is the key of the proofs in the metadata of the events: without a
// proof the server would ask the database whether an event is its own.
var proofKey = []byte("bench")

// proof returns the proof that an order's intent carries.
func proof(orderID string) string {
	h := hmac.New(sha256.New, proofKey)
	h.Write([]byte(orderID + "\n" + attempt))
	return hex.EncodeToString(h.Sum(nil)[:len(proofHole)/2])
}

// eventText is a payment_intent.succeeded as Stripe sends it: indented, about 3
// KB.
var eventText = strings.Replace(`{
  "id": "`+eventHole+`",
  "object": "event",
  "api_version": "2025-02-24.acacia",
  "created": 1740500000,
  "data": {
    "object": {
      "id": "`+intentHole+`",
      "object": "payment_intent",
      "amount": 1099,
      "amount_capturable": 0,
      "amount_details": {
        "tip": {}
      },
      "amount_received": 1099,
      "application": null,
      "application_fee_amount": null,
      "automatic_payment_methods": {
        "allow_redirects": "always",
        "enabled": true
      },
      "canceled_at": null,
      "cancellation_reason": null,
      "capture_method": "automatic_async",
      "client_secret": "`+intentHole+`_secret_YrKJUKribcBjcG8HhfZluoGH",
      "confirmation_method": "automatic",
      "created": 1740499998,
      "currency": "usd",
      "customer": null,
      "description": null,
      "invoice": null,
      "last_payment_error": null,
      "latest_charge": "ch_3MtwBwLkdIwHu7ix28a3tqPa",
      "livemode": false,
      "metadata": {
        "checkoutd_attempt": "`+attempt+`",
        "checkoutd_order": "`+orderHole+`",
        "checkoutd_proof": "`+proofHole+`"
      },
      "next_action": null,
      "on_behalf_of": null,
      "payment_method": "pm_1MtwBwLkdIwHu7ixUEgbFdYF",
      "payment_method_configuration_details": {
        "id": "pmc_1MtwBwLkdIwHu7ixiIbKRwm1",
        "parent": null
      },
      "payment_method_options": {
        "card": {
          "installments": null,
          "mandate_options": null,
          "network": null,
          "request_three_d_secure": "automatic"
        },
        "klarna": {
          "preferred_locale": null
        },
        "link": {
          "persistent_token": null
        }
      },
      "payment_method_types": [
        "card",
        "klarna",
        "link"
      ],
      "processing": null,
      "receipt_email": null,
      "review": null,
      "setup_future_usage": null,
      "shipping": {
        "address": {
          "city": "San Francisco",
          "country": "US",
          "line1": "510 Townsend St",
          "line2": "Floor 3",
          "postal_code": "94103",
          "state": "CA"
        },
        "carrier": null,
        "name": "Jenny Rosen",
        "phone": null,
        "tracking_number": null
      },
      "source": null,
      "statement_descriptor": null,
      "statement_descriptor_suffix": null,
      "status": "succeeded",
      "transfer_data": null,
      "transfer_group": null
    }
  },
  "livemode": false,
  "padding": "@",
  "pending_webhooks": 1,
  "request": {
    "id": "req_Mz9oGGvbQqEyeT",
    "idempotency_key": "checkoutd-att_sample00000000000000000000"
  },
  "type": "payment_intent.succeeded"
}`, "@", strings.Repeat("x", 500), 1)

// scramble spreads n over 64 bits.
func scramble(n int64) uint64 { return (uint64(n) + 1) * 0x9E3779B97F4A7C15 }

// eventID returns the nth event's ID: a part that grows and a random one, like
// Stripe's.
func eventID(n int64) string { return fmt.Sprintf("evt_%010x%016x", n/64, scramble(n)) }

func intentID(n int64) string { return fmt.Sprintf("pi_%08x%016x", n, scramble(n)) }

// event returns the body of the nth event, which is about an order.
func event(n int64, orderID string) []byte {
	replacer := strings.NewReplacer(
		eventHole, eventID(n),
		intentHole, intentID(n),
		orderHole, orderID,
		proofHole, proof(orderID),
	)
	return []byte(replacer.Replace(eventText))
}

// sign returns the signature of body at the time stamp, in hex.
func sign(secret, stamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(stamp + "."))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

// signatureHeader returns the value of a Stripe-Signature header.
func signatureHeader(stamp, signature string) string { return "t=" + stamp + ",v1=" + signature }

func stampNow() string { return fmt.Sprint(time.Now().Unix()) }

// webhookRequests signs the events of a workload before the clock starts.
func webhookRequests(w workload) func(buf []byte, n int) []byte {
	stamp, noSignature := stampNow(), strings.Repeat("0", 64)
	body := event(w.First, orderHole)
	head := "POST /webhooks/stripe HTTP/1.1\r\n" +
		"Host: " + w.Addr + "\r\n" +
		"Content-Type: application/json; charset=utf-8\r\n" +
		"User-Agent: Stripe/1.0 (+https://stripe.com/docs/webhooks)\r\n" +
		"Accept: */*; q=0.5, application/xml\r\n" +
		"Stripe-Signature: " + signatureHeader(stamp, noSignature) + "\r\n" +
		fmt.Sprintf("Content-Length: %d\r\n\r\n", len(body))

	whole := append([]byte(head), body...)
	request := newTemplate(whole, noSignature, eventID(w.First), intentID(w.First))
	signed := newTemplate(body, eventID(w.First), intentID(w.First))

	signatures := make([]string, w.Max)
	for i := range signatures {
		n := w.First + int64(i)
		body = signed.write(body, eventID(n), intentID(n))
		signatures[i] = sign(w.Secret, stamp, body)
	}

	return func(buf []byte, i int) []byte {
		n := w.First + int64(i)
		return request.write(buf, signatures[i], eventID(n), intentID(n))
	}
}

// template is a text with holes that values are written over.
type template struct {
	text    []byte
	offsets [][]int // of each hole
}

func newTemplate(text []byte, holes ...string) template {
	t := template{text: bytes.Clone(text), offsets: make([][]int, len(holes))}
	for i, hole := range holes {
		for offset := 0; ; offset += len(hole) {
			next := bytes.Index(text[offset:], []byte(hole))
			if next < 0 {
				break
			}

			offset += next
			t.offsets[i] = append(t.offsets[i], offset)
		}
	}

	return t
}

// write writes the text over buf, with values in the holes. Every value is as
// long as its hole.
func (t template) write(buf []byte, values ...string) []byte {
	buf = append(buf[:0], t.text...)
	for i, value := range values {
		for _, offset := range t.offsets[i] {
			copy(buf[offset:], value)
		}
	}
	return buf
}

// intentRequests creates and confirms intents at the offline Stripe.
func intentRequests(w workload) func(buf []byte, n int) []byte {
	request := intentRequest(w, "")
	return func(buf []byte, _ int) []byte { return append(buf[:0], request...) }
}

// keyedRequests does the same with an idempotency key for each.
func keyedRequests(w workload) func(buf []byte, n int) []byte {
	const digits = "0000000000000000"
	request := intentRequest(w, "Idempotency-Key: "+digits+"\r\n")
	at := bytes.Index(request, []byte(digits))
	return func(buf []byte, n int) []byte {
		buf = append(buf[:0], request...)
		copy(buf[at:], fmt.Sprintf("%0*d", len(digits), w.First+int64(n)))
		return buf
	}
}

func intentRequest(w workload, header string) []byte {
	const body = "amount=1099&currency=usd&confirm=true&payment_method=pm_card_visa" +
		"&payment_method_types[]=card&metadata[order]=ord_1"
	return fmt.Appendf(nil, "POST /v1/payment_intents HTTP/1.1\r\n"+
		"Host: %s\r\n"+
		"Authorization: Bearer %s\r\n"+
		"Content-Type: application/x-www-form-urlencoded\r\n"+
		"%sContent-Length: %d\r\n\r\n%s",
		w.Addr, w.Secret, header, len(body), body)
}

// signedRequest returns a webhook request for a handler that is called
// directly.
func signedRequest(secret, stamp string, body []byte) *http.Request {
	r, err := http.NewRequest(http.MethodPost, "http://localhost/webhooks/stripe", bytes.NewReader(body))
	if err != nil {
		panic(err) // the address is a constant
	}
	r.RemoteAddr = "127.0.0.1:1"
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	r.Header.Set("Stripe-Signature", signatureHeader(stamp, sign(secret, stamp, body)))
	return r
}
