package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"

	"checkoutd/internal/cli"
	"checkoutd/internal/config"
)

const (
	visa          = "4242424242424242"
	pendingRefund = "4000000000007726"
	failingRefund = "4000000000005126"
)

func TestCaptureAPartThenRefundIt(t *testing.T) {
	t.Parallel()
	s := newSandboxShop(t, "CAPTURE_METHOD", "manual")
	id := s.paid(visa)
	s.wantView(id, "authorized", "authorized", 0, 0)
	s.wantOutput(s.ok("orders", "list"), id, "authorized", "Z") // until when
	s.wantOutput(s.ok("orders", "show", id), "capture before", "payment")

	s.fails([]string{"orders", "capture", id, "--amount", "11.00"}, "10.99 USD")
	s.fails([]string{"orders", "refund", id}, "cancel the order")

	if _, _, err := s.run("orders", "refund", id); cli.ExitCode(err) != cli.ExitRefused {
		t.Errorf("a refusal: exit code %d, want %d", cli.ExitCode(err), cli.ExitRefused)
	}

	s.wantOutput(s.ok("orders", "capture", id, "--amount", "6.00"), "captured 6.00 USD; 4.99 USD released",
		"paid, payment paid", "captured 6.00, refunded 0.00 of 10.99 USD")
	s.wantView(id, "paid", "paid", 600, 0)
	s.fails([]string{"orders", "capture", id}, "nothing left to capture")
	s.fails([]string{"orders", "cancel", id}, "refund it")

	s.fails([]string{"orders", "refund", id, "--amount", "6.01"}, "6.00 USD")
	s.wantOutput(s.ok("orders", "refund", "--reason", "requested_by_customer", id, "--amount", "2.50"),
		"of 2.50 USD: succeeded", "partially_refunded", "refunded 2.50")
	s.wantView(id, "paid", "partially_refunded", 600, 250)
	s.wantOutput(s.ok("orders", "refund", id), "of 3.50 USD: succeeded", "payment refunded")
	s.wantView(id, "paid", "refunded", 600, 600)
	s.fails([]string{"orders", "refund", id}, "is refunded or being refunded")

	s.wantOutput(s.ok("orders", "show", id), "captured", "6.00 USD", "capture of 6.00 USD",
		"refund of 2.50 USD", "requested_by_customer", "refund of 3.50 USD", "done")

	if n := len(s.refunds()); n != 2 {
		t.Errorf("%d refunds at Stripe, want 2", n)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	s := newSandboxShop(t, "CAPTURE_METHOD", "manual")
	held, open := s.paid(visa), s.order("guide")
	for _, id := range []string{held, open} {
		s.wantOutput(s.ok("orders", "cancel", id), "canceled", "order "+id+": canceled, payment unpaid")
		s.wantView(id, "canceled", "unpaid", 0, 0)
		s.fails([]string{"orders", "cancel", id}, "is canceled")
	}
	s.fails([]string{"orders", "capture", held}, "No money is held")
}

// Charges are not stored: Stripe is asked for the payment.
func TestShowFindsACharge(t *testing.T) {
	t.Parallel()
	s := newSandboxShop(t)
	id := s.paid(visa)
	s.wantView(id, "paid", "paid", 1099, 0)

	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.stripe("/v1/charges?limit=1"), nil)
	if err != nil {
		t.Fatal(err)
	}

	r.SetBasicAuth(config.SandboxSecretKey, "")
	list, _ := s.buyer.Object(s.buyer.Send(r))["data"].([]any)
	charge := list[0].(map[string]any)["id"].(string)

	s.wantOutput(s.ok("orders", "show", charge), id, "paid")
	s.fails([]string{"orders", "show", "ch_none"}, "ch_none", "no payment with this charge")

	for word, want := range map[string]string{
		"py_none":   "no payment with this charge",
		"in_1":      "an invoice of Stripe's: name its payment",
		"cs_test_1": "a Checkout Session",
		"seti_1":    "a SetupIntent that no order here has",
	} {
		if _, _, err := s.run("orders", "show", word); cli.ExitCode(err) != cli.ExitNotFound ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", word, err, want)
		}
	}

	var o map[string]any
	if err := json.Unmarshal([]byte(s.ok("orders", "show", id, "--json")), &o); err != nil {
		t.Fatal(err)
	}

	for _, name := range []string{"attempts", "intents"} {
		if rows, _ := o[name].([]any); len(rows) != 1 {
			t.Errorf("--json shows the %s %v, want one", name, o[name])
		}
	}

	if text := s.ok("orders", "show", id, "--json"); strings.Contains(text, "_secret_") || strings.Contains(text, "ctoken_") {
		t.Errorf("--json shows a secret: %s", text)
	}
}

