package stripeapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"

	"github.com/stripe/stripe-go/v81"
	"golang.org/x/sync/errgroup"

	"checkoutd/internal/idempotency"
	"checkoutd/internal/orders"
)

// The prefixes of the IDs of the products that we create. The item's SKU
// follows, or what productOf makes of the name.
const (
	productPrefix    = "checkoutd_"
	ownProductPrefix = "checkoutd-"
)

// productOf returns the ID of an item's product. What the catalog does not have
// (an item of the shop's own, the shipping) has a product for each name: Stripe
// bills no item without one, and its invoices show the product's name.
func productOf(item orders.Item) string {
	if !item.Own {
		return productPrefix + item.SKU
	}
	sum := sha256.Sum256([]byte(item.NameAtStripe()))
	return ownProductPrefix + hex.EncodeToString(sum[:12])
}

// productIn names a product in an account.
type productIn struct{ account, id string }

// maxParallel bounds the requests of one call that run at the same time.
const maxParallel = 4

func (c *Client) ensureProducts(ctx context.Context, items []orders.Item, key string) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(maxParallel)
	for i, item := range items {
		g.Go(func() error { return c.ensureProduct(ctx, item, key, i) })
	}
	return g.Wait()
}

// ensureProduct creates the product of an item unless it exists. One that was
// archived at Stripe is made active again: the shop sells it, and Stripe
// accepts no new subscription to it. Prices are not kept at Stripe: each
// subscription carries those of its order.
func (c *Client) ensureProduct(ctx context.Context, item orders.Item, attemptKey string, n int) error {
	id := productOf(item)
	if _, known := c.shared.products.Load(productIn{c.account, id}); known {
		return nil
	}

	get := &stripe.ProductParams{}
	get.Context = ctx

	found, err := c.api.Products.Get(id, get)

	if err == nil && !found.Active && !found.Deleted {
		params := &stripe.ProductParams{Active: stripe.Bool(true)}
		post(ctx, &params.Params, idempotency.ActivateStep(attemptKey, n))
		_, err = c.api.Products.Update(id, params)
	}

	var e *stripe.Error
	if err == nil {
		c.shared.products.Store(productIn{c.account, id}, true)
	}

	if err == nil || !errors.As(err, &e) || e.HTTPStatusCode != http.StatusNotFound {
		return callError(err)
	}

	params := &stripe.ProductParams{
		ID:   stripe.String(id),
		Name: stripe.String(item.NameAtStripe()),
	}

	post(ctx, &params.Params, idempotency.ProductStep(attemptKey, n))

	_, err = c.api.Products.New(params)
	if errors.As(err, &e) && e.Code == stripe.ErrorCodeResourceAlreadyExists { // another order was faster
		return nil
	}

	return callError(err)
}
