package billing

import (
	"net/http"
	"time"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/payments"
	"checkoutd/internal/sandbox/wire"
)

// readCustomerDiscount sets or removes the discount of a customer that is not
// stored yet, as the request's coupon or promotion code says. See
// https://docs.stripe.com/api/customers/update?api-version=2025-02-24.acacia.
func (c *call) readCustomerDiscount(cus *payments.Customer) error {
	p := c.Params
	if p.Unset("coupon") || p.Unset("promotion_code") {
		c.dropCustomerDiscount(cus)
		return nil
	}

	if p.String("coupon") == "" && p.String("promotion_code") == "" {
		return nil
	}

	coupon, code, err := c.couponOf(p, cus.ID, nil)
	if err != nil {
		return err
	}

	event := "customer.discount.created"
	if cus.Discount != nil {
		event = "customer.discount.updated"
	}

	rec := c.newDiscount(coupon, code, cus.ID, nil)
	c.Tx.Put(rec)
	cus.Discount = rec
	c.Emit(event, rec)
	scheduleDiscountEnd(c.onSchedule, cus)

	return nil
}

// dropCustomerDiscount removes the discount of a customer that is not stored
// yet.
func (c *call) dropCustomerDiscount(cus *payments.Customer) {
	if cus.Discount == nil {
		return
	}

	c.Emit("customer.discount.deleted", cus.Discount)
	cus.Discount = nil
}

// customerDiscount returns the discount that a customer's invoices inherit at a
// time, in Unix seconds.
func (c *call) customerDiscount(cus *payments.Customer, t int64) []*api.Record {
	if cus.Discount == nil || discountEnded(cus.Discount, t) {
		return nil
	}

	// The discount on its own has all that the customer's copy of it lacks
	// after a restart.
	if rec, ok := memory.Find[*api.Record](c.Tx, cus.Discount.ID); ok {
		return []*api.Record{rec}
	}
	return []*api.Record{cus.Discount}
}

// discountsOn returns the discounts of a draft.
func (c *call) discountsOn(inv *Invoice) []*api.Record {
	var out []*api.Record
	for _, id := range inv.Discounts {
		if rec, ok := memory.Find[*api.Record](c.Tx, id); ok {
			out = append(out, rec)
		}
	}
	return out
}

// useUpDiscount removes a customer's discount for one invoice after an invoice
// that it has made cheaper was finalized.
func (c *call) useUpDiscount(inv *Invoice) {
	cus, ok := memory.Find[*payments.Customer](c.Tx, inv.Customer)
	if !ok || cus.Discount == nil || len(inv.Discounts) != 1 || inv.Discounts[0] != cus.Discount.ID {
		return
	}

	coupon, _ := cus.Discount.Fields["coupon"].(map[string]any)
	if coupon["duration"] == "once" && inv.TotalDiscountAmounts[0].Amount > 0 {
		c.endCustomerDiscount(cus)
	}
}

// endCustomerDiscount stores a customer without its discount.
func (c *call) endCustomerDiscount(cus *payments.Customer) {
	next := *cus
	c.dropCustomerDiscount(&next)
	c.Tx.Put(&next)
	c.EmitUpdate("customer.updated", &next, cus)
}

// scheduleDiscountEnd schedules the end of a customer's discount. It does
// nothing if the customer has another one by then.
func scheduleDiscountEnd(schedule scheduler, cus *payments.Customer) {
	if cus.Discount == nil || cus.Discount.Fields["end"] == nil {
		return
	}

	id, discount, end := cus.ID, cus.Discount.ID, api.WholeNumber(cus.Discount.Fields["end"])
	schedule(id, time.Unix(end, 0), func(c *call) error {
		current, ok := memory.Find[*payments.Customer](c.Tx, id)
		if ok && current.Discount != nil && current.Discount.ID == discount {
			c.endCustomerDiscount(current)
		}
		return nil
	})
}

// deleteCustomerDiscount handles DELETE /v1/customers/{id}/discount:
// https://docs.stripe.com/api/discounts/delete.
func deleteCustomerDiscount(c *call) (any, error) {
	cus, err := api.PathObject[*payments.Customer](c.API(), api.KindCustomer)
	if err != nil {
		return nil, err
	}

	if cus.Discount == nil {
		return nil, noDiscount(api.KindCustomer, cus.ID)
	}

	deleted := deletedDiscount(cus.Discount)
	c.endCustomerDiscount(cus)

	return deleted, nil
}

// deleteSubDiscount handles DELETE /v1/subscriptions/{id}/discount:
// https://docs.stripe.com/api/discounts/subscription_delete.
func deleteSubDiscount(c *call) (any, error) {
	prev, err := api.PathObject[*Subscription](c.API(), api.KindSubscription)
	if err != nil {
		return nil, err
	}
	if prev.Discount == nil {
		return nil, noDiscount(api.KindSubscription, prev.ID)
	}

	next := *prev
	next.Discounts, next.Discount = []string{}, nil
	c.putSubscription(&next)
	c.Emit("customer.discount.deleted", prev.Discount)
	c.EmitUpdate("customer.subscription.updated", &next, prev)

	return deletedDiscount(prev.Discount), nil
}

// noDiscount is the error for the discount of something that has none.
func noDiscount(kind, id string) error {
	e := wire.Invalid("resource_missing", "", "No active discount for %s: %s", kind, id)
	e.Status = http.StatusNotFound
	return e
}

// deletedDiscount returns a discount as it is shown once it is deleted.
func deletedDiscount(rec *api.Record) *api.Record {
	deleted := rec.With(map[string]any{"deleted": true})
	delete(deleted.Fields, "end")
	return deleted
}
