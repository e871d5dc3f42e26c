package orders_test

import (
	"testing"
	"time"

	"checkoutd/internal/orders"
)

// A request sees the catalog with which it began; an order has the prices of
// the replica that made it until it is changed.
func TestTheCatalogIsReplaced(t *testing.T) {
	t.Parallel()
	parse := func(text string) *orders.Catalog {
		c, err := orders.ParseCatalog([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}

	former := parse(`{"currency":"usd","products":[
		{"sku":"mug","name":"Mug","price":"18.00"},
		{"sku":"hat","name":"Hat","price":"5.00"}]}`)
	next := parse(`{"currency":"usd","products":[{"sku":"mug","name":"Cup","price":"20.00"}]}`)
	current := former
	svc := orders.New(orders.Config{
		Store:        &memory{list: map[string]orders.Order{}},
		Catalog:      func() *orders.Catalog { return current },
		Now:          func() time.Time { return start },
		ExpiresAfter: time.Hour,
	})

	o, _, err := svc.Create(t.Context(), orders.Cart{Items: wanted("mug", 1, "hat", 1)})
	if err != nil {
		t.Fatal(err)
	}

	began := orders.WithCatalog(t.Context(), svc.Catalog(t.Context()))
	current = next

	email, hat, mug := "a@shop.example", wanted("hat", 1), wanted("mug", 1)
	o, err = svc.Change(t.Context(), o.ID, orders.Change{Email: &email})
	if err != nil || o.Amount != 2300 || o.Version != 1 {
		t.Errorf("after an address: %d in version %d, %v; want 2300 in version 1", o.Amount, o.Version, err)
	}
	if o, err = svc.Change(began, o.ID, orders.Change{Items: &hat}); err != nil || o.Amount != 500 {
		t.Errorf("a request that had begun: %d, %v; want 500", o.Amount, err)
	}
	if _, err = svc.Change(t.Context(), o.ID, orders.Change{Items: &hat}); err == nil {
		t.Error("a product that is gone was sold")
	}
	o, err = svc.Change(t.Context(), o.ID, orders.Change{Items: &mug})
	if err != nil || o.Amount != 2000 || o.Items[0].Name != "Cup" {
		t.Errorf("a new request: %d for %+v, %v; want 2000 for a cup", o.Amount, o.Items, err)
	}
}
