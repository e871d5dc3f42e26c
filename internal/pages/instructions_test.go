package pages_test

import (
	"strings"
	"testing"
	"time"

	"checkoutd/internal/payments"
)

func TestInstructions(t *testing.T) {
	t.Parallel()
	until := placed.Add(72 * time.Hour)
	const url = "https://payments.stripe.test/voucher/1"

	for _, tt := range []struct {
		name     string
		todo     payments.InstructionsView
		language string
		title    string
		note     string
		poll     string
	}{
		{"a voucher", payments.InstructionsView{Type: "oxxo_display_details", ExpiresAt: &until, URL: url, Slow: true},
			"en", "Waiting for your payment", "do not pay again", "slow"},
		{"a voucher in French", payments.InstructionsView{Type: "boleto_display_details", ExpiresAt: &until, URL: url, Slow: true},
			"fr", "En attente de votre paiement", "ne payez pas une seconde fois", "slow"},
		{"a transfer", payments.InstructionsView{Type: payments.KindTransfer, URL: url, Slow: true},
			"en", "Waiting for your bank transfer", "do not pay again", "slow"},
		{"microdeposits", payments.InstructionsView{Type: payments.KindMicrodeposits, ExpiresAt: &until, URL: url, Slow: true},
			"en", "Verify your bank account", "another payment method", "slow"},
		{"a code", payments.InstructionsView{Type: "pix_display_qr_code", ExpiresAt: &until, URL: url},
			"en", "Waiting for your payment", "do not pay again", "fast"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := newPages(t, nil)
			for _, v := range instructed(&tt.todo) {
				text := get(t, p, v, tt.language).Body.String()
				all := parse(t, text)

				if got := byID(t, all, "instructions-note").text; !strings.Contains(got, tt.note) {
					t.Errorf("%s: the note is %q", v.name, got)
				}
				if hasDate := strings.Contains(text, until.Format(time.RFC3339)); hasDate != (tt.todo.ExpiresAt != nil) {
					t.Errorf("%s: shows the date: %t", v.name, hasDate)
				}

				if v.name == "checkout awaiting" {
					continue
				}

				if got := byID(t, all, "outcome-title").text; got != tt.title {
					t.Errorf("got %q, want %q", got, tt.title)
				}
				if !strings.Contains(text, `href="`+url+`"`) {
					t.Error("no link to the instructions")
				}
				if !strings.Contains(text, `"poll":"`+tt.poll+`"`) {
					t.Errorf("it does not poll %s", tt.poll)
				}
				if reloads := strings.Contains(text, `http-equiv="refresh"`); reloads != (tt.poll == "fast") {
					t.Errorf("it reloads without scripts: %t", reloads)
				}
			}
		})
	}
}
