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

// The places in eventText that differ from event to event, all of a fixed length.
const (
	eventHole  = "evt_00000000000000000000000000"
	intentHole = "pi_000000000000000000000000"
	orderHole  = "ord_00000000000000000000000000"
)

// eventText is a payment_intent.succeeded as Stripe sends it: indented, about 3 KB.
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
        "checkoutd_attempt": "att_sample00000000000000000000",
        "checkoutd_order": "`+orderHole+`"
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

// mixed spreads n over 64 bits.
func mixed(n int64) uint64 { return (uint64(n) + 1) * 0x9E3779B97F4A7C15 }

// eventID is the nth event's id: a part that grows, then chance, as Stripe's.
func eventID(n int64) string { return fmt.Sprintf("evt_%010x%016x", n/64, mixed(n)) }

func intentID(n int64) string { return fmt.Sprintf("pi_%08x%016x", n, mixed(n)) }

// event is the nth event's text, about an order.
func event(n int64, orderID string) []byte {
	return []byte(strings.NewReplacer(eventHole, eventID(n), intentHole, intentID(n), orderHole, orderID).Replace(eventText))
}

// sign gives the hex of the signature of body at the time that stamp says.
func sign(secret, stamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(stamp + "."))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

// signatureHeader is a Stripe-Signature header's value.
func signatureHeader(stamp, signature string) string { return "t=" + stamp + ",v1=" + signature }

func stampNow() string { return fmt.Sprint(time.Now().Unix()) }

// webhookRequests signs an order's events before they are sent.
func webhookRequests(o order) func(buf []byte, n int) []byte {
	stamp, noSignature := stampNow(), strings.Repeat("0", 64)
	body := event(o.First, orderHole)
	head := "POST /webhooks/stripe HTTP/1.1\r\nHost: " + o.Addr + "\r\nContent-Type: application/json; charset=utf-8\r\n" +
		"User-Agent: Stripe/1.0 (+https://stripe.com/docs/webhooks)\r\nAccept: */*; q=0.5, application/xml\r\n" +
		"Stripe-Signature: " + signatureHeader(stamp, noSignature) + "\r\n" +
		fmt.Sprintf("Content-Length: %d\r\n\r\n", len(body))
	whole := append([]byte(head), body...)
	first := newPatch(whole, noSignature, eventID(o.First), intentID(o.First))
	inBody := newPatch(body, eventID(o.First), intentID(o.First))
	signatures := make([]string, o.Most)
	for n := range signatures {
		body = inBody.write(body, eventID(o.First+int64(n)), intentID(o.First+int64(n)))
		signatures[n] = sign(o.Secret, stamp, body)
	}
	return func(buf []byte, n int) []byte {
		return first.write(buf, signatures[n], eventID(o.First+int64(n)), intentID(o.First+int64(n)))
	}
}

// patch is a text with places to be overwritten.
type patch struct {
	text   []byte
	places [][]int
}

func newPatch(text []byte, holes ...string) patch {
	p := patch{text: bytes.Clone(text), places: make([][]int, len(holes))}
	for i, hole := range holes {
		for at := 0; ; at += len(hole) {
			next := bytes.Index(text[at:], []byte(hole))
			if next < 0 {
				break
			}
			at += next
			p.places[i] = append(p.places[i], at)
		}
	}
	return p
}

// write writes the text over buf, with values of the holes' lengths in their places.
func (p patch) write(buf []byte, values ...string) []byte {
	buf = append(buf[:0], p.text...)
	for i, value := range values {
		for _, at := range p.places[i] {
			copy(buf[at:], value)
		}
	}
	return buf
}

// intentRequests create and confirm intents at the offline Stripe.
func intentRequests(o order) func(buf []byte, n int) []byte {
	const body = "amount=1099&currency=usd&confirm=true&payment_method=pm_card_visa&payment_method_types[]=card&metadata[order]=ord_1"
	request := fmt.Appendf(nil, "POST /v1/payment_intents HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n"+
		"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s", o.Addr, o.Secret, len(body), body)
	return func(buf []byte, _ int) []byte { return append(buf[:0], request...) }
}

// signedRequest is a webhook's request for a handler that is called directly.
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
