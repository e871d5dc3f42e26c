package bench_test

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
)

// TestBothSidesAcknowledge keeps the benchmarks of webhooks running: a handler
// that the product gave a new duty fails here, not in the next `make bench`.
func TestBothSidesAcknowledge(t *testing.T) {
	t.Parallel()
	s := openStore(t, "sqlite:"+filepath.Join(t.TempDir(), "checkoutd.db"))

	for name, keep := range map[string]eventInbox{"stored": s, "bare": discarding{}} {
		stamp, body := stampNow(), event(1, orderHole)
		r := httptest.NewRequest(http.MethodPost, "http://localhost:4242/webhooks/stripe", strings.NewReader(string(body)))
		r.Header.Set("Stripe-Signature", signatureHeader(stamp, sign(webhookSecret, stamp, body)))

		w := httptest.NewRecorder()
		webhookHandler(t, keep, s).ServeHTTP(w, r)

		if w.Code != http.StatusOK {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}
