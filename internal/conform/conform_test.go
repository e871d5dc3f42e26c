package conform_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"checkoutd/internal/conform"
	"checkoutd/internal/sandbox"
	"checkoutd/internal/testhost"
)

const key = "sk_test_conformCanary42"

// offline starts an offline Stripe behind a handler that may change answers.
func offline(t *testing.T, change func(http.Handler) http.Handler) string {
	t.Helper()
	s, err := sandbox.New(sandbox.Config{DelayedAfter: -1})
	if err != nil {
		t.Fatal(err)
	}

	web := httptest.NewServer(change(s))
	t.Cleanup(func() {
		web.Close()
		ctx, cancel := context.WithTimeout(context.Background(), testhost.Patience)
		defer cancel()

		if err := s.Close(ctx); err != nil {
			t.Error(err)
		}
	})

	return web.URL
}

func unchanged(h http.Handler) http.Handler { return h }

func config(url string) conform.Config {
	return conform.Config{
		Key:        key,
		BaseURL:    url,
		OAuthURL:   url,
		APIVersion: "2025-02-24.acacia",
		Version:    "test",
		ClientID:   "ca_SandboxApplication",
		Parallel:   8,
		Limit:      testhost.Patience,
		Now:        time.Now,
		Pause:      func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	}
}

func run(t *testing.T, cfg conform.Config) *conform.Report {
	t.Helper()
	report, err := conform.Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// texts returns the report in both forms.
func texts(t *testing.T, report *conform.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := report.Text(&b); err != nil {
		t.Fatal(err)
	}

	raw, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}

	return b.String() + string(raw)
}

// different returns the names of the cases that differ.
func different(report *conform.Report) (names []string) {
	for _, c := range report.Cases {
		if c.Outcome == conform.Different {
			names = append(names, c.Name)
		}
	}
	return names
}

// result returns what came of a case.
func result(t *testing.T, report *conform.Report, name string) conform.Result {
	t.Helper()
	i := slices.IndexFunc(report.Cases, func(c conform.Result) bool { return c.Name == name })
	if i < 0 {
		t.Fatalf("there is no case %s", name)
	}
	return report.Cases[i]
}

func TestOfflineStripeConformsAndIsLeftClean(t *testing.T) {
	t.Parallel()
	cfg := config(offline(t, unchanged))
	cfg.Account = post(t, cfg.BaseURL+"/v1/accounts", "type=standard").ID

	report := run(t, cfg)

	if n := report.Counts[string(conform.Same)]; n != len(conform.Cases()) || len(report.NotRemoved) > 0 {
		t.Errorf("not all cases are as expected, or something was not removed: %v\n%s", report.NotRemoved, texts(t,
			report))
	}

	if hooks := list(t, cfg.BaseURL+"/v1/webhook_endpoints", ""); len(hooks) > 0 {
		t.Errorf("endpoints: %+v", hooks)
	}

	for _, account := range []string{"", cfg.Account} {
		for path, open := range map[string]func(object) bool{
			"/v1/customers":       func(o object) bool { return !o.Deleted },
			"/v1/products":        func(o object) bool { return o.Active },
			"/v1/prices":          func(o object) bool { return o.Active },
			"/v1/coupons":         func(object) bool { return true },
			"/v1/subscriptions":   func(o object) bool { return o.Status != "incomplete_expired" },
			"/v1/invoices":        func(o object) bool { return o.Status == "open" || o.Status == "draft" },
			"/v1/setup_intents":   isOpen,
			"/v1/payment_intents": isOpen,
		} {
			if left := list(t, cfg.BaseURL+path+"?limit=100", account); slices.ContainsFunc(left, open) {
				t.Errorf("the account %q still has open %s: %+v", account, path, left)
			}
		}
	}
}

// isOpen reports whether an intent waits for anything. Debits that the bank has
// do.
func isOpen(o object) bool {
	return o.Status != "succeeded" && o.Status != "canceled" && o.Status != "processing"
}

// A wrong answer shows in the cases that rely on it, and in no other.
func TestWrongAnswerIsReported(t *testing.T) {
	t.Parallel()
	report := run(t, config(offline(t, rewriting("confirmation_token_already_used", "token_spent"))))

	want := []string{"tokens/used-twice", "tokens/used-after-decline"}
	if got := different(report); !slices.Equal(got, want) {
		t.Errorf("different: %v, want %v", got, want)
	}

	got := result(t, report, "tokens/used-twice").Differences
	if len(got) != 1 || got[0] != (conform.Difference{
		Call: "POST /v1/payment_intents",
		What: "error.code",
		Want: `"confirmation_token_already_used"`,
		Got:  "token_spent",
	}) {
		t.Errorf("reported as %+v", got)
	}
}