// Another integration on the account copies our metadata and takes money. A
// person is told and decides; the buyer may still pay.
func TestAdopt(t *testing.T) {
	t.Parallel()
	s := newSandboxShop(t)
	copied, known := s.order("guide"), s.paid(visa)
	make := func(metadata string) string {
		t.Helper()
		return s.intent("confirm=true&payment_method=pm_card_visa&" +
			"automatic_payment_methods[enabled]=true&automatic_payment_methods[allow_redirects]=never&" + metadata)
	}

	unpaid := s.intent("metadata[checkoutd_order]=" + copied)
	intent := make("metadata[checkoutd_order]=" + copied)
	s.eventually("the payment is found", func() bool {
		return strings.Contains(s.ok("orders", "list", "--status", "review"), intent)
	})

	if !strings.Contains(s.log.String(), "no attempt of ours took it") {
		t.Error("the log does not tell of the money")
	}

	s.wantView(copied, "open", "unpaid", 0, 0)
	s.wantOutput(s.ok("orders", "show", copied), "foreign payment", intent, "10.99 USD", "adopt it")

	s.fails([]string{"orders", "adopt", copied}, "the ID of an intent")
	s.fails([]string{"orders", "adopt", copied, unpaid}, "has taken no money")
	s.fails([]string{"orders", "adopt", known, intent + "x"}, known+": Stripe knows no intent "+intent+"x in this account.")
	s.wantOutput(s.ok("orders", "adopt", copied, intent), "adopted "+intent, "order "+copied+": paid, payment paid")
	s.wantOutput(s.ok("orders", "adopt", copied, intent), "paid, payment paid") // nothing is done twice
	s.fails([]string{"orders", "adopt", known, intent}, "belongs to order "+copied)
	s.wantView(copied, "paid", "paid", 1099, 0)

	if list := s.ok("orders", "list", "--status", "review"); strings.Contains(list, copied) {
		t.Errorf("it is still to be decided:\n%s", list)
	}

	s.wantOutput(s.ok("orders", "refund", copied), "refund")
	s.wantView(copied, "paid", "refunded", 1099, 1099)
}

