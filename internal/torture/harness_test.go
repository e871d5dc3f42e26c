package torture_test

import (
	"context"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"checkoutd/internal/testhost"
)

// harness is a shop of one or several servers, an offline Stripe, and the
// promises that the shop made.
type harness struct {
	t        *testing.T
	stripe   *offline
	relay    *relay
	db       database
	servers  []*process
	promised *promises
	client   *http.Client
	turn     atomic.Int64
	key      string   // of the shop's backend, if the test needs one
	accounts []string // connected ones, in which some of the crowd pay
}

// newHarness starts a shop on SQLite. settings override those of env.
func newHarness(t *testing.T, settings ...string) *harness {
	t.Helper()
	leash := newLeash(t)
	return openHarness(t, newSQLite(t, leash.Dir()), settings, leash)
}

func newLeash(t *testing.T) *testhost.Leash {
	t.Helper()
	leash, err := testhost.NewLeash("torture-")
	if err != nil {
		t.Fatal(err)
	}

	t.Cleanup(func() {
		if err := leash.Close(); err != nil {
			t.Error(err)
		}
	})

	return leash
}

// openHarness starts one server for each leash, all on the database.
func openHarness(t *testing.T, db database, settings []string, leashes ...*testhost.Leash) *harness {
	t.Helper()
	h := &harness{
		t:        t,
		db:       db,
		promised: newPromises(),
		client:   &http.Client{Timeout: 20 * time.Second},
	}

	t.Cleanup(h.client.CloseIdleConnections)
	h.relay = newRelay(t, h.promised, h.addr)
	h.stripe = newOffline(t, h.relay.url, h.relay.url)

	for _, leash := range leashes {
		h.servers = append(h.servers, newProcess(t, leash, append(h.env(), settings...)))
	}

	h.start()
	return h
}

// env returns the settings of the servers. The timeouts of what fails are as
// short as the configuration allows; that of the database, which a test takes
// away, is long enough for a busy disk.
func (h *harness) env() []string {
	catalog, err := filepath.Abs("testdata/catalog.json")
	if err != nil {
		h.t.Fatal(err)
	}

	return []string{
		"ADDR=127.0.0.1:0", "BASE_URL=http://localhost:4242", "DATABASE_URL=" + h.db.url, "CATALOG_FILE=" + catalog,
		"STRIPE_SECRET_KEY=" + secretKey, "STRIPE_PUBLISHABLE_KEY=" + publishableKey,
		"STRIPE_WEBHOOK_SECRET=" + webhookSecret + "," + nextSecret,
		"STRIPE_API_BASE=" + h.stripe.url, "STRIPE_JS_URL=" + h.stripe.url + "/v3/",
		"DATABASE_TIMEOUT=30s", "STRIPE_TIMEOUT=2s", "UNKNOWN_AFTER=5s", "BACKFILL_EVERY=10s", "LOG_FORMAT=json", "LOG_LEVEL=info",
	}
}

// start starts the servers.
func (h *harness) start() {
	h.t.Helper()
	for _, s := range h.servers {
		if err := s.start(); err != nil {
			h.t.Fatal(err)
		}
	}
}

// restart kills the servers, lets every lease expire and starts them again.
func (h *harness) restart() {
	h.t.Helper()
	for _, s := range h.servers {
		s.kill()
	}
	if err := h.db.expireLeases(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
	h.start()
}

// addr returns the address of a running server, of each in turn, or "".
func (h *harness) addr() string {
	for range h.servers {
		if addr := h.servers[h.next()%len(h.servers)].addr(); addr != "" {
			return addr
		}
	}
	return ""
}

func (h *harness) next() int { return int(h.turn.Add(1)) }

// buy lets a new buyer buy sku with the cards, and returns when the order is
// paid.
func (h *harness) buy(ctx context.Context, sku string, cards ...string) error {
	b, err := h.newBuyerOf(ctx, sku, cards...)
	if err != nil {
		return err
	}
	return b.pay(ctx)
}

// facts reads all sides. It reads the shop last, which must hold everything
// that was promised or charged before.
func (h *harness) facts(ctx context.Context) (f facts, err error) {
	f.promised = h.promised.copy()
	f.ledger, f.sent, f.own = h.stripe.Ledger(), h.stripe.events(), h.stripe.own
	f.shop, err = h.db.read(ctx)
	return f, err
}

// wantAgreement fails the test unless everything agrees within the time.
func (h *harness) wantAgreement(within time.Duration) {
	h.t.Helper()
	if found, err := h.disagreement(within); err != nil || len(found) > 0 {
		h.t.Errorf("the shop and Stripe do not agree after %s (last error: %v):\n%s",
			within, err, strings.Join(found, "\n"))
	}
}

// disagreement waits until everything agrees, and returns what still does not
// after the time.
func (h *harness) disagreement(within time.Duration) (found []string, err error) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), within)
	defer cancel()

	// To read everything takes long on a busy machine, and what is compared
	// here answers the server's calls as well: it must get its turn.
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		f, err := h.facts(ctx)
		if err == nil {
			if found = compare(f); len(found) == 0 {
				return nil, nil
			}
		}

		select {
		case <-ctx.Done():
			return found, err
		case <-time.After(wait):
		}
	}
}
