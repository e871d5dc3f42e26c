package app_test

import (
	"database/sql"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/app"
	"checkoutd/internal/config"
	"checkoutd/internal/e2e/e2etest"
)

// reloaded is a server whose settings change. It does not run: the test looks
// for new settings itself.
type reloaded struct {
	*keyed
	app *app.App
	now time.Time
}

func newReloaded(t *testing.T, changes ...func(*keyed)) *reloaded {
	t.Helper()
	r := &reloaded{keyed: newKeyed(t), now: time.Now()}
	for _, change := range changes {
		change(r.keyed)
	}

	read := func() (*config.Config, error) { return config.Load(config.Serve, r.env, e2etest.ReadNoDotenv) }
	cfg, err := read()
	if err != nil {
		t.Fatal(err)
	}

	r.app, err = app.New(t.Context(), app.Options{
		Config:  cfg,
		Version: "test",
		Log:     zerolog.New(r.log),
		Now:     func() time.Time { return r.now },
		Reread:  read,
	})
	if err != nil {
		t.Fatal(err)
	}

	t.Cleanup(func() {
		if err := r.app.Close(); err != nil {
			t.Error(err)
		}
	})

	return r
}

// set replaces settings and looks for them, as often as one that nobody asked
// for needs.
func (r *reloaded) set(settings ...string) {
	r.Helper()
	r.env = append(slices.Clip(r.env), settings...)
	r.app.Look(r.Context(), false)
	r.app.Look(r.Context(), false)
}

// want checks the key and the secrets in use, and whether the metric says that
// settings are refused.
func (r *reloaded) want(key, secrets string, refused float64) {
	r.Helper()
	gotKey, got := r.app.Keys()
	if gotKey != key || strings.Join(got, ",") != secrets {
		r.Errorf("in use: …%s and %q; want …%s and %q", gotKey[len(gotKey)-4:], got, key[len(key)-4:], secrets)
	}

	if got := r.app.Gauge("checkoutd_settings_refused"); got != refused {
		r.Errorf("checkoutd_settings_refused is %v, want %v", got, refused)
	}

	if code, body := r.ready(); code != http.StatusOK || body != `{"status":"ready"}` {
		r.Errorf("/readyz: %d %s", code, body)
	}
}

func (r *reloaded) ready() (code int, body string) {
	r.Helper()
	return r.get("/readyz")
}

func (r *reloaded) get(path string, cookies ...*http.Cookie) (code int, body string) {
	r.Helper()
	req := httptest.NewRequestWithContext(r.Context(), http.MethodGet, "http://localhost:4242"+path, http.NoBody)
	for _, c := range cookies {
		req.AddCookie(c)
	}

	w := httptest.NewRecorder()
	r.app.Handler().ServeHTTP(w, req)

	return w.Code, strings.TrimSpace(w.Body.String())
}

// cart creates an order as a browser does.
func (r *reloaded) cart() (id string, cookies []*http.Cookie) {
	r.Helper()
	req := httptest.NewRequestWithContext(r.Context(), http.MethodPost, "http://localhost:4242/orders",
		strings.NewReader(`{"items":[{"sku":"mug","quantity":1}]}`))
	req.Header.Set("Content-Type", "application/json")

	w := httptest.NewRecorder()
	r.app.Handler().ServeHTTP(w, req)

	var order struct{ ID string }
	if err := json.Unmarshal(w.Body.Bytes(), &order); err != nil || order.ID == "" {
		r.Fatalf("POST /orders: %d %s", w.Code, w.Body)
	}
	return order.ID, w.Result().Cookies()
}

func TestSettingsChangeWithoutARestart(t *testing.T) {
	t.Parallel()
	r := newReloaded(t)
	former, next := keyOf("sk", ownAccount), keyOf("rk", ownAccount)

	// One reading may find a half-written file.
	r.env = append(r.env, "STRIPE_SECRET_KEY="+next, "STRIPE_WEBHOOK_SECRET=whsec_y,whsec_x", "WORKERS=3")
	r.app.Look(t.Context(), false)
	r.want(former, "whsec_x", 0)

	r.app.Look(t.Context(), false)
	r.want(next, "whsec_y,whsec_x", 0)

	for _, line := range []string{
		"count from now on: STRIPE_SECRET_KEY, STRIPE_WEBHOOK_SECRET",
		"need a restart: WORKERS",
	} {
		if strings.Count(r.log.String(), line) != 1 {
			t.Errorf("the log does not say %q once:\n%s", line, r.log)
		}
	}

	if strings.Contains(r.log.String(), "whsec_") || strings.Contains(r.log.String(), next) {
		t.Errorf("the log shows a secret:\n%s", r.log)
	}

	// Nothing new is said while nothing changes, and whoever asks is not kept
	// waiting.
	lines := strings.Count(r.log.String(), "\n")
	r.set()

	if n := strings.Count(r.log.String(), "\n"); n != lines {
		t.Errorf("%d new lines:\n%s", n-lines, r.log)
	}

	r.env = append(r.env, "STRIPE_WEBHOOK_SECRET=whsec_z")
	r.app.Look(t.Context(), true)
	r.want(next, "whsec_z", 0)
}