// intent makes a PaymentIntent over the price of a guide, as another
// integration on the account does.
func (s *sandboxShop) intent(more string) string {
	s.Helper()
	body := strings.NewReader("amount=1099&currency=usd&" + more)
	r, err := http.NewRequestWithContext(s.Context(), http.MethodPost, s.stripe("/v1/payment_intents"), body)
	if err != nil {
		s.Fatal(err)
	}

	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(config.SandboxSecretKey, "")

	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		s.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()

	var made struct {
		ID string `json:"id"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&made); err != nil || made.ID == "" {
		s.Fatalf("status %d: %v", resp.StatusCode, err)
	}

	return made.ID
}

// TestOperationsOnSubscriptions checks that canceling an order cancels its
// incomplete subscription, and that refunding one refunds the first payment.
func TestOperationsOnSubscriptions(t *testing.T) {
	t.Parallel()
	s := newSandboxShop(t)
	declined, paid := s.order("box"), s.order("box")
	if status, answer := s.pay(declined, "4000000000000341"); status == http.StatusOK {
		t.Fatalf("it was paid: %v", answer)
	}

	s.wantOutput(s.ok("orders", "show", declined), "subscription", "incomplete", "every 1 month")
	s.wantOutput(s.ok("orders", "cancel", declined), "canceled")
	s.wantView(declined, "canceled", "unpaid", 0, 0)
	s.eventually("the subscription is over", func() bool {
		return !strings.Contains(s.ok("orders", "show", declined), " incomplete ")
	})

	if status, answer := s.pay(paid, visa); status != http.StatusOK {
		t.Fatalf("%d %v", status, answer)
	}

	s.fails([]string{"orders", "cancel", paid}, "refund it")
	s.manage("/clock", `{"advance": 2764800}`) // 32 days
	s.eventually("the renewal is marked as not the order's own", func() bool {
		return strings.Contains(s.ok("orders", "show", paid), "of a later invoice")
	})
	s.wantView(paid, "paid", "paid", 1099, 0)
	s.wantOutput(s.ok("orders", "refund", paid, "--amount", "0.99"), "of 0.99 USD: succeeded",
		"refunded 0.99 of 10.99 USD")
	s.wantView(paid, "paid", "partially_refunded", 1099, 99)
}

// TestALapsedHoldIsShown checks that an order whose hold lapses at Stripe opens
// again and is never shown as paid.
func TestALapsedHoldIsShown(t *testing.T) {
	t.Parallel()
	s := newSandboxShop(t, "CAPTURE_METHOD", "manual")
	id := s.paid(visa)
	s.manage("/clock", `{"advance": 518400}`) // six days
	s.wantView(id, "authorized", "authorized", 0, 0)
	s.manage("/clock", `{"advance": 172800}`)
	s.wantView(id, "open", "unpaid", 0, 0)
	s.fails([]string{"orders", "capture", id}, "No money is held", "open")
	s.wantOutput(s.ok("orders", "show", id), "canceled")
}

func TestRefundsThatTakeTimeOrFail(t *testing.T) {
	t.Parallel()
	s := newSandboxShop(t)
	pending, failing := s.paid(pendingRefund), s.paid(failingRefund)
	s.wantOutput(s.ok("orders", "refund", pending, "--amount", "4.00"), "of 4.00 USD: pending",
		"on its way to the buyer")
	s.wantView(pending, "paid", "partially_refunded", 1099, 400)
	s.wantOutput(s.ok("orders", "show", pending), "pending")
	s.wantOutput(s.ok("orders", "refund", failing), "of 10.99 USD: succeeded")
	s.wantView(failing, "paid", "refunded", 1099, 1099)
	s.manage("/clock", `{"advance": 10}`)
	s.wantView(failing, "paid", "paid", 1099, 0) // the amount is free again
	s.wantOutput(s.ok("orders", "show", failing), "failed")
	s.eventually("the refund succeeds", func() bool {
		return !strings.Contains(s.ok("orders", "show", pending), "pending")
	})
	s.wantOutput(s.ok("orders", "refund", failing, "--amount", "10.99"), "succeeded")
}

// TestRefundTwiceAtOnce runs the same command twice, the second time while the
// first waits for Stripe's response. There must be one refund.
func TestRefundTwiceAtOnce(t *testing.T) {
	t.Parallel()
	s := newSandboxShop(t)
	id := s.paid(visa)
	books := s.open()

	// Long enough for the second command on the slowest machine.
	s.manage("/faults", `{"route": "POST /v1/refunds", "kind": "charge_then_delay", "delay_ms": 6000}`)

	var at sync.WaitGroup
	at.Go(func() { s.wantOutput(s.ok("orders", "refund", id, "--amount", "4.00"), "refunded 4.00 of 10.99 USD") })
	s.eventually("the first is started", func() bool {
		st, err := books.Read(t.Context(), id)
		return err == nil && st.StartedOperation() != nil
	})

	s.wantOutput(s.ok("orders", "refund", id, "--amount", "4.00"), "pending since", "nothing else was sent",
		"refunded 4.00 of 10.99 USD")
	at.Wait()

	if n := len(s.refunds()); n != 1 {
		t.Errorf("%d refunds, want 1", n)
	}

	s.wantView(id, "paid", "partially_refunded", 1099, 400)
}

// TestStripeDoesNotAnswer loses Stripe's responses, whether or not the money
// has moved. Running the command again must complete the operation once.
func TestStripeDoesNotAnswer(t *testing.T) {
	t.Parallel()

	// As often as one command asks.
	kinds := map[string]string{"charge_then_cut": "3", "charge_then_500": "3", "reset": "3"}
	for _, tt := range []struct {
		args   []string
		method string
		route  string
		want   string
	}{
		{[]string{"refund", "--amount", "4.00"}, "automatic", "POST /v1/refunds",
			"captured 10.99, refunded 4.00 of 10.99 USD"},
		{[]string{"capture", "--amount", "4.00"}, "manual", "POST /v1/payment_intents/*/capture",
			"captured 4.00, refunded 0.00 of 10.99 USD"},
		{[]string{"cancel"}, "manual", "POST /v1/payment_intents/*/cancel", "canceled, payment unpaid"},
	} {
		t.Run(tt.args[0], func(t *testing.T) {
			t.Parallel()
			s := newSandboxShop(t, "CAPTURE_METHOD", tt.method)
			refunds := 0
			for kind, count := range kinds {
				args := append([]string{"orders", tt.args[0], s.paid(visa)}, tt.args[1:]...)
				s.manage("/faults", `{"route": "`+tt.route+`", "kind": "`+kind+`", "count": `+count+`}`)
				out, _, err := s.run(args...)
				if err != nil {
					out = s.ok(args...)
				}

				s.wantOutput(out, tt.want)

				refunds += strings.Count(tt.args[0], "refund")
				if n := len(s.refunds()); n != refunds {
					t.Errorf("after %s there are %d refunds, want %d", kind, n, refunds)
				}
			}
		})
	}
}

// TestShowReportsUnknownOutcomes checks this with a Stripe that can be asked
// and with one that cannot.
func TestShowReportsUnknownOutcomes(t *testing.T) {
	t.Parallel()
	s := newSandboxShop(t)
	id := s.paid(visa)
	s.manage("/faults", `{"route": "POST /v1/refunds", "kind": "status_500", "count": 3}`)
	s.fails([]string{"orders", "refund", id, "--amount", "4.00"}, "has not confirmed yet", "nothing is done twice")
	s.wantOutput(s.ok("orders", "show", id), "started", "refund of 4.00 USD",
		"the outcome of the refund is not known yet")

	if err := s.stop(); err != nil {
		t.Fatal(err)
	}

	s.wantOutput(s.ok("orders", "show", id), "started", "could not ask Stripe", "no offline Stripe answers")
	s.start("checkoutd is up", "sandbox")
	s.wantOutput(s.ok("orders", "refund", id, "--amount", "4.00"), "pending since",
		"refund of 4.00 USD; it succeeded", "nothing else was sent to Stripe")

	if n := len(s.refunds()); n != 1 {
		t.Errorf("%d refunds, want 1", n)
	}

	// What the earlier request became is told even if this one fails, and to
	// programs beside the objects.
	s.manage("/faults", `{"route": "POST /v1/refunds", "kind": "status_500", "count": 3}`)
	s.fails([]string{"orders", "refund", id, "--amount", "3.00"}, "has not confirmed yet")
	out, told := s.fails([]string{"orders", "refund", id, "--amount", "9.00", "--json"}, "has not confirmed yet")
	s.wantOutput(told, "pending since", "refund of 3.00 USD; its outcome is not known yet")

	if out != "" {
		t.Errorf("beside the error it printed %q", out)
	}
}

func TestOperatingNeedsStripe(t *testing.T) {
	t.Parallel()
	s := newSandboxShop(t)
	id := s.paid(visa)
	s.fails([]string{"orders", "refund", "ord_none"}, "ord_none", "there is no such order")
	s.fails([]string{"orders", "refund", id, "--amount", "1,00"}, "--amount")
	s.fails([]string{"orders", "refund", id, "--amount", "0"}, "--amount")
	s.fails([]string{"orders", "refund", id, "--reason", "bored"}, "requested_by_customer")
	s.fails([]string{"orders", "refund"}, "exactly one order ID")
	s.fails([]string{"orders", "refund", id, id}, "exactly one order ID")
	s.fails([]string{"orders", "cancel", id, "--amount", "1"}, "amount")

	if err := s.stop(); err != nil {
		t.Fatal(err)
	}

	s.fails([]string{"orders", "refund", id}, "no offline Stripe answers", s.settings["SANDBOX_ADDR"])
	s.wantOutput(s.ok("orders", "show", id), "paid")
}

// TestOperationsNeedTheKeysOfTheOrders checks that other keys are refused.
func TestOperationsNeedTheKeysOfTheOrders(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	s := p.open()
	id := p.heldOrder(s)

	if _, err := s.Bind(t.Context(), "live keys"); err != nil {
		t.Fatal(err)
	}

	p.fails([]string{"orders", "capture", id}, "STRIPE_SECRET_KEY is missing")
	p.settings["STRIPE_SECRET_KEY"] = "sk_test_123456789012"
	p.settings["STRIPE_PUBLISHABLE_KEY"] = "pk_test_123456789012"
	p.settings["STRIPE_WEBHOOK_SECRET"], p.settings["CATALOG_FILE"] = "whsec_123456789012", "catalog.json"
	p.fails([]string{"orders", "capture", id}, "belongs to live keys", "is for test keys")
}