// rewriting returns a server that replaces a text in its answers.
func rewriting(old, text string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			rec := httptest.NewRecorder()
			next.ServeHTTP(rec, r)
			body := strings.ReplaceAll(rec.Body.String(), old, text)

			for name, values := range rec.Header() {
				if name != "Content-Length" {
					w.Header()[name] = values
				}
			}

			w.WriteHeader(rec.Code)
			_, _ = io.WriteString(w, body)
		})
	}
}

func TestNoLiveKeyIsEverSent(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	url := offline(t, func(http.Handler) http.Handler {
		return http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) })
	})

	for _, bad := range []string{"sk_live_conformCanary42", "rk_live_conformCanary42", "pk_test_conformCanary42",
		"", "sk_test"} {
		cfg := config(url)
		cfg.Key = bad

		if _, err := conform.Run(t.Context(), cfg); !errors.Is(err, conform.ErrLiveKey) {
			t.Errorf("with %q: %v", bad, err)
		}
	}

	if asked.Load() > 0 {
		t.Errorf("%d requests were sent", asked.Load())
	}
}

func TestKeyOfLiveModeIsRefusedWhateverItsName(t *testing.T) {
	t.Parallel()
	url := offline(t, rewriting(`"livemode": false`, `"livemode": true`))
	if _, err := conform.Run(t.Context(), config(url)); !errors.Is(err, conform.ErrLiveKey) {
		t.Errorf("got %v", err)
	}
}

// A run that was killed leaves what the next one removes. What is not ours
// stays.
func TestNextRunRemovesWhatAKilledOneLeft(t *testing.T) {
	t.Parallel()
	url := offline(t, unchanged)
	const mark = "metadata[checkoutd_conform]=r1"
	ours := []string{
		"/v1/customers/" + post(t, url+"/v1/customers", mark).ID,
		"/v1/products/" + post(t, url+"/v1/products", "name=a&"+mark).ID,
		"/v1/payment_intents/" + post(t, url+"/v1/payment_intents", "amount=100&currency=usd&"+mark).ID,
		"/v1/setup_intents/" + post(t, url+"/v1/setup_intents", mark).ID,
	}

	theirs := []string{
		"/v1/customers/" + post(t, url+"/v1/customers", "").ID,
		"/v1/products/" + post(t, url+"/v1/products", "name=b").ID,
		"/v1/payment_intents/" + post(t, url+"/v1/payment_intents", "amount=100&currency=usd").ID,
		"/v1/setup_intents/" + post(t, url+"/v1/setup_intents", "").ID,
	}

	post(t, url+"/v1/webhook_endpoints", "url=https://a.test&enabled_events[]=*&"+mark)
	post(t, url+"/v1/webhook_endpoints", "url=https://b.test&enabled_events[]=*")

	cfg := config(url)
	cfg.Only = "protocol/date"
	run(t, cfg)

	for _, path := range ours {
		if o, ok := tryGet(t, url+path); ok && !o.Deleted && o.Status != "canceled" {
			t.Errorf("%s is still there: %+v", path, o)
		}
	}

	for _, path := range theirs {
		if o, ok := tryGet(t, url+path); !ok || o.Deleted || o.Status == "canceled" {
			t.Errorf("%s was removed: %+v", path, o)
		}
	}

	if hooks := list(t, url+"/v1/webhook_endpoints", ""); len(hooks) != 1 || hooks[0].URL != "https://b.test" {
		t.Errorf("endpoints: %+v", hooks)
	}
}

func TestInterruptedRunRemovesWhatItCreated(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	cfg := config(offline(t, func(next http.Handler) http.Handler {
		var n atomic.Int64
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost && n.Add(1) == 40 {
				interrupt() // while the answer is on its way
			}

			next.ServeHTTP(w, r)
		})
	}))

	report, err := conform.Run(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if !report.Interrupted || report.Counts[string(conform.NotTried)] == 0 || len(report.NotRemoved) > 0 {
		t.Errorf("interrupted %t, counts %v, not removed %v", report.Interrupted, report.Counts, report.NotRemoved)
	}
	if left := list(t, cfg.BaseURL+"/v1/payment_intents?limit=100", ""); slices.ContainsFunc(left, isOpen) {
		t.Errorf("open intents: %+v", left)
	}
	if left := list(t, cfg.BaseURL+"/v1/customers?limit=100", ""); len(left) > 0 {
		t.Errorf("customers: %+v", left)
	}
}

