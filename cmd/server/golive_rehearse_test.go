package main

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"checkoutd/internal/cli"
)

// TestGoLiveRehearsal rehearses with keys of a real account: every case must be
// green, and nobody outside of the command may hear of it.
func TestGoLiveRehearsal(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	elsewhere := httptest.NewUnstartedServer(http.NotFoundHandler()) // Stripe, and the shop's server
	elsewhere.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			asked.Add(1)
		}
	}

	elsewhere.StartTLS()
	t.Cleanup(elsewhere.Close)

	p := newProgram(t)
	catalog := filepath.Join(p.dir, "catalog.json")
	sell := func(price string) {
		t.Helper()
		if err := os.WriteFile(catalog, []byte(`{"currency": "usd", "products": [
			{"sku": "mug", "name": "Enamel mug", "price": "`+price+`"},
			{"sku": "club", "name": "Tea club", "price": "12.00", "recurring": {"interval": "month"}}]}`), 0o600); err != nil {
			t.Fatal(err)
		}
	}

	sell("18.00")

	for name, value := range map[string]string{
		"STRIPE_SECRET_KEY":      "sk_test_rehearsalCanary42",
		"STRIPE_PUBLISHABLE_KEY": "pk_test_rehearsalCanary42",
		"TERMS_CONSENT":          "required",
		"SHOP_TERMS_URL":         "https://shop.example/terms",
		"STRIPE_WEBHOOK_SECRET":  "whsec_rehearsalcanary",
		"BASE_URL":               "https://pay.shop.example",
		"TRUSTED_PROXIES":        "10.0.0.1",
		"STRIPE_API_BASE":        elsewhere.URL,
		"PRECONFIRM_URL":         elsewhere.URL,
		"PRECONFIRM_SECRET":      "whsec_" + strings.Repeat("A", 32),
		"CATALOG_FILE":           catalog,

		"OTEL_EXPORTER_OTLP_ENDPOINT": elsewhere.URL,
	} {
		p.settings[name] = value
	}

	p.ok("migrate")

	// A pager that ends at once loses neither the cases nor the outcome.
	e, rehearsed, _ := p.env()
	e.Screen = &cli.Screen{Size: func() (int, int) { return 80, 24 }, Zone: time.UTC}
	e.Environ = append(e.Environ, "PAGER=true", "PATH="+os.Getenv("PATH"))

	if err := run(t.Context(), []string{"golive", "--rehearse", "--json"}, e); err != nil {
		t.Fatal(err)
	}

	cases := 0
	for line := range strings.Lines(rehearsed.String()) {
		var c struct{ Case, Status, Did, Want, Got string }
		if err := json.Unmarshal([]byte(line), &c); err != nil || c.Status == "red" || c.Got == "" {
			t.Errorf("got %q, %v", line, err)
		}

		cases++
		if strings.Contains(line, "Canary42") || strings.Contains(line, "rehearsalcanary") {
			t.Errorf("the case holds a secret: %s", line)
		}
	}

	if n := asked.Load(); cases < 40 || n > 0 {
		t.Errorf("%d cases, and %d connections went elsewhere", cases, n)
	}

	// With another catalog it says nothing any more.
	out, _, _ := p.run("golive", "--json")
	p.wantIn(out, `"check":"box-edge-cases"`, "cases, all green")
	sell("19.00")
	out, _, _ = p.run("golive", "--json")
	p.wantIn(out, "the settings or the catalog have changed since the rehearsal")

	if _, _, err := p.run("golive", "--rehearse", "now"); cli.ExitCode(err) != exitNotRun {
		t.Errorf("an argument too many: %v", err)
	}
}

func (p *program) wantIn(out string, words ...string) {
	p.Helper()
	for _, w := range words {
		if !strings.Contains(out, w) {
			p.Errorf("the output does not contain %q: %s", w, out)
		}
	}
}
