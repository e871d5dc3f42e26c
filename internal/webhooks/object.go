package webhooks

import (
	"encoding/json"

	"checkoutd/internal/orders"
	"checkoutd/internal/webhooks/envelope"
)

// charged returns the money that a charge has taken and not given back.
func charged(o *envelope.Object) int64 {
	var ch struct {
		Paid     lenient[bool]   `json:"paid"`
		Status   lenient[string] `json:"status"`
		Captured lenient[int64]  `json:"amount_captured"`
		Refunded lenient[int64]  `json:"amount_refunded"`
	}
	if json.Unmarshal(o.Raw, &ch) != nil || !ch.Paid.v || ch.Status.v != "succeeded" {
		return 0
	}
	return ch.Captured.v - ch.Refunded.v
}

// paidWith returns what a charge that took or holds money was paid with, zero
// if the object is none.
func paidWith(o *envelope.Object) orders.PaymentMethod {
	var ch struct {
		Paid    lenient[bool]   `json:"paid"`
		Details json.RawMessage `json:"payment_method_details"`
	}
	if o.Kind != "charge" || json.Unmarshal(o.Raw, &ch) != nil || !ch.Paid.v {
		return orders.PaymentMethod{}
	}
	return orders.MethodOf(ch.Details)
}

// givenBack reports whether the object is a charge that was refunded in full.
func givenBack(o *envelope.Object) bool {
	var ch struct {
		Refunded lenient[bool] `json:"refunded"`
	}
	return o.Kind == "charge" && json.Unmarshal(o.Raw, &ch) == nil && ch.Refunded.v
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