// A call may have created something although its answer was lost.
func TestRunRemovesWhatItWasNotToldOf(t *testing.T) {
	t.Parallel()
	var cut atomic.Int64
	cfg := config(offline(t, func(next http.Handler) http.Handler {
		var n atomic.Int64
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			creates := slices.Contains([]string{"/v1/customers", "/v1/payment_intents", "/v1/setup_intents"}, r.URL.Path)
			if r.Method == http.MethodPost && creates && n.Add(1)%5 == 0 {
				cut.Add(1)
				next.ServeHTTP(httptest.NewRecorder(), r)
				panic(http.ErrAbortHandler)
			}

			next.ServeHTTP(w, r)
		})
	}))

	report := run(t, cfg)
	if cut.Load() == 0 || len(report.NotRemoved) > 0 {
		t.Errorf("%d answers were lost, not removed: %v", cut.Load(), report.NotRemoved)
	}
	if left := list(t, cfg.BaseURL+"/v1/payment_intents?limit=100", ""); slices.ContainsFunc(left, isOpen) {
		t.Errorf("open intents: %+v", left)
	}
	if left := list(t, cfg.BaseURL+"/v1/customers?limit=100", ""); len(left) > 0 {
		t.Errorf("customers: %+v", left)
	}
}

func TestRateLimitIsWaitedFor(t *testing.T) {
	t.Parallel()
	var asked, waited atomic.Int64
	cfg := config(offline(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if asked.Add(1)%3 == 0 {
				w.Header().Set("Retry-After", "7")
				w.WriteHeader(http.StatusTooManyRequests)
				return
			}

			next.ServeHTTP(w, r)
		})
	}))

	cfg.Only = "capture/"
	cfg.Pause = func(ctx context.Context, d time.Duration) error {
		if d == 7*time.Second {
			waited.Add(1)
		}

		return ctx.Err()
	}

	report := run(t, cfg)
	if names := different(report); len(names) > 0 || waited.Load() == 0 {
		t.Errorf("different %v, waited %d times", names, waited.Load())
	}
}

// What the key or the account cannot do is no difference.
func TestWhatCannotBeTriedIsSaid(t *testing.T) {
	t.Parallel()
	cfg := config(offline(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/v1/setup_intents":
				refuse(w, http.StatusForbidden,
					"The provided key 'rk_test_***42' does not have the required permissions. "+
						"Having the 'rak_setup_intent_write' permission would allow this request to continue.")

			case "/v1/accounts":
				refuse(w, http.StatusBadRequest, "You have not signed up for Connect.")
			default:
				next.ServeHTTP(w, r)
			}
		})
	}))

	cfg.ClientID = ""

	report := run(t, cfg)

	if names := different(report); len(names) > 0 {
		t.Errorf("different: %v", names)
	}

	for name, why := range map[string]string{
		"setups/cancel":             "the key lacks the permission rak_setup_intent_write",
		"connect/list":              "the account has no Connect (400 invalid_request_error You have not signed up for Connect.)",
		"connect/direct":            "no connected account was given (--account)",
		"oauth/deauthorize-account": "no CONNECT_CLIENT_ID is set",
	} {
		if got := result(t, report, name); got.Outcome != conform.NotTried || got.Reason != why {
			t.Errorf("%s: %s, %q, want %q", name, got.Outcome, got.Reason, why)
		}
	}
}

func refuse(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{
		"error": map[string]any{"type": "invalid_request_error", "message": message},
	})
}

// The report goes to strangers.
func TestReportHoldsNothingPrivate(t *testing.T) {
	t.Parallel()
	const account, mail = "acct_1CanaryAccount42", "canary@private.example"
	secrets := []string{
		key, account, mail, "pi_3CanaryIntent42", "pi_3CanaryIntent42_secret_Canary42", "whsec_CanarySecret42",
		"https://invoice.stripe.com/i/" + account + "/canarypath", "cus_CanaryCustomer",
		"sk_test_*****************ry42",
	}

	for _, status := range []int{http.StatusOK, http.StatusBadRequest} {
		cfg := config(offline(t, func(http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/v1/balance" {
					_, _ = io.WriteString(w, `{"livemode":false}`)
					return
				}

				refuse(w, status, "Refused: "+strings.Join(secrets, ", "))
			})
		}))

		cfg.Account = account

		report := run(t, cfg)
		if report.Counts[string(conform.Different)] == 0 {
			t.Error("nothing differs")
		}

		text := texts(t, report)
		for _, secret := range slices.Concat(secrets, []string{"Canary", "canary", "ry42"}) {
			if strings.Contains(text, secret) {
				t.Errorf("with status %d the report contains %q", status, secret)
			}
		}
	}
}
