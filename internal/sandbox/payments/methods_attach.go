package payments

import (
	"errors"
	"net/http"

	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/wire"
)

func attachMethod(c *Call) (any, error) {
	cus := c.Params.String("customer")
	if cus == "" {
		return nil, wire.MissingParam("customer")
	}

	pm, err := c.attach(c.ID, cus)
	if err != nil {
		return nil, pathError(err)
	}

	return pm, nil
}

// attach attaches a payment method to a customer, which is when the issuer may
// decline the card.
func (c *Call) attach(id, customer string) (*PaymentMethod, error) {
	cus, err := c.customer(customer, "customer")
	if err != nil {
		return nil, err
	}

	if pm, ok := memory.Find[*PaymentMethod](c.Tx, id); ok && pm.Customer != nil && *pm.Customer != cus.ID {
		return nil, wire.Invalid("", "", "The payment method you provided has already been attached to a customer.")
	}

	pm, err := c.Usable(id, cus.ID, "payment_method")
	if err != nil {
		return nil, err
	}
	if pm.Customer != nil {
		return pm, nil
	}

	// Cards that ask for authentication are declined when they pay, not here.
	if cd := pm.testCard(); cd != nil && cd.Code != "" && !cd.Attaches && cd.Auth == "" {
		return nil, declineOnFile(cd.Declines())
	}

	return c.attachTo(pm, cus.ID), nil
}

// pathError returns err with the status 404 if it is about an unknown payment
// method in the path.
func pathError(err error) error {
	var e *wire.Error
	if errors.As(err, &e) && e.Code == "resource_missing" && wire.Deref(e.Param) == "payment_method" {
		e.Status = http.StatusNotFound
	}
	return err
}

// attachTo makes the customer the owner of a payment method and emits
// payment_method.attached. It returns what it stored.
func (c *Call) attachTo(pm *PaymentMethod, customer string) *PaymentMethod {
	next := pm.check()
	next.Customer = &customer
	next.private.Ready = true

	c.Tx.Put(next)
	c.Emit("payment_method.attached", next)
	return next
}

func detachMethod(c *Call) (any, error) {
	pm, err := c.pathMethod()
	if err != nil {
		return nil, err
	}

	if pm.Customer == nil {
		return nil, wire.Invalid(
			"", "",
			"The payment method you provided is not attached to a customer so detachment is "+
				"impossible.",
		)
	}

	return c.detach(pm), nil
}

// detach takes a payment method from its customer, after which it cannot be
// used again. It returns what it stored.
func (c *Call) detach(pm *PaymentMethod) *PaymentMethod {
	next := *pm
	next.Customer = nil
	next.private.Detached = true

	c.Tx.Put(&next)
	c.EmitUpdate("payment_method.detached", &next, pm)
	c.forgetMethod(*pm.Customer, pm.ID)

	return &next
}
