package stripejs_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"checkoutd/internal/browsertest"
)

// entry pastes a text into an input, leaves the input and returns [value,
// error].
const entry = `(() => { const input = inside('[name=%s]'); input.focus(); input.value = %q; input.dispatchEvent(new InputEvent('input', {inputType: 'insertFromPaste'}));
	input.blur(); return [input.value, inside('[data-field=%s] .Error').textContent]; })()`

// TestChecks covers how the inputs format texts and which errors they show.
func TestChecks(t *testing.T) {
	t.Parallel()

	w := newWire(t)
	w.offer("US", "card", "sepa_debit")
	s := newShop(t, browsertest.New(t), w, deferred, "{}")

	now := s.text(
		"(() => { const now = new Date(); return String(now.getMonth()).padStart(2, '0') + ' " +
			"/ ' + String(now.getFullYear()).slice(2); })()",
	)

	const (
		shortNumber = "Your card number is incomplete."
		wrongNumber = "Your card number is invalid."
		shortDate   = "Your card's expiration date is incomplete."
		wrongDate   = "Your card's expiration date is invalid."
		shortIban   = "Your IBAN is incomplete."
	)
	for _, c := range []struct{ field, text, value, problem string }{
		{"number", "4242-4242 4242.4242", "4242 4242 4242 4242", ""},
		{"number", "42424242424242429999", "4242 4242 4242 4242", ""},
		{"number", "5555555555554444", "5555 5555 5555 4444", ""},
		{"number", "2223003122003222", "2223 0031 2200 3222", ""},
		{"number", "378282246310005", "3782 822463 10005", ""},
		{"number", "36227206271667", "3622 720627 1667", ""},
		{"number", "3056930009020004", "3056 9300 0902 0004", ""},
		{"number", "3566002020360505", "3566 0020 2036 0505", ""},
		{"number", "6011111111111117", "6011 1111 1111 1117", ""},
		{"number", "6200000000000005", "6200 0000 0000 0005", ""},
		{"number", "6205500000000000004", "6205 5000 0000 0000 004", ""},
		{"number", "4242424242424241", "4242 4242 4242 4241", wrongNumber},
		{"number", "424242424242", "4242 4242 4242", shortNumber},
		{"number", "1111111111111111", "1111 1111 1111 1111", wrongNumber},
		{"expiry", "1234", "12 / 34", ""},
		{"expiry", "7/35", "07 / 35", ""},
		{"expiry", "1/35", "01 / 35", ""},
		{"expiry", "12/2034", "12 / 34", ""},
		{"expiry", "1334", "13 / 34", wrongDate},
		{"expiry", "00 / 34", "00 / 34", wrongDate},
		{"expiry", "12", "12 / ", shortDate},
		{"expiry", "12 / 20", "12 / 20", "Your card's expiration year is in the past."},
		{"expiry", "12 / 99", "12 / 99", "Your card's expiration year is invalid."},
		{"cvc", "12a", "12", "Your card's security code is incomplete."},
		{"cvc", "1234", "123", ""},
		{"postal", "9410", "9410", "Your ZIP code is incomplete."},
		{"postal", "ABCDE", "ABCDE", "Your ZIP code is invalid."},
		{"postal", "94103-1234", "94103-1234", ""},
		{"iban", "de89 3704 0044 0532 0130 00", "DE89 3704 0044 0532 0130 00", ""},
		{"iban", "DE89370400440532013001", "DE89 3704 0044 0532 0130 01", "Your IBAN is invalid."},
		{"iban", "DE8937", "DE89 37", shortIban},
		{"iban", "US12", "US12", "The IBAN you entered is from a country that is not supported."},
		{"email", "jenny@example", "jenny@example", "Your email is incomplete."},
		{"email", "jenny rosen@example.com", "jenny rosen@example.com", "Your email is invalid."},
		{"email", "jenny@example.com", "jenny@example.com", ""},
	} {
		tab := "card"
		if c.field == "iban" || c.field == "email" {
			tab = "sepa_debit"
		}

		s.run("inside('[data-method=" + tab + "]').click()")

		want, err := json.Marshal([]string{c.value, c.problem})
		if err != nil {
			t.Fatal(err)
		}

		s.want(fmt.Sprintf(entry, c.field, c.text, c.field), string(want))
	}

	if month := now[:2]; month != "00" {
		s.run("inside('[data-method=card]').click()")
		s.want(fmt.Sprintf(entry, "expiry", now, "expiry")+"[1]", `"Your card's expiration date is in the past."`)
	}
}
