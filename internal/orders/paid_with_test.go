package orders_test

import (
	"testing"

	"checkoutd/internal/orders"
)

func TestAPaymentMethodIsNamedAndNoMore(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		details string
		want    orders.PaymentMethod
	}{
		"a card": {
			`{"type":"card","card":{"brand":"visa","last4":"4242","exp_year":2030,"fingerprint":"x","wallet":null}}`,
			orders.PaymentMethod{Type: "card", Brand: "visa", Last4: "4242"},
		},
		"a card in a wallet": {
			`{"type":"card","card":{"brand":"mastercard","last4":"4444","wallet":{"type":"apple_pay","dynamic_last4":"1"}}}`,
			orders.PaymentMethod{Type: "card", Brand: "mastercard", Last4: "4444", Wallet: "apple_pay"},
		},
		"a bank account": {
			`{"type":"sepa_debit","sepa_debit":{"bank_code":"370","country":"DE","last4":"3000"}}`,
			orders.PaymentMethod{Type: "sepa_debit", Last4: "3000"},
		},
		"an account with a name": {
			`{"type":"paypal","paypal":{"payer_email":"jenny@example.com"}}`,
			orders.PaymentMethod{Type: "paypal"},
		},
		"a number that is too long": {
			`{"type":"card","card":{"brand":"visa","last4":"4242424242424242"}}`,
			orders.PaymentMethod{Type: "card", Brand: "visa"},
		},
		"another shape": {`{"type":"card","card":[]}`, orders.PaymentMethod{Type: "card"}},
		"no type":       {`{"card":{"brand":"visa","last4":"4242"}}`, orders.PaymentMethod{}},
		"a sentence":    {`{"type":"<b>card</b>"}`, orders.PaymentMethod{}},
		"nothing":       {``, orders.PaymentMethod{}},
	} {
		if got := orders.MethodOf([]byte(tt.details)); got != tt.want {
			t.Errorf("%s: got %+v, want %+v", name, got, tt.want)
		}
	}
}
