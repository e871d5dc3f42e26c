package webhooks

import (
	"cmp"
	"encoding/json"

	"checkoutd/internal/payments"
)

// related is how an event's object names itself and what it hangs on. Events are about
// objects of every kind, so nothing but the id and the name of the kind must be as here.
type related struct {
	ID            string            `json:"id"`
	Object        string            `json:"object"`
	PaymentIntent reference         `json:"payment_intent"`
	Invoice       reference         `json:"invoice"`
	Subscription  reference         `json:"subscription"`
	Metadata      lenient[metadata] `json:"metadata"`
	// Details is what an invoice repeats of its subscription. Later release trains keep it,
	// with the subscription itself, under parent
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

// lenient is zero when the JSON is of another shape.
type lenient[T any] struct{ v T }

// UnmarshalJSON never fails.
func (l *lenient[T]) UnmarshalJSON(data []byte) error {
	var v T
	if json.Unmarshal(data, &v) == nil {
		l.v = v
	}
	return nil
}

// reference is the id of another object, "" if there is none. In an event the id stands
// alone or, expanded, in the object.
type reference string

// UnmarshalJSON takes both forms and never fails.
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

// ref says how the object points to an order. A subscription and its invoices point
// with the subscription; anything else with the intent that it is or hangs on.
func (o *related) ref() payments.Ref {
	r := payments.Ref{MetadataOrder: o.Metadata.v[payments.MetaOrder]}
	switch o.Object {
	case "payment_intent", "setup_intent":
		r.IntentID, r.InvoiceID = o.ID, string(o.Invoice)
	case "subscription":
		r.SubscriptionID = o.ID
	case "invoice":
		own, parent := o.Details.v, o.Parent.v.Details.v
		r.SubscriptionID = string(cmp.Or(o.Subscription, parent.Subscription))
		r.MetadataOrder = cmp.Or(own.Metadata.v[payments.MetaOrder], parent.Metadata.v[payments.MetaOrder])
	default:
		r.IntentID, r.InvoiceID = string(o.PaymentIntent), string(o.Invoice)
	}
	return r
}

func (o *related) group() string {
	r := o.ref()
	return cmp.Or(r.IntentID, r.SubscriptionID, o.ID)
}
