package orders_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"checkoutd/internal/orders"
)

func TestTransitions(t *testing.T) {
	t.Parallel()
	all := []orders.Status{orders.Open, orders.Authorized, orders.Paid, orders.Review, orders.Expired, orders.Canceled}
	want := map[orders.Status][]orders.Status{
		orders.Open:       {orders.Authorized, orders.Paid, orders.Review, orders.Expired, orders.Canceled},
		orders.Authorized: {orders.Open, orders.Paid, orders.Review, orders.Canceled},
		orders.Paid:       {orders.Review}, // it never goes back
		orders.Expired:    {orders.Review},
		orders.Canceled:   {orders.Review},
		orders.Review:     nil, // a person decides
	}

	for _, from := range all {
		for _, to := range all {
			if got := from.CanBecome(to); got != slices.Contains(want[from], to) {
				t.Errorf("%s can become %s: %t, want %t", from, to, got, !got)
			}
		}

		if from.CanBecome("no such status") || orders.Status("no such status").CanBecome(from) {
			t.Errorf("%s knows a status that there is not", from)
		}
	}
}

func TestIsExpired(t *testing.T) {
	t.Parallel()
	end := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		status orders.Status
		now    time.Time
		want   bool
	}{
		{orders.Open, end.Add(-1), false},
		{orders.Open, end, true},
		{orders.Expired, end.Add(-1), true},
		{orders.Paid, end.Add(time.Hour), false},
		{orders.Authorized, end.Add(time.Hour), false},
		{orders.Review, end.Add(time.Hour), false},
	} {
		o := orders.Order{Status: tt.status, ExpiresAt: end}
		if got := o.IsExpired(tt.now); got != tt.want {
			t.Errorf("%s at %s: expired %t, want %t", tt.status, tt.now, got, tt.want)
		}
	}
}

func TestToken(t *testing.T) {
	t.Parallel()
	o := orders.Order{TokenHash: orders.HashToken("token")}
	if bytes.Contains(o.TokenHash, []byte("token")) || len(o.TokenHash) != 32 {
		t.Errorf("the token is kept as %q", o.TokenHash)
	}

	for token, want := range map[string]bool{
		"token":             true,
		"Token":             false,
		"":                  false,
		"token ":            false,
		string(o.TokenHash): false,
	} {
		if got := o.OpenedBy(token); got != want {
			t.Errorf("%q opens it: %t, want %t", token, got, want)
		}
	}

	none := orders.Order{}
	if none.OpenedBy("") {
		t.Error("an order without a token is opened by none")
	}
}

func TestNewIDIsUnguessableAndPlain(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 1000 {
		id := orders.NewID("ord_")
		if len(id) != 30 || id[:4] != "ord_" || seen[id] {
			t.Fatalf("%q has not 26 characters after its prefix, or came before", id)
		}

		for _, c := range id[4:] {
			if (c < 'a' || c > 'z') && (c < '2' || c > '7') {
				t.Fatalf("%q is not lower-case base32", id)
			}
		}

		seen[id] = true
	}
}
