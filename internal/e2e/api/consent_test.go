package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"checkoutd/internal/api"
	"checkoutd/internal/e2e/e2etest"
)

// Nobody pays without agreeing to the terms, if the shop wants that, and the
// shop's backend sees when the buyer did, and to what.
func TestConsentToTheTerms(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t,
		e2etest.Set("TERMS_CONSENT", "required"),
		e2etest.Set("TERMS_VERSION", "2026-01"),
		e2etest.Set("SHOP_TERMS_URL", "https://shop.example/terms"))
	b, backend := s.Buyer(t), s.Backend(t, api.ScopeRead)
	id := b.Order("mug")

	if page := b.Call("GET", "/checkout/"+id, "").Body; !strings.Contains(page, `id="terms" required`) ||
		!strings.Contains(page, `data-version="2026-01"`) || !strings.Contains(page, `href="https://shop.example/terms"`) {
		t.Errorf("the form has no box for the terms: %s", page)
	}

	pay := func(more string) e2etest.Reply {
		return b.Call("POST", "/create-confirm-intent",
			fmt.Sprintf(`{"confirmationTokenId":%q,"orderId":%q%s}`, b.TokenFor(id, e2etest.CardPays), id, more))
	}

	for _, more := range []string{"", `,"termsAccepted":false`} {
		if r := pay(more); r.Status != http.StatusUnprocessableEntity || !strings.Contains(r.Body, "terms_not_accepted") {
			t.Errorf("without consent (%s): %d %s", more, r.Status, r.Body)
		}
	}
	b.WantStatus(id, "open unpaid")
	if o := backend.Want(http.StatusOK, "GET", "/v1/orders/"+id, ""); o["consent"] != nil || len(s.State(id).Attempts) != 0 {
		t.Errorf("without consent: %v, %d attempts", o["consent"], len(s.State(id).Attempts))
	}

	if r := pay(`,"termsAccepted":true,"termsVersion":"2025-07"`); !strings.Contains(r.Body, "terms_changed") {
		t.Errorf("with consent to the terms before: %d %s", r.Status, r.Body)
	}

	if r := pay(`,"termsAccepted":true,"termsVersion":"2026-01"`); r.Status != http.StatusOK {
		t.Fatalf("with consent: %d %s", r.Status, r.Body)
	}
	b.WantStatus(id, "paid paid")

	consent, _ := backend.Want(http.StatusOK, "GET", "/v1/orders/"+id, "")["consent"].(map[string]any)
	if consent["version"] != "2026-01" || consent["at"] == nil {
		t.Errorf("the shop sees the consent %v", consent)
	}
}
