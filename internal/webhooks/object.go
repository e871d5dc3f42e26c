package webhooks

import (
	"cmp"
	"encoding/json"

	"checkoutd/internal/orders"
)

// object is the part of an event's object that names it and what it refers to.
// Events carry objects of every kind, so only the two names must have the type
// that is declared here.
type object struct {
	ID            string            `json:"id"`
	Kind          string            `json:"object"`
	Status        lenient[string]   `json:"status"`
	PaymentIntent reference         `json:"payment_intent"`
	Invoice       reference         `json:"invoice"`
	Subscription  reference         `json:"subscription"`
	Customer      customer          `json:"customer"`
	Metadata      lenient[metadata] `json:"metadata"`
	// Details is what an invoice repeats of its subscription. Later release
	// trains keep it, with the subscription's ID, under parent
	// (https://docs.stripe.com/changelog/basil/2025-03-31/adds-new-parent-field-to-invoicing-objects).
	Details lenient[details] `json:"subscription_details"`
	Parent  lenient[struct {
		Details lenient[details] `json:"subscription_details"`
	}] `json:"parent"`
}

type metadata map[string]string

type details struct {
	Subscription reference         `json:"subscription"`
	Metadata     lenient[metadata] `json:"metadata"`
}

// rawObject is an object together with its JSON.
type rawObject struct {
	object
	raw []byte
}

// UnmarshalJSON keeps the bytes and reads the object.
func (o *rawObject) UnmarshalJSON(data []byte) error {
	o.raw = append(o.raw[:0], data...)
	return json.Unmarshal(data, &o.object)
}

// charged returns the money that a charge has taken and not given back.
func (o *rawObject) charged() int64 {
	var ch struct {
		Paid     lenient[bool]   `json:"paid"`
		Status   lenient[string] `json:"status"`
		Captured lenient[int64]  `json:"amount_captured"`
		Refunded lenient[int64]  `json:"amount_refunded"`
	}
	if json.Unmarshal(o.raw, &ch) != nil || !ch.Paid.v || ch.Status.v != "succeeded" {
		return 0
	}
	return ch.Captured.v - ch.Refunded.v
}

// paidWith returns what a charge that took or holds money was paid with, zero
// if the object is none.
func (o *rawObject) paidWith() orders.PaymentMethod {
	var ch struct {
		Paid    lenient[bool]   `json:"paid"`
		Details json.RawMessage `json:"payment_method_details"`
	}
	if o.Kind != "charge" || json.Unmarshal(o.raw, &ch) != nil || !ch.Paid.v {
		return orders.PaymentMethod{}
	}
	return orders.MethodOf(ch.Details)
}

// givenBack reports whether the object is a charge that was refunded in full.
func (o *rawObject) givenBack() bool {
	var ch struct {
		Refunded lenient[bool] `json:"refunded"`
	}
	return o.Kind == "charge" && json.Unmarshal(o.raw, &ch) == nil && ch.Refunded.v
}

// lenient holds a T, which is zero when the JSON has another shape.
type lenient[T any] struct{ v T }

// UnmarshalJSON never fails.
func (l *lenient[T]) UnmarshalJSON(data []byte) error {
	var v T
	if json.Unmarshal(data, &v) == nil {
		l.v = v
	}
	return nil
}

// customer is the JSON of a customer member, nil if the object has none.
type customer json.RawMessage

// UnmarshalJSON keeps the bytes.
func (c *customer) UnmarshalJSON(data []byte) error {
	*c = append((*c)[:0], data...)
	return nil
}

// isNull reports whether the object has the member and no customer.
func (c customer) isNull() bool { return string(c) == "null" }

func (c customer) id() (r reference) {
	if c != nil {
		_ = r.UnmarshalJSON(c)
	}
	return r
}

// reference is the ID of another object, "" if there is none. Stripe writes the
// ID alone or the expanded object with its ID.
type reference string

// UnmarshalJSON reads both forms and never fails.
func (r *reference) UnmarshalJSON(data []byte) error {
	var id lenient[string]
	var expanded lenient[struct {
		ID string `json:"id"`
	}]
	_ = json.Unmarshal(data, &id)
	_ = json.Unmarshal(data, &expanded)

	*r = reference(cmp.Or(id.v, expanded.v.ID))
	return nil
}
