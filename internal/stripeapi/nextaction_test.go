package stripeapi_test

import (
	"testing"
	"time"

	"checkoutd/internal/payments"
	"checkoutd/internal/stripeapi"
)

func TestInstructions(t *testing.T) {
	t.Parallel()
	date := time.Date(2026, 7, 1, 23, 59, 59, 0, time.UTC)
	const url = "https://payments.stripe.com/1"

	for _, tt := range []struct {
		name, object, next string
		want               payments.Instructions
	}{
		{"3D Secure has none", "payment_intent", `{"type": "use_stripe_sdk", "use_stripe_sdk": {}}`,
			payments.Instructions{}},
		{"a redirect has none", "payment_intent", `{"type": "redirect_to_url", "redirect_to_url": {"url": "x"}}`,
			payments.Instructions{}},
		{"boleto", "payment_intent", `{"type": "boleto_display_details",
			"boleto_display_details": {"expires_at": 1782950399, "hosted_voucher_url": "` + url + `"}}`,
			payments.Instructions{Kind: "boleto_display_details", Until: date, URL: url}},
		{"oxxo", "payment_intent", `{"type": "oxxo_display_details",
			"oxxo_display_details": {"expires_after": 1782950399, "hosted_voucher_url": "` + url + `"}}`,
			payments.Instructions{Kind: "oxxo_display_details", Until: date, URL: url}},
		{"konbini", "payment_intent", `{"type": "konbini_display_details",
			"konbini_display_details": {"expires_at": 1782950399, "hosted_voucher_url": "` + url + `"}}`,
			payments.Instructions{Kind: "konbini_display_details", Until: date, URL: url}},
		{"multibanco", "payment_intent", `{"type": "multibanco_display_details",
			"multibanco_display_details": {"expires_at": 1782950399, "hosted_voucher_url": "` + url + `"}}`,
			payments.Instructions{Kind: "multibanco_display_details", Until: date, URL: url}},
		{"pix", "payment_intent", `{"type": "pix_display_qr_code",
			"pix_display_qr_code": {"expires_at": 1782950399, "hosted_instructions_url": "` + url + `"}}`,
			payments.Instructions{Kind: "pix_display_qr_code", Until: date, URL: url}},
		{"cashapp", "payment_intent", `{"type": "cashapp_handle_redirect_or_display_qr_code",
			"cashapp_handle_redirect_or_display_qr_code": {"hosted_instructions_url": "` + url + `",
			"qr_code": {"expires_at": 1782950399}}}`,
			payments.Instructions{Kind: "cashapp_handle_redirect_or_display_qr_code", Until: date, URL: url}},
		{"a code without a date", "payment_intent", `{"type": "paynow_display_qr_code",
			"paynow_display_qr_code": {"hosted_instructions_url": "` + url + `"}}`,
			payments.Instructions{Kind: "paynow_display_qr_code", URL: url}},
		{"a transfer of which a part came", "payment_intent", `{"type": "display_bank_transfer_instructions",
			"display_bank_transfer_instructions": {"amount_remaining": 600, "hosted_instructions_url": "` + url + `"}}`,
			payments.Instructions{Kind: payments.KindTransfer, URL: url, Funded: 399}},
		{"microdeposits can be verified for ten days", "payment_intent", `{"type": "verify_with_microdeposits",
			"verify_with_microdeposits": {"arrival_date": 1782086399, "hosted_verification_url": "` + url + `"}}`,
			payments.Instructions{Kind: payments.KindMicrodeposits, Until: date, URL: url}},
		{"microdeposits of a setup", "setup_intent", `{"type": "verify_with_microdeposits",
			"verify_with_microdeposits": {"arrival_date": 1782086399, "hosted_verification_url": "` + url + `"}}`,
			payments.Instructions{Kind: payments.KindMicrodeposits, Until: date, URL: url}},
		{"nothing to do", "setup_intent", `null`, payments.Instructions{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			raw := `{"id": "pi_1", "amount": 999, "status": "requires_action", "next_action": ` + tt.next + `}`
			s, err := stripeapi.Codec{}.DecodeIntent(tt.object, []byte(raw))
			if err != nil {
				t.Fatal(err)
			}
			if s.Instructions != tt.want {
				t.Errorf("got %+v, want %+v", s.Instructions, tt.want)
			}
		})
	}
}
