package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/api"
	"checkoutd/internal/app"
	"checkoutd/internal/config"
	"checkoutd/internal/e2e/e2etest"
	"checkoutd/internal/golive"
	"checkoutd/internal/sandbox"
)

const (
	restrictedKey = "rk_test_minimum"
	hookSecret    = "whsec_permissions"
	cardDisputes  = "4000000000000259"

	// hiddenFromKeys is what no restricted key can be given by itself: the
	// checks of the account are not visible with one.
	hiddenFromKeys = "rak_accounts_kyc_id_numbers_read"
)

// restricted is a shop whose secret key is restricted, beside an offline Stripe
// that notes what it refused.
type restricted struct {
	*e2etest.Shop
	stripe  *httptest.Server
	backend *e2etest.Backend
	days    int // that were compared with Stripe

	mu      sync.Mutex
	refused map[string]bool
}

var namesPermission = regexp.MustCompile(`rak_[a-z_]+`)

func openRestricted(t *testing.T, permissions []string) *restricted {
	t.Helper()
	offline, err := sandbox.New(sandbox.Config{
		Manage:         true,
		DeliverTo:      []string{"*"},
		RestrictedKeys: map[string][]string{restrictedKey: permissions},
		DelayedAfter:   -1,
	})
	if err != nil {
		t.Fatal(err)
	}

	r := &restricted{refused: map[string]bool{}}
	r.stripe = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		offline.ServeHTTP(&noted{ResponseWriter: w, note: r.note}, req)
	}))

	t.Cleanup(func() {
		r.stripe.Close()
		if err := offline.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})

	r.Shop = e2etest.OpenShop(t, e2etest.Selling(e2etest.ClubCatalog), func(s *e2etest.Shop) {
		s.Mode = config.Serve
		s.Env["STRIPE_API_BASE"], s.Env["STRIPE_JS_URL"] = r.stripe.URL, r.stripe.URL+"/v3/"
		s.Env["STRIPE_SECRET_KEY"], s.Env["STRIPE_PUBLISHABLE_KEY"] = restrictedKey, config.SandboxPublishableKey
		s.Env["STRIPE_WEBHOOK_SECRET"] = hookSecret
		s.Env["STRIPE_RATE_LIMIT"], s.Env["SAVED_METHODS_SETUP"] = "0", "true"
		delete(s.Env, "SANDBOX_ADDR")
		delete(s.Env, "SANDBOX_STATE_FILE")
	})

	hook := r.Stripe(http.MethodPost, "/v1/webhook_endpoints", "url", r.URL+"/webhooks/stripe", "enabled_events[]", "*")
	r.backend = r.Backend(t, api.ScopeWrite)
	r.manage("/rotate_webhook_secret", map[string]any{"endpoint": hook["id"], "secret": hookSecret})

	return r
}

// noted tells of refusals.
type noted struct {
	http.ResponseWriter
	note    func(body []byte)
	refused bool
}

func (n *noted) WriteHeader(status int) {
	n.refused = status == http.StatusForbidden
	n.ResponseWriter.WriteHeader(status)
}

func (n *noted) Write(body []byte) (int, error) {
	if n.refused {
		n.note(body)
	}
	return n.ResponseWriter.Write(body)
}

func (r *restricted) note(body []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refused[string(namesPermission.Find(body))] = true
}

// was reports whether a call was refused for want of a permission.
func (r *restricted) was(permission string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.refused[permission]
}

// permit gives the key other permissions, and forgets what was refused.
func (r *restricted) permit(permissions []string) {
	r.T.Helper()
	r.manage("/restricted_keys", map[string]any{"key": restrictedKey, "permissions": permissions})

	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.refused)
}

func (r *restricted) manage(path string, body map[string]any) {
	r.T.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		r.T.Fatal(err)
	}

	resp, err := http.Post(r.stripe.URL+"/_sandbox"+path, "application/json", bytes.NewReader(text))
	if err != nil {
		r.T.Fatal(err)
	}

	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		r.T.Fatalf("%s: %s", path, resp.Status)
	}
}

// walk does everything once that a shop asks Stripe for, and returns the
// checklist. paid has the orders that should be paid.
func (r *restricted) walk(t *testing.T) (paid []string, checks map[string]golive.Result) {
	t.Helper()
	b := r.Buyer(t)
	mug := b.Order("mug")
	b.Call("POST", "/create-customer-session", `{"orderId":"`+mug+`"}`)
	b.Confirm(mug, e2etest.CardPays)

	club := b.Order("club")
	b.Confirm(club, e2etest.CardPays)

	left := b.Order("club") // its invoice is voided
	b.Confirm(left, e2etest.CardDeclined)
	r.backend.Call("POST", "/v1/orders/"+left+"/cancel", "{}")

	saved := b.Save()
	b.Confirm(saved, e2etest.CardPays)

	disputed := b.Order("mug")
	b.Confirm(disputed, cardDisputes)

	if r.State(mug).Order.Status == "paid" {
		_, _ = r.Operations().Refund(t.Context(), mug, 100, "")
	}

	r.compare(t)

	return []string{mug, club, saved, disputed}, r.checklist(t)
}

