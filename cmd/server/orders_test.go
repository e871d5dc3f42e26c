package main

import (
	"strings"
	"testing"
	"time"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

func TestOrders(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	s := p.open()
	var ids []string
	for i, status := range []orders.Status{orders.Open, orders.Review, orders.Paid} {
		o := orders.Order{ID: orders.NewID("ord_"), Status: status, PaymentStatus: orders.Unpaid, Version: 1, Currency: "usd", Amount: 1099,
			Items:     []orders.Item{{SKU: "mug", Name: "Mug", Quantity: 1, UnitAmount: 1099}},
			CreatedAt: noon.Add(time.Duration(i) * time.Hour), ExpiresAt: noon.Add(48 * time.Hour)}
		if status == orders.Review {
			o.ReviewReason = "paid twice"
		}
		if err := s.CreateOrder(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, o.ID)
	}
	err := s.Update(t.Context(), ids[1], nil, func(st *payments.State) error {
		st.Attempts = append(st.Attempts, payments.Attempt{ID: "att_1", N: 1, Token: "ctoken_secret", IdempotencyKey: "key-1", IntentID: "pi_1",
			State: payments.Failed, ErrorType: payments.TypeCard, DeclineCode: "insufficient_funds"})
		st.Intents = append(st.Intents, payments.Intent{ID: "pi_1", Status: payments.StatusSucceeded, ClientSecret: "pi_1_secret_x", Amount: 1099, Currency: "usd"})
		st.Refunds = append(st.Refunds, payments.Refund{ID: "re_1", IntentID: "pi_1", Amount: 99, Currency: "usd", Status: "pending"})
		st.Disputes = append(st.Disputes, payments.Dispute{ID: "du_1", IntentID: "pi_1", Amount: 1099, Currency: "usd", Status: "needs_response"})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Run("list is newest first, and chooses", func(t *testing.T) {
		for _, tt := range []struct {
			args []string
			want []string
		}{
			{[]string{"orders", "list"}, []string{ids[2], ids[1], ids[0]}},
			{[]string{"orders", "list", "--status", "review"}, []string{ids[1]}},
			{[]string{"orders", "list", "--from", noon.Add(time.Hour).Format(time.RFC3339), "--to", noon.Add(2 * time.Hour).Format(time.RFC3339)}, []string{ids[1]}},
			{[]string{"orders", "list", "--limit", "1"}, []string{ids[2]}},
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
		if out := p.ok("orders", "list", "--limit", "1"); !strings.Contains(out, "--limit shows more") {
			t.Errorf("a cut list does not say so: %s", out)
		}
	})
	t.Run("show tells all but what is secret", func(t *testing.T) {
		out := p.ok("orders", "show", ids[1])
		for _, want := range []string{"paid twice", "10.99 USD", "insufficient_funds", "pi_1", "re_1", "du_1", "mug"} {
			if !strings.Contains(out, want) {
				t.Errorf("it does not say %q:\n%s", want, out)
			}
		}
		for _, secret := range []string{"ctoken_", "_secret_"} {
			if strings.Contains(out, secret) {
				t.Errorf("it shows %q", secret)
			}
		}
	})
	t.Run("what is wrong is said", func(t *testing.T) {
		p.fails([]string{"orders"}, "list, show, capture")
		p.fails([]string{"orders", "list", "--status", "gone"}, `"gone"`)
		p.fails([]string{"orders", "list", "--limit", "0"}, "--limit")
		p.fails([]string{"orders", "list", "--from", "yesterday"}, "yesterday")
		p.fails([]string{"orders", "list", ids[0]}, "show")
		p.fails([]string{"orders", "show"}, "which order")
		p.fails([]string{"orders", "show", "ord_none"}, "ord_none")
	})
}
