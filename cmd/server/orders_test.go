package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/cli"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/store"
)

func TestOrders(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	s := p.open()
	var ids []string
	for i, status := range []orders.Status{orders.Open, orders.Review, orders.Paid} {
		o := orders.Order{
			ID:            orders.NewID("ord_"),
			Status:        status,
			PaymentStatus: orders.Unpaid,
			Version:       1,
			Currency:      "usd",
			Amount:        1099,
			Items:         []orders.Item{{SKU: "mug", Name: "Mug", Quantity: 1, UnitAmount: 1099}},
			CreatedAt:     noon.Add(time.Duration(i) * time.Hour),
			ExpiresAt:     noon.Add(48 * time.Hour),
		}

		if status == orders.Review {
			o.ReviewReason = "paid twice"
		}

		if err := s.CreateOrder(t.Context(), o); err != nil {
			t.Fatal(err)
		}

		ids = append(ids, o.ID)
	}

	err := s.Update(t.Context(), ids[1], nil, func(st *payments.State) error {
		st.Attempts = append(st.Attempts, payments.Attempt{
			ID:             "att_1",
			N:              1,
			Params:         payments.Params{Token: "ctoken_secret"},
			IdempotencyKey: "key-1",
			IntentID:       "pi_1",
			State:          payments.Failed,
			ErrorType:      payments.TypeCard,
			DeclineCode:    "insufficient_funds",
		})

		st.Intents = append(st.Intents, payments.Intent{
			ID:           "pi_1",
			Status:       payments.StatusSucceeded,
			ClientSecret: "pi_1_secret_x",
			Amount:       1099,
			Currency:     "usd",
		})

		st.Refunds = append(st.Refunds, payments.Refund{
			ID:       "re_1",
			IntentID: "pi_1",
			Amount:   99,
			Currency: "usd",
			Status:   "pending",
		})

		st.Disputes = append(st.Disputes, payments.Dispute{
			ID:       "du_1",
			IntentID: "pi_1",
			Amount:   1099,
			Currency: "usd",
			Status:   "needs_response",

			EvidenceDueBy: noon.Add(10 * 24 * time.Hour),
		})

		return nil
	})
	if err != nil {
		t.Fatal(err)
	}

	held := p.heldOrder(s)
	t.Run("list is newest first, and chooses", func(t *testing.T) {
		for _, tt := range []struct {
			args []string
			want []string
		}{
			{[]string{"orders", "list"}, []string{ids[2], ids[1], ids[0], held}},
			{[]string{"orders", "list", "--status", "review"}, []string{ids[1]}},
			{[]string{"orders", "list", "--from", noon.Add(time.Hour).Format(time.RFC3339), "--to",
				noon.Add(2 * time.Hour).Format(time.RFC3339)}, []string{ids[1]}},
			{[]string{"orders", "list", "--limit", "1"}, []string{ids[2]}},
			{[]string{"orders", "list", "--disputed"}, []string{ids[1]}},
		} {
			var got []string
			for _, line := range strings.Split(p.ok(tt.args...), "\n")[1:] {
				if f := strings.Fields(line); len(f) > 1 && strings.HasPrefix(f[1], "ord_") {
					got = append(got, f[1])
				}
			}

			if strings.Join(got, " ") != strings.Join(tt.want, " ") {
				t.Errorf("%v: got %v, want %v", tt.args, got, tt.want)
			}
		}

		deadline := "needs_response by " + noon.Add(10*24*time.Hour).UTC().Format(time.RFC3339)
		for _, args := range [][]string{{"orders", "list", "--disputed"}, {"orders", "show", ids[1]}} {
			if out := p.ok(args...); !strings.Contains(out, deadline) {
				t.Errorf("%v does not show %q:\n%s", args, deadline, out)
			}
		}

		if out := p.ok("orders", "list", "--limit", "1"); !strings.Contains(out, "use --limit to list more") {
			t.Errorf("a truncated list does not say so: %s", out)
		}
	})

	t.Run("show prints everything but secrets", func(t *testing.T) {
		out := p.ok("orders", "show", ids[1])
		for _, want := range []string{"paid twice", "10.99 USD", "insufficient_funds", "pi_1", "re_1",
			"du_1", "mug"} {
			if !strings.Contains(out, want) {
				t.Errorf("the output does not contain %q:\n%s", want, out)
			}
		}

		for _, secret := range []string{"ctoken_", "_secret_"} {
			if strings.Contains(out, secret) {
				t.Errorf("it shows %q", secret)
			}
		}
	})

	t.Run("show prints the terms, list does not identify the buyer", func(t *testing.T) {
		out := strings.Join(strings.Fields(p.ok("orders", "show", held)), " ")
		for _, want := range []string{"discount SPRING -1.00 USD", "Parcel", "5.00 USD", "e-mail",
			"ada@example.com", "Ada", "1 Road", `Par\x1bis`,
			"capture before", "(soon: in 23h59m)", "subscription sub_1 active", "operation",
			"refund of 0.99 USD", "duplicate re_9"} {
			if !strings.Contains(out, want) {
				t.Errorf("the output does not contain %q:\n%s", want, out)
			}
		}

		out = p.ok("orders", "list", "--status", "authorized")
		if !strings.Contains(out, "(soon: in 23h5") || !strings.Contains(out, "payment") {
			t.Errorf("list does not warn that a hold lapses: %s", out)
		}
		if strings.Contains(out, "ada@") {
			t.Errorf("list identifies the buyer: %s", out)
		}
	})

	t.Run("errors name what is wrong", func(t *testing.T) {
		p.fails([]string{"orders"}, "use list, show, capture")
		p.fails([]string{"orders", "list", "--status", "gone"}, `"gone"`)
		p.fails([]string{"orders", "list", "--limit", "0"}, "--limit")
		p.fails([]string{"orders", "list", "--from", "yesterday"}, "yesterday")
		p.fails([]string{"orders", "list", ids[0]}, "unexpected")
		p.fails([]string{"orders", "show"}, "show needs an order")
		p.fails([]string{"orders", "show", "ord_none"}, "ord_none")
	})

	t.Run("an order has several names", func(t *testing.T) {
		for _, name := range []string{ids[1], orders.ShortID(ids[1]), "pi_1"} {
			if out := p.ok("orders", "show", name); !strings.Contains(out, ids[1]) ||
				!strings.Contains(out, orders.ShortID(ids[1])) {
				t.Errorf("show %s: %s", name, out)
			}
		}
	})

	t.Run("exit codes tell what happened", func(t *testing.T) {
		for args, want := range map[string]int{
			"":                        cli.ExitUsage,
			"order":                   cli.ExitUsage,
			"migrate now":             cli.ExitUsage,
			"orders":                  cli.ExitUsage,
			"orders list --limit 0":   cli.ExitUsage,
			"orders refund":           cli.ExitUsage,
			"orders show ord_none":    cli.ExitNotFound,
			"orders refund ord_none":  cli.ExitNotFound,
			"events show evt_none":    cli.ExitNotFound,
			"mails resend mail_none":  cli.ExitNotFound,
			"orders refund " + ids[0]: cli.ExitUsage, // there are no keys
			"orders show " + ids[0]:   0,
		} {
			if _, _, err := p.run(strings.Fields(args)...); (err != nil || want != 0) && cli.ExitCode(err) != want {
				t.Errorf("%q: got %d (%v), want %d", args, cli.ExitCode(err), err, want)
			}
		}
	})
}