// compare compares another day with Stripe, and reports whether it came to its
// end.
func (r *restricted) compare(t *testing.T) (ended bool) {
	t.Helper()
	open, err := app.OpenDrift(t.Context(), r.Config, zerolog.Nop(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := open.Close(); err != nil {
			t.Error(err)
		}
	}()

	service, err := open.Service(t.Context(), r.Config, "test")
	if err != nil {
		t.Fatal(err)
	}

	r.days++
	now := time.Now()
	day := now.UTC().AddDate(0, 0, -r.days).Format(time.DateOnly)

	if _, err := service.Start(t.Context(), day, now, false); err != nil {
		t.Fatal(err)
	}

	ended, _ = service.Work(t.Context(), day) // what is refused counts
	return ended
}

func (r *restricted) checklist(t *testing.T) map[string]golive.Result {
	t.Helper()
	open, err := app.OpenGoLive(t.Context(), r.Config, zerolog.Nop(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := open.Close(); err != nil {
			t.Error(err)
		}
	}()

	service, err := open.Service(t.Context(), r.Config, app.GoLiveOptions{Version: "test", Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}

	report, err := service.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}

	checks := map[string]golive.Result{}
	for _, c := range report.Checks {
		checks[c.Check] = c
	}

	return checks
}

// documentedPermissions returns what docs/operations.md says that a restricted
// key needs.
func documentedPermissions(t *testing.T) (list []string) {
	t.Helper()
	_, section, _ := strings.Cut(read(t, "../../../docs/operations.md"), "## Restricted keys")
	section, _, _ = strings.Cut(section, "\n## ")
	for line := range strings.Lines(section) {
		if strings.HasPrefix(line, "| ") {
			list = append(list, namesPermission.FindAllString(line, -1)...)
		}
	}
	return list
}

// TestRestrictedKeyNeedsExactlyTheDocumentedPermissions pays, saves,
// subscribes, refunds, is disputed, compares a day with Stripe and runs the
// checklist with the documented permissions, and then without each of them.
func TestRestrictedKeyNeedsExactlyTheDocumentedPermissions(t *testing.T) {
	t.Parallel()
	all := documentedPermissions(t)
	if len(all) < 5 {
		t.Fatalf("docs/operations.md lists %v", all)
	}

	r := openRestricted(t, all)
	paid, checks := r.walk(t)
	for _, id := range paid {
		r.Eventually("order "+id+" is paid", func() bool { return r.State(id).Order.Status == "paid" })
	}

	r.Eventually("the refund and the dispute are known", func() bool {
		return len(r.State(paid[0]).Refunds) > 0 && len(r.State(paid[3]).Disputes) > 0
	})
	r.WantWorked(paid[3])

	if !r.compare(t) {
		t.Error("a day could not be compared with every documented permission")
	}

	for name, c := range checks {
		account := strings.HasPrefix(name, "account-") || name == "database-account"
		if (c.Permission != "") != account {
			t.Errorf("the check %s: got %+v", name, c)
		}
	}

	for name := range r.refused {
		if name != hiddenFromKeys && name != "rak_balance_read" { // its refusal shows all that is needed
			t.Errorf("with every documented permission, %s was missing", name)
		}
	}

	// Without one: where it is to write, to read is left.
	for i, lost := range all {
		rest := slices.Clone(all)
		if rest[i] = strings.TrimSuffix(lost, "_write") + "_read"; rest[i] == lost+"_read" {
			rest = slices.Delete(rest, i, i+1)
		}

		r.permit(rest)
		r.Stripe(http.MethodPost, "/v1/products/checkoutd_club", "active", "false") // so that it is written again
		r.walk(t)
		r.Eventually("a call is refused for want of "+lost, func() bool { return r.was(lost) })
	}
}

// TestChecklistWithoutPermissions checks that each check that the key may not
// make names the permission.
func TestChecklistWithoutPermissions(t *testing.T) {
	t.Parallel()
	r := openRestricted(t, []string{})
	want := map[string]string{
		"database-account":     hiddenFromKeys,
		"account-charges":      hiddenFromKeys,
		"account-requirements": hiddenFromKeys,
		"account-descriptor":   hiddenFromKeys,
		"account-contact":      hiddenFromKeys,
		"endpoint-exists":      "rak_webhook_read",
		"endpoint-single":      "rak_webhook_read",
		"endpoint-mode":        "rak_webhook_read",
		"endpoint-version":     "rak_webhook_read",
		"endpoint-events":      "rak_webhook_read",
		"endpoint-leftovers":   "rak_webhook_read",
		"events-delivered":     "rak_event_read",
		"wallets-domain":       "rak_payment_method_domain_read",
		"methods-several":      "rak_payment_method_configuration_read",
	}

	checks := r.checklist(t)
	for name, c := range checks {
		if c.Permission != want[name] {
			t.Errorf("%s names the permission %q, want %q: %s", name, c.Permission, want[name], c.Evidence)
		}
		if want[name] != "" && (c.Status != golive.Hidden || !strings.Contains(c.Todo, want[name])) {
			t.Errorf("%s: got %+v, want it not visible", name, c)
		}
	}

	for name := range want {
		if _, ok := checks[name]; !ok {
			t.Errorf("there is no check %s", name)
		}
	}
}
