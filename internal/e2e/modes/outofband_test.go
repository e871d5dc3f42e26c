package modes_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"checkoutd/internal/e2e/e2etest"
	"checkoutd/internal/fault"
	"checkoutd/internal/payments"
	"checkoutd/internal/sandbox"
)

// The shop got the money in another way, and says so in the Dashboard: the
// invoice is paid, its intent canceled, and the subscription active.
func TestInvoicePaidOutOfBandPaysTheOrder(t *testing.T) {
	t.Parallel()
	for name, lost := range map[string]string{
		"with all events":                 "",
		"without the invoice's":           "WEBHOOK invoice.*",
		"without any but the next card's": "WEBHOOK *",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := e2etest.OpenShop(t, e2etest.Selling(e2etest.ClubCatalog))
			b := s.Buyer(t)
			id := b.Order("club")
			b.Confirm(id, e2etest.CardDeclined)
			s.WantQuiet()

			if lost != "" {
				s.Fault(lost, sandbox.FaultDrop, -1)
			}

			sub := s.State(id).Subscriptions[0].ID
			invoice := s.Stripe("GET", "/v1/subscriptions/"+sub)["latest_invoice"].(string)
			got := s.Stripe("POST", "/v1/invoices/"+invoice+"/pay", "paid_out_of_band", "true")
			if got["status"] != "paid" {
				t.Fatalf("the invoice is %v", got)
			}

			if lost == "WEBHOOK *" {
				r := b.Confirm(id, e2etest.CardPays)
				if r.Status != http.StatusConflict || !strings.Contains(r.Body, "do not pay again") {
					t.Errorf("another card: %d %s", r.Status, r.Body)
				}
			}

			b.WantStatus(id, "paid paid")
			s.WantCharged()

			st := s.State(id)
			if len(st.Subscriptions) != 1 || len(st.Intents) != 1 || !st.Intents[0].PaidOutOfBand ||
				st.Intents[0].Status != payments.StatusCanceled {
				t.Errorf("subscriptions %+v, intents %+v", st.Subscriptions, st.Intents)
			}

			_, err := s.Operations().Refund(context.Background(), id, 0, "")
			if fault.Of(err).Code != "paid_out_of_band" {
				t.Errorf("a refund: %v", err)
			}
		})
	}
}
