package stripeapi_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/golive"
	"checkoutd/internal/stripeapi"
	"checkoutd/internal/webhooks"
)

// checklist returns a checklist of a Stripe that answers with handler.
func checklist(t *testing.T, handler http.HandlerFunc) *stripeapi.Checklist {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return stripeapi.NewChecklist(stripeapi.New(stripeapi.Config{Key: stripeapi.FixedKey("rk_test_123456789012"), BaseURL: server.URL}))
}

// TestChecklistErrors checks what the checklist says of each kind of answer,
// and that none of it shows the key, which Stripe's own sentence may quote.
func TestChecklistErrors(t *testing.T) {
	t.Parallel()
	const quoted = `The provided key 'rk_test_123456789012' does not have the required permissions for this endpoint ` +
		`on account 'acct_1'. Having the 'rak_webhook_read' permission would allow this request to continue.`

	for name, tc := range map[string]struct {
		status     int
		message    string
		permission string
		text       string
	}{
		"not allowed":              {status: 403, message: quoted, permission: "rak_webhook_read"},
		"not allowed, not said of": {status: 403, message: "No."},
		"the key was revoked": {
			status:  401,
			message: "Expired API Key provided: rk_test_123456789012",
			text:    "401",
		},
		"no such thing": {status: 404, message: "Unrecognized request URL", text: "404"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := checklist(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Stripe-Version", "2025-02-24.acacia")
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(tc.status)
				_, _ = w.Write([]byte(`{"error":{"type":"invalid_request_error","message":"` + tc.message + `"}}`))
			})

			b, err := l.Balance(t.Context())
			if b.Version != "2025-02-24.acacia" || time.Since(b.Date).Abs() > time.Hour {
				t.Errorf("got the headers %+v", b.Exchange)
			}

			var refused *golive.RefusedError
			var failed *golive.FailedError
			switch {
			case tc.status == http.StatusForbidden:
				if !errors.As(err, &refused) || refused.Permission != tc.permission {
					t.Errorf("got %v, want a refusal that names %q", err, tc.permission)
				}

			case !errors.As(err, &failed) || !strings.Contains(failed.Text, tc.text):
				t.Errorf("got %v, want a failure that says %q", err, tc.text)
			}

			if strings.Contains(err.Error(), "123456789012") {
				t.Errorf("the error shows the key: %v", err)
			}
		})
	}
}

// TestChecklistRefusals checks which refusals of a creation are certain, and
// that Stripe's reason is shown without what is secret in it.
func TestChecklistRefusals(t *testing.T) {
	t.Parallel()
	const message = `Key rk_test_123456789012, *** and whsec_123456789012: You have reached the maximum.`
	for name, tc := range map[string]struct {
		status  int
		kind    string
		certain bool
	}{
		"refused":                 {400, "invalid_request_error", true},
		"no such key":             {401, "invalid_request_error", true},
		"not allowed":             {403, "invalid_request_error", true},
		"the request has changed": {400, "idempotency_error", true},
		"too many requests":       {429, "invalid_request_error", true},
		"in flight":               {409, "idempotency_error", false},
		"an error of Stripe":      {500, "api_error", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := checklist(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Stripe-Should-Retry", "false")
				w.WriteHeader(tc.status)
				_, _ = w.Write([]byte(`{"error":{"type":"` + tc.kind + `","message":"` + message + `"}}`))
			})

			_, err := l.CreateWebhookEndpoint(t.Context(), golive.NewEndpoint{Seed: "seed", URL: "https://a"})
			if err == nil || !strings.Contains(err.Error(), "reached the maximum.") || strings.Contains(err.Error(), "123456789012") {
				t.Errorf("got %v, want the reason without secrets", err)
			}

			var failed *golive.FailedError
			certain := errors.As(err, new(*golive.RefusedError)) || errors.As(err, &failed) && failed.Certain
			if certain != tc.certain {
				t.Errorf("got %+v, want a certain refusal: %t", err, tc.certain)
			}
		})
	}
}

