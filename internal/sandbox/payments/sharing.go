package payments

import (
	"cmp"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/testcards"
	"checkoutd/internal/sandbox/wire"
)

// shareMethod copies a payment method of the platform to the connected account
// that the call is for. See
// https://docs.stripe.com/connect/cloning-saved-payment-methods.
func (c *Call) shareMethod() (any, error) {
	if c.Account == api.PlatformAccount {
		return nil, wire.Invalid("", "payment_method",
			"You can only share a PaymentMethod with a connected account: send the Stripe-Account header.")
	}

	id, customer := c.Params.String("payment_method"), c.Params.String("customer")
	obj, _ := c.Server.Store.Get(api.PlatformAccount, id)
	pm, ok := obj.(*PaymentMethod)

	owner := ""
	if ok {
		owner = wire.Deref(pm.Customer)
	}

	switch {
	case !ok:
		return nil, wire.NoSuch("PaymentMethod", "payment_method", id)
	case owner != customer && customer != "":
		return nil, wire.Invalid("", "payment_method",
			"The customer %s does not own the PaymentMethod %s.", customer, id)
	case owner != customer:
		return nil, wire.Invalid("", "payment_method",
			"The PaymentMethod %s does belong to the Customer %s. Please include the Customer in the `customer` "+
				"parameter.", id, owner)
	case pm.private.Detached || pm.spent(""):
		return nil, wire.Invalid("", "", spentSentence)
	}

	// Without a customer, a method can be shared once and then not be used.
	if owner == "" {
		c.Elsewhere(api.PlatformAccount, func(c *Call) {
			if pm, ok := memory.Find[*PaymentMethod](c.Tx, id); ok {
				used := *pm
				used.private.Consumed = true
				c.Tx.Put(&used)
			}
		})
	}

	next := *pm
	next.ID, next.Customer, next.Created = wire.NewID("pm"), nil, c.Now.Unix()
	next.Metadata = wire.MergeMetadata(nil, c.Params)
	next.private.Ready = false
	c.Tx.Put(&next)

	return &next, nil
}

// shareCard creates a token of a card that the platform's customer has, which a
// connected account can use. See
// https://docs.stripe.com/connect/cloning-saved-payment-methods.
func (c *Call) shareCard(customer, card string) (any, error) {
	cus, ok := shared[*Customer](c, customer)
	if !ok {
		return nil, wire.NoSuch(api.KindCustomer, "customer", customer)
	}

	id := cmp.Or(card, wire.Deref(cus.DefaultSource))
	src, ok := shared[*Source](c, id)
	if !ok || wire.Deref(src.Customer) != cus.ID {
		return nil, wire.NoSuch("source", "card", id)
	}

	cd := testcards.Cards()[src.private.Card]
	if cd == nil {
		return nil, wire.NoSuch("source", "card", id)
	}

	copied := *src
	copied.ID, copied.Customer = wire.NewID("card"), nil
	return c.tokenOfCard(&copied, cd, nil)
}

// shared returns an object of the call's account, or else of the platform,
// which shares what its customers have saved with its connected accounts.
func shared[T memory.Object](c *Call, id string) (T, bool) {
	if obj, ok := memory.Find[T](c.Tx, id); ok {
		return obj, true
	}

	obj, _ := c.Server.Store.Get(api.PlatformAccount, id)
	typed, ok := obj.(T)
	return typed, ok
}
