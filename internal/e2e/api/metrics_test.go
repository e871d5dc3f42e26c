package api_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"checkoutd/internal/e2e/e2etest"
)

// metrics returns what the metrics' address shows.
func metrics(t *testing.T, s *e2etest.Shop) string {
	t.Helper()
	status, text := fetch(t, "http://"+s.App.MetricsAddr().String()+"/metrics")
	if status != http.StatusOK {
		t.Fatalf("GET /metrics answers %d", status)
	}
	return text
}

func fetch(t *testing.T, address string) (status int, text string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()

	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// A declined and a paid attempt are seen at every station, and the metrics name
// nobody.
func TestMetricsOfAPayment(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.Set("METRICS_ADDR", "127.0.0.1:0"))

	b := s.Buyer(t)
	id := b.Order("mug")
	b.Call("PATCH", "/orders/"+id, `{"email":"ada@buyer.example"}`)
	b.Confirm(id, e2etest.CardDeclined)
	b.Confirm(id, e2etest.CardPays)
	b.WantStatus(id, "paid paid")
	s.WantQuiet()

	lines := []string{
		`checkoutd_payment_attempts_total{decline_code="",outcome="succeeded"} 1`,
		`checkoutd_confirm_to_paid_seconds_count 1`,
		`checkoutd_http_requests_total{code="201",method="POST",route="/orders"} 1`,
		`checkoutd_database_up 1`,
		`checkoutd_events{state="dead"} 0`,
		`checkoutd_attempts_unknown 0`,
		`checkoutd_effects_waiting 0`,
		`checkoutd_email_tries_total{state="sent"} 2`,
	}
	s.Eventually("the metrics show it", func() bool {
		text := metrics(t, s)
		for _, line := range lines {
			if !strings.Contains(text, line+"\n") {
				return false
			}
		}
		return true
	})

	text := metrics(t, s)
	st := s.State(id)
	for _, secret := range []string{
		id, st.Attempts[0].ID, st.Attempts[1].ID, st.Attempts[1].IntentID, "ada@", "127.0.0.1", "sk_test",
	} {
		if strings.Contains(text, secret) {
			t.Errorf("the metrics contain %s", secret)
		}
	}
	if !strings.Contains(text, `outcome="failed"} 1`) {
		t.Error("the declined attempt is not counted")
	}
}

// The metrics are nowhere unless somebody wants them, and never at the shop's
// address.
func TestMetricsHaveAnAddressOfTheirOwn(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	if addr := s.App.MetricsAddr(); addr != nil {
		t.Errorf("the metrics are served at %s", addr)
	}

	with := e2etest.OpenShop(t, e2etest.Set("METRICS_ADDR", "127.0.0.1:0"))
	if status, _ := fetch(t, with.URL+"/metrics"); status != http.StatusNotFound {
		t.Errorf("the shop's address answers %d to GET /metrics, want 404", status)
	}
	if status, _ := fetch(t, "http://"+with.App.MetricsAddr().String()+"/orders"); status != http.StatusNotFound {
		t.Errorf("the metrics' address answers %d to GET /orders, want 404", status)
	}
}
