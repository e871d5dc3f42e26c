package modes_test

import (
	"net/http"
	"testing"

	"checkoutd/internal/e2e/e2etest"
	"checkoutd/internal/webhooks"
)

// Stripe sends a dozen events about a subscription's first payment. A machine
// that is so slow that they arrive far apart needs a reading for some of them,
// but never one for each.
func TestEventsOfAFirstPaymentCauseFewReadings(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.Selling(e2etest.ClubCatalog))
	b := s.Buyer(t)
	id := b.Order("club")
	before := len(s.App.Sandbox().Requests())

	b.Confirm(id, e2etest.CardPays)
	b.WantSubscribed(id)
	s.WantQuiet()

	sub := s.State(id).Subscriptions[0].ID
	readings, events := 0, 0
	for _, r := range s.App.Sandbox().Requests()[before:] {
		if r.Method == http.MethodGet && r.Path == "/v1/subscriptions/"+sub {
			readings++
		}
	}

	list, err := s.Store().Events(t.Context(), webhooks.Filter{OrderID: id})
	if err != nil {
		t.Fatal(err)
	}

	for i := range list {
		if list[i].Group == sub {
			events++
		}
	}

	t.Logf("%d readings for %d events", readings, events)
	if events < 5 || readings > events/2 {
		t.Errorf("%d readings for %d events, want one for those that come together", readings, events)
	}
}