// TestChecklistReads checks that lists are read to their end, with what the
// checks need of each object.
func TestChecklistReads(t *testing.T) {
	t.Parallel()
	l := checklist(t, func(w http.ResponseWriter, r *http.Request) {
		answer := map[string]string{
			"/v1/webhook_endpoints": `{"has_more":true,"data":[{"id":"we_1","url":"https://a","status":"enabled",` +
				`"api_version":null,"enabled_events":["*"],"application":"ca_1","livemode":true,"created":7}]}`,
			"/v1/webhook_endpoints?we_1": `{"has_more":false,"data":[{"id":"we_2","url":"https://b","status":"disabled",` +
				`"api_version":"2020-08-27","enabled_events":[],"application":null}]}`,
			"/v1/payment_method_domains": `{"data":[{"id":"pmd_1","enabled":true,"apple_pay":{"status":"inactive",` +
				`"status_details":{"error_message":"No file."}},"link":{"status":"active"}}]}`,
			"/v1/payment_method_configurations": `{"data":[{"id":"pmc_1","active":true,"is_default":true,"card":{"available":true},` +
				`"ideal":{"available":false},"link":{"available":true}}]}`,
		}[strings.TrimSuffix(r.URL.Path+"?"+r.FormValue("starting_after"), "?")]

		_, _ = w.Write([]byte(answer))
	})

	endpoints, err := l.WebhookEndpoints(t.Context())
	if err != nil || len(endpoints) != 2 || !endpoints[0].Enabled || !endpoints[0].Connect || !endpoints[0].Livemode ||
		endpoints[0].APIVersion != "" || endpoints[1].Enabled || endpoints[1].Connect || endpoints[1].APIVersion != "2020-08-27" {
		t.Errorf("got the endpoints %+v, %v", endpoints, err)
	}

	domains, err := l.MethodDomains(t.Context(), "pay.shop.com")
	if err != nil || len(domains) != 1 || !slices.Equal(domains[0].Methods, []golive.DomainMethod{
		{Name: "apple_pay", Message: "No file."}, {Name: "link", Active: true},
	}) {
		t.Errorf("got the domains %+v, %v", domains, err)
	}

	configurations, err := l.MethodConfigurations(t.Context())
	if err != nil || len(configurations) != 1 || !slices.Equal(configurations[0].Available, []string{"card", "link"}) {
		t.Errorf("got the configurations %+v, %v", configurations, err)
	}
}

// TestUndeliveredIsPaged reads undelivered events up to the bound.
func TestUndeliveredIsPaged(t *testing.T) {
	t.Parallel()
	pages := 0
	l := checklist(t, func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("created[gte]") != "100" || r.FormValue("created[lte]") != "200" || r.FormValue("delivery_success") != "false" {
			t.Errorf("asked for %s", r.URL.RawQuery)
		}

		var data []string
		for i := range 100 {
			data = append(data, fmt.Sprintf(`{"id":"evt_%d_%d","type":"a","created":150}`, pages, i))
		}
		if after := r.FormValue("starting_after"); pages > 0 && after != fmt.Sprintf("evt_%d_99", pages-1) {
			t.Errorf("page %d begins after %q", pages, after)
		}

		pages++
		_, _ = w.Write([]byte(`{"has_more":true,"data":[` + strings.Join(data, ",") + `]}`))
	})

	u, err := l.Undelivered(t.Context(), time.Unix(100, 0), time.Unix(200, 0))
	if err != nil || len(u.Events) != 1000 || !u.More || pages != 10 {
		t.Errorf("got %d events of %d pages, more %t, %v", len(u.Events), pages, u.More, err)
	}
}

// TestEventTypesAreComplete checks that the endpoints get every type of the
// pinned version whose kind this server handles.
func TestEventTypesAreComplete(t *testing.T) {
	t.Parallel()
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-f", "{{.Dir}}", "github.com/stripe/stripe-go/v81").Output()
	if err != nil {
		t.Fatal(err)
	}

	source, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "event.go"))
	if err != nil {
		t.Fatal(err)
	}

	var known []string
	for _, m := range regexp.MustCompile(`EventType = "([a-z_.]+)"`).FindAllStringSubmatch(string(source), -1) {
		known = append(known, m[1])
	}

	handled := webhooks.EventTypes()
	families := map[string]bool{}
	for _, name := range handled {
		families[family(name)] = true
		if !slices.Contains(known, name) {
			t.Errorf("%s is no type of this version", name)
		}
	}

	for _, name := range known {
		if families[family(name)] && !slices.Contains(handled, name) {
			t.Errorf("%s is not among the types of an endpoint", name)
		}
	}
}

// family returns what a type is about: its name without the last part.
func family(name string) string { return name[:strings.LastIndexByte(name, '.')] }