// A list that is read in several pages holds every order once, newest first.
func TestLongListOfOrders(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	s := p.open()
	for i := range listPage + 3 {
		if err := s.CreateOrder(t.Context(), orders.Order{
			ID:            orders.NewID("ord_"),
			Status:        orders.Open,
			PaymentStatus: orders.Unpaid,
			Version:       1,
			Currency:      "usd",
			Amount:        int64(10_000 + i),
			Items: []orders.Item{{
				SKU:        "mug",
				Name:       "Mug",
				Quantity:   1,
				UnitAmount: int64(10_000 + i),
			}},
			Contact:   orders.Contact{Email: "ada@example.com"},
			CreatedAt: noon.Add(time.Duration(i/2) * time.Minute), // two at a time
			ExpiresAt: noon.Add(48 * time.Hour),
		}); err != nil {
			t.Fatal(err)
		}
	}

	out := p.ok("orders", "list", "--limit", "2000")
	if lines := strings.Count(out, "\n"); lines != listPage+4 || strings.Contains(out, "only the newest") {
		t.Errorf("got %d lines, want the heading and %d orders", lines, listPage+3)
	}

	for i := range listPage + 3 {
		if price := fmt.Sprintf(" %d.%02d USD ", (10_000+i)/100, i%100); strings.Count(out, price) != 1 {
			t.Errorf("the order of%sis listed %d times", price, strings.Count(out, price))
		}
	}

	limit := fmt.Sprint(listPage + 1)
	if out := p.ok("orders", "list", "--limit", limit); !strings.Contains(out, "only the newest "+limit) ||
		strings.Count(out, "\n") != listPage+3 {
		t.Errorf("got %d lines with --limit %s, and: %.80s", strings.Count(out, "\n"), limit, out[len(out)-80:])
	}

	// Programs get objects alone, and people are told beside them.
	for args, want := range map[string]string{
		"orders list --json --limit 3":                        "only the newest 3 are shown",
		fmt.Sprint("orders list --json --limit ", listPage+3): "",
		"orders show ada@example.com --json":                  "only the newest 20 orders of ada@example.com",
	} {
		out, log, err := p.run(strings.Fields(args)...)
		wantObjects(t, strings.Fields(args), out)

		if err != nil || !strings.Contains(log, want) || want == "" && strings.Contains(log, "only the newest") {
			t.Errorf("%s: %v, told %q, want %q", args, err, log, want)
		}
	}
}