// TestSettingsReachTheirRooms changes what the other tests do not look at: the
// key on the pages, the mail server, and the webhooks to the shop's backend.
func TestSettingsReachTheirRooms(t *testing.T) {
	t.Parallel()
	r := newReloaded(t, func(k *keyed) {
		k.env = append(k.env, "SMTP_URL=smtp://u:p@mail.example", "MAIL_FROM=a@shop.example", "PRECONFIRM_URL=http://localhost:1",
			"PRECONFIRM_SECRET=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	})
	id, cookies := r.cart()
	mailer := r.app.Mailer()

	public := keyOf("pk", ownAccount) + "2"
	const preconfirm = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSx"
	r.set("STRIPE_PUBLISHABLE_KEY="+public, "SMTP_URL=smtp://u:q@mail.example", "PRECONFIRM_SECRET="+preconfirm,
		`ENDPOINTS=[{"url":"https://shop.example/hooks","secrets":["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]}]`)

	if _, body := r.get("/config?order="+id, cookies...); !strings.Contains(body, `"publishable_key":"`+public+`"`) {
		t.Errorf("/config: %s", body)
	}
	if r.app.Mailer() == mailer {
		t.Error("e-mails still go to the former mail server")
	}
	if got := r.app.PreconfirmSecret(); got != preconfirm {
		t.Errorf("calls to PRECONFIRM_URL are signed with …%s", got[len(got)-4:])
	}
	if list, err := r.app.Endpoints(t.Context()); err != nil || len(list) != 1 || list[0].URL != "https://shop.example/hooks" {
		t.Errorf("endpoints: %v, %v", list, err)
	}
}

// TestWrongSettingsAreRefused changes a webhook secret together with something
// that is wrong: all of it is refused.
func TestWrongSettingsAreRefused(t *testing.T) {
	t.Parallel()
	const secret = "STRIPE_WEBHOOK_SECRET=whsec_y"
	next := "STRIPE_SECRET_KEY=" + keyOf("rk", ownAccount)

	for name, tt := range map[string]struct {
		settings []string
		bank     func(b *bank)
		why      string
	}{
		"a malformed key":  {[]string{"STRIPE_SECRET_KEY=sk_te"}, nil, "STRIPE_SECRET_KEY is not a Stripe secret key"},
		"no key":           {[]string{"STRIPE_SECRET_KEY="}, nil, "STRIPE_SECRET_KEY is missing"},
		"a malformed list": {[]string{next, "STRIPE_WEBHOOK_SECRET=whsec_y,wh"}, nil, "STRIPE_WEBHOOK_SECRET is not"},
		"keys of the other mode": {
			[]string{
				"STRIPE_SECRET_KEY=sk_live_x", "STRIPE_PUBLISHABLE_KEY=pk_live_x", "STRIPE_API_BASE=https://api.stripe.com",
				"BASE_URL=https://shop.example", "TRUSTED_PROXIES=127.0.0.1",
			},
			nil, "for live keys, but this server runs with those for test keys",
		},
		"a key of another account": {
			[]string{next}, func(b *bank) { b.account.Store(otherAccount) }, "it is a key of " + otherAccount,
		},
		"a key that Stripe refuses": {
			[]string{next}, func(b *bank) { b.status.Store(http.StatusUnauthorized) }, "Stripe refuses it",
		},
		"a restricted key that looks like another account's": {
			[]string{"STRIPE_SECRET_KEY=" + keyOf("rk", otherAccount)},
			func(b *bank) { b.status.Store(http.StatusForbidden) }, "looks like a key of another account",
		},
		"a publishable key that looks like another account's": {
			[]string{"STRIPE_PUBLISHABLE_KEY=" + keyOf("pk", otherAccount)}, nil, "STRIPE_PUBLISHABLE_KEY: it looks like",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newReloaded(t)
			if tt.bank != nil {
				tt.bank(r.bank)
			}

			r.set(append([]string{secret}, tt.settings...)...)
			r.want(keyOf("sk", ownAccount), "whsec_x", 1)

			if !strings.Contains(r.log.String(), tt.why) || strings.Count(r.log.String(), "former ones stay") != 1 {
				t.Errorf("the log does not say %q once:\n%s", tt.why, r.log)
			}

			// The former settings again are none that are refused.
			r.set("STRIPE_SECRET_KEY="+keyOf("sk", ownAccount), "STRIPE_PUBLISHABLE_KEY="+keyOf("pk", ownAccount),
				"STRIPE_WEBHOOK_SECRET=whsec_x", "BASE_URL=http://localhost:4242", "TRUSTED_PROXIES=")
			r.want(keyOf("sk", ownAccount), "whsec_x", 0)
		})
	}
}

// TestKeyIsTriedAgain replaces the key while Stripe does not answer.
func TestKeyIsTriedAgain(t *testing.T) {
	t.Parallel()
	r := newReloaded(t)
	next := keyOf("rk", ownAccount)
	r.bank.account.Store("")
	r.set("STRIPE_SECRET_KEY=" + next)
	r.want(keyOf("sk", ownAccount), "whsec_x", 1)

	r.bank.account.Store(ownAccount)
	r.set()
	r.want(keyOf("sk", ownAccount), "whsec_x", 1)

	r.now = r.now.Add(time.Minute)
	r.set()
	r.want(next, "whsec_x", 0)
}

// TestWrongKeyAtTheStart starts with a key that Stripe refuses, and replaces
// it.
func TestWrongKeyAtTheStart(t *testing.T) {
	t.Parallel()
	r := newReloaded(t, func(k *keyed) { k.bank.status.Store(http.StatusUnauthorized) })

	if code, body := r.ready(); code != http.StatusOK || !strings.Contains(body, `"payments_not_possible"`) {
		t.Errorf("/readyz: %d %s", code, body)
	}
	if n := strings.Count(r.log.String(), `"level":"error"`); n != 1 || !strings.Contains(r.log.String(), "no payment is possible") {
		t.Errorf("want one error that says so:\n%s", r.log)
	}
	if got := r.app.Gauge("checkoutd_stripe_key_refused"); got != 1 {
		t.Errorf("checkoutd_stripe_key_refused is %v", got)
	}

	next := keyOf("rk", ownAccount)
	r.bank.status.Store(0)
	r.set("STRIPE_SECRET_KEY=" + next)
	r.want(next, "whsec_x", 0)

	if got := r.app.Gauge("checkoutd_stripe_key_refused"); got != 0 {
		t.Errorf("checkoutd_stripe_key_refused is %v after the right key came", got)
	}
}

// TestRestrictedKeyIsKnownByAPayment replaces the key by one that may not read
// its account: what the last payment made must be known under it.
func TestRestrictedKeyIsKnownByAPayment(t *testing.T) {
	t.Parallel()
	r := newReloaded(t)
	r.order("pi_ours")
	next := keyOf("rk", ownAccount)
	r.bank.status.Store(http.StatusForbidden)

	r.set("STRIPE_SECRET_KEY=" + next)
	r.want(keyOf("sk", ownAccount), "whsec_x", 1)

	if !strings.Contains(r.log.String(), "Stripe knows no pi_ours under the new key") {
		t.Errorf("the log does not say why:\n%s", r.log)
	}

	r.bank.intent.Store("pi_ours")
	r.app.Look(t.Context(), true)
	r.want(next, "whsec_x", 0)
}

// TestUnboundDatabaseStaysWithItsPayments replaces a key that may not read its
// account by one that may: that of another account does not bind the database.
func TestUnboundDatabaseStaysWithItsPayments(t *testing.T) {
	t.Parallel()
	r := newReloaded(t, func(k *keyed) { k.bank.status.Store(http.StatusForbidden) })
	r.order("pi_ours")
	r.bank.status.Store(0)
	r.bank.account.Store(otherAccount)

	r.set("STRIPE_SECRET_KEY=" + keyOf("sk", otherAccount))
	r.want(keyOf("sk", ownAccount), "whsec_x", 1)

	if account, err := r.app.Account(t.Context()); err != nil || account != "" {
		t.Errorf("the database is bound to %q, %v", account, err)
	}

	next := keyOf("rk", ownAccount)
	r.bank.account.Store(ownAccount)
	r.bank.intent.Store("pi_ours")
	r.set("STRIPE_SECRET_KEY=" + next)
	r.want(next, "whsec_x", 0)

	if account, err := r.app.Account(t.Context()); err != nil || account != ownAccount {
		t.Errorf("the database is bound to %q, %v", account, err)
	}
}

// TestKeyIsTriedAgainAfterTheDatabase replaces the key while the database
// fails. The key that counts in the end is noted for the checklist.
func TestKeyIsTriedAgainAfterTheDatabase(t *testing.T) {
	t.Parallel()
	r := newReloaded(t)
	next := keyOf("rk", ownAccount)
	db, err := sql.Open("sqlite", strings.TrimPrefix(r.url, "sqlite:"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })

	run := func(text string) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}

	run(`ALTER TABLE settings RENAME TO away`)
	r.set("STRIPE_SECRET_KEY=" + next)
	run(`ALTER TABLE away RENAME TO settings`)
	r.want(keyOf("sk", ownAccount), "whsec_x", 1)

	r.now = r.now.Add(time.Minute)
	r.set()
	r.want(next, "whsec_x", 0)

	var keys int
	if err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM golive_keys`).Scan(&keys); err != nil || keys != 2 {
		t.Errorf("%d keys are noted, %v; want both", keys, err)
	}
}
