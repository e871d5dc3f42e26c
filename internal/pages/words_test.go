package pages_test

import (
	"regexp"
	"strings"
	"testing"

	"checkoutd/internal/pages"
)

func TestEveryPageSaysWhetherMoneyMoves(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name          string
		sandbox, live bool
		language      string
		id, text      string // of the strip, "" for none
	}{
		{"the sandbox", true, false, "en", "sandbox-banner", "Sandbox: no real payments"},
		{"Stripe's test mode", false, false, "en", "test-mode-banner", "Test mode: no real payments"},
		{"Stripe's test mode in French", false, false, "fr", "test-mode-banner", "Mode test : aucun paiement réel"},
		{"live", false, true, "en", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := newPages(t, func(c *pages.Config) { c.Sandbox, c.Live = tt.sandbox, tt.live })
			for _, v := range views() {
				all := parse(t, get(t, p, v, tt.language).Body.String())
				for _, id := range []string{"sandbox-banner", "test-mode-banner"} {
					if has(all, id) != (id == tt.id) {
						t.Errorf("%s: #%s: got %v", v.name, id, has(all, id))
					}
				}

				if tt.id != "" && byID(t, all, tt.id).text != tt.text {
					t.Errorf("%s: got %q, want %q", v.name, byID(t, all, tt.id).text, tt.text)
				}
			}
		})
	}
}

// The form may show SEPA or Klarna, so the texts around it must not speak of
// cards or of a bank alone.
func TestTheCheckoutFitsEveryPaymentMethod(t *testing.T) {
	t.Parallel()
	card := regexp.MustCompile(`(?i)\b(cards?|cartes?)\b`)
	p := newPages(t, func(c *pages.Config) { c.Sandbox, c.Live = false, true }) // without the test cards
	for language, provider := range map[string]string{"en": "payment provider", "fr": "prestataire de paiement"} {
		all := parse(t, get(t, p, checkout(order("open", "requires_action")), language).Body.String())
		if got := byID(t, all, "main").text; card.MatchString(got) {
			t.Errorf("%s: the page speaks of cards: %s", language, got)
		}
		if got := byID(t, all, "resume").text; !strings.Contains(got, provider) || strings.Contains(got, "uthenti") {
			t.Errorf("%s: got %q, want words for a bank and for others", language, got)
		}
	}
}