// heldOrder creates the oldest order. It has every term, and a hold that lapses
// within a day.
func (p *program) heldOrder(s *store.Store) string {
	p.Helper()
	o := orders.Order{
		ID:            orders.NewID("ord_"),
		Status:        orders.Authorized,
		PaymentStatus: orders.PaymentAuthorized,
		Version:       1,
		Mode:          orders.ModePayment,
		Currency:      "usd",
		Amount:        1499,
		CreatedAt:     noon.Add(-time.Hour),
		ExpiresAt:     noon.Add(48 * time.Hour),
		Discount:      orders.Discount{Code: "SPRING", Amount: 100},
		ShippingRate:  orders.ShippingRate{ID: "parcel", Name: "Parcel", Amount: 500},
		Contact: orders.Contact{Email: "ada@example.com", Shipping: &orders.Address{Name: "Ada",
			Address: orders.Place{Line1: "1 Road", City: "Par\x1bis", Country: "FR"}}},
	}
	if err := s.CreateOrder(p.Context(), o); err != nil {
		p.Fatal(err)
	}

	err := s.Update(p.Context(), o.ID, nil, func(st *payments.State) error {
		st.Intents = append(st.Intents, payments.Intent{
			ID:            "pi_9",
			Status:        payments.StatusRequiresCapture,
			Amount:        1499,
			Currency:      "usd",
			CaptureBefore: time.Now().Add(24 * time.Hour),
		})

		st.Subscriptions = append(st.Subscriptions,
			payments.Subscription{ID: "sub_1", Status: payments.SubscriptionActive})
		st.Operations = append(st.Operations, payments.Operation{
			ID:             "op_9",
			Kind:           payments.OperationRefund,
			Amount:         99,
			Reason:         "duplicate",
			IdempotencyKey: "checkoutd-op_9",
			State:          payments.OperationDone,
			Note:           "re_9",
		})

		return nil
	})
	if err != nil {
		p.Fatal(err)
	}

	return o.ID
}
