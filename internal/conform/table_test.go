package conform_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"checkoutd/internal/conform"
)

// made are the requests behind the methods of stripe-go that stripeapi calls.
var made = map[string]string{
	"AccountSessions.New":                 "POST /v1/account_sessions",
	"CashBalances.Get":                    "GET /v1/customers/{}/cash_balance",
	"Charges.Get":                         "GET /v1/charges/{}",
	"ConfirmationTokens.Get":              "GET /v1/confirmation_tokens/{}",
	"CustomerSessions.New":                "POST /v1/customer_sessions",
	"Customers.Del":                       "DELETE /v1/customers/{}",
	"Customers.Get":                       "GET /v1/customers/{}",
	"Customers.New":                       "POST /v1/customers",
	"Customers.Update":                    "POST /v1/customers/{}",
	"Disputes.Get":                        "GET /v1/disputes/{}",
	"Invoices.Get":                        "GET /v1/invoices/{}",
	"Invoices.VoidInvoice":                "POST /v1/invoices/{}/void",
	"PaymentIntents.Cancel":               "POST /v1/payment_intents/{}/cancel",
	"PaymentIntents.Capture":              "POST /v1/payment_intents/{}/capture",
	"PaymentIntents.Confirm":              "POST /v1/payment_intents/{}/confirm",
	"PaymentIntents.Get":                  "GET /v1/payment_intents/{}",
	"PaymentIntents.List":                 "GET /v1/payment_intents",
	"PaymentIntents.New":                  "POST /v1/payment_intents",
	"PaymentIntents.Update":               "POST /v1/payment_intents/{}",
	"Products.Get":                        "GET /v1/products/{}",
	"Products.New":                        "POST /v1/products",
	"Products.Update":                     "POST /v1/products/{}",
	"Refunds.List":                        "GET /v1/refunds",
	"Refunds.New":                         "POST /v1/refunds",
	"SetupIntents.Cancel":                 "POST /v1/setup_intents/{}/cancel",
	"SetupIntents.Confirm":                "POST /v1/setup_intents/{}/confirm",
	"SetupIntents.Get":                    "GET /v1/setup_intents/{}",
	"SetupIntents.List":                   "GET /v1/setup_intents",
	"SetupIntents.New":                    "POST /v1/setup_intents",
	"SetupIntents.Update":                 "POST /v1/setup_intents/{}",
	"Subscriptions.Cancel":                "DELETE /v1/subscriptions/{}",
	"Subscriptions.Get":                   "GET /v1/subscriptions/{}",
	"Subscriptions.List":                  "GET /v1/subscriptions",
	"Subscriptions.New":                   "POST /v1/subscriptions",
	`"/v1/account"`:                       "GET /v1/account",
	`"/v1/accounts/%s"`:                   "GET /v1/accounts/{}",
	`"/v1/events"`:                        "GET /v1/events",
	`"/v1/balance"`:                       "GET /v1/balance",
	`"/v1/webhook_endpoints"`:             "GET /v1/webhook_endpoints",
	`"/v1/payment_method_domains"`:        "GET /v1/payment_method_domains",
	`"/v1/payment_method_configurations"`: "GET /v1/payment_method_configurations",
	`"/oauth/token"`:                      "POST /oauth/token",
	`"/oauth/deauthorize"`:                "POST /oauth/deauthorize",
	`"charges"`:                           "GET /v1/charges", // of the mirror
	`"refunds"`:                           "GET /v1/refunds",
	`"disputes"`:                          "GET /v1/disputes",
	`"payouts"`:                           "GET /v1/payouts",
	`"payment_intents"`:                   "GET /v1/payment_intents",
	`"balance_transactions"`:              "GET /v1/balance_transactions",
}

var (
	method = regexp.MustCompile(`c\.api\.(\w+\.\w+)\(`)
	path   = regexp.MustCompile(`"(?:/v1/[a-z/_%]+[a-z%s])"|"/oauth/(?:token|deauthorize)"`)
	placed = regexp.MustCompile(`\{[^}]*\}`)
)

func TestEveryCallOfTheProductHasACase(t *testing.T) {
	t.Parallel()
	tried := map[string]bool{}
	for _, c := range conform.Cases() {
		for _, call := range c.Calls {
			tried[call.Method+" "+placed.ReplaceAllString(call.Path, "{}")] = true
		}
	}

	files, err := filepath.Glob("../stripeapi/*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}

	used := map[string]bool{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}

		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}

		for _, m := range method.FindAllStringSubmatch(string(text), -1) {
			used[m[1]] = true
		}

		for _, m := range path.FindAllString(string(text), -1) {
			used[m] = true
		}
	}

	if len(used) < 30 {
		t.Errorf("only %d calls were found in stripeapi: %v", len(used), used)
	}

	for name := range used {
		if made[name] == "" {
			t.Errorf("stripeapi calls %s: add it to this test's table, and a case to the contract", name)
		}
	}

	for name, request := range made {
		if !tried[request] {
			t.Errorf("no case makes the request %s of %s", request, name)
		}
	}
}

func TestCasesAreWellFormed(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, c := range conform.Cases() {
		if seen[c.Name] || !caseName.MatchString(c.Name) {
			t.Errorf("the name %q is not well formed, or is there twice", c.Name)
		}

		seen[c.Name] = true

		if !strings.HasSuffix(c.Relies, ".") {
			t.Errorf("%s: %q is no sentence", c.Name, c.Relies)
		}
		if _, err := os.Stat(filepath.Join("..", c.Where)); err != nil {
			t.Errorf("%s relies on it in a file that does not exist: %v", c.Name, err)
		}

		wants := 0
		for _, call := range c.Calls {
			wants += len(call.Want)
		}

		if wants == 0 {
			t.Errorf("%s wants nothing", c.Name)
		}
	}
}

var (
	caseName = regexp.MustCompile(`^[a-z]+/[a-z0-9-]+$`)
	mark     = regexp.MustCompile(`\(\*[^)]*\)`)
	pointer  = regexp.MustCompile("^\\(\\* `([a-z]+/[a-z0-9-]+)`\\)$")
	untried  = regexp.MustCompile(`^\(\* not tried: [^)]{10,}\)$`)
)

// Every interpretation of ours is tried by a case, or says why it cannot be.
func TestEveryInterpretationHasACase(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/sandbox-divergences.md")
	if err != nil {
		t.Fatal(err)
	}

	names := map[string]bool{}
	for _, c := range conform.Cases() {
		names[c.Name] = true
	}

	marks := mark.FindAllString(string(text), -1)
	if len(marks) < 30 {
		t.Errorf("only %d interpretations are marked", len(marks))
	}

	for _, found := range marks {
		m := strings.Join(strings.Fields(found), " ")
		if p := pointer.FindStringSubmatch(m); p != nil && names[p[1]] || untried.MatchString(m) {
			continue
		}

		t.Errorf("%q neither names a case nor says why there is none", m)
	}
}
