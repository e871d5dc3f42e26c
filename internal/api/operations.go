package api

import (
	"net/http"
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/httpio"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

// OperationObject is a capture, a cancellation or a refund that the shop asked
// for.
type OperationObject struct {
	ID     string                 `json:"id"`
	Kind   payments.OperationKind `json:"kind"`
	Amount int64                  `json:"amount"` // 0 for a cancellation
	Reason *string                `json:"reason"`
	// Whether a refund gives the platform's fee back, and takes the money back
	// from the destination.
	RefundFee       bool                    `json:"refund_application_fee"`
	ReverseTransfer bool                    `json:"reverse_transfer"`
	State           payments.OperationState `json:"state"`
	Refund          *RefundObject           `json:"refund"`
	CreatedAt       time.Time               `json:"created_at"`
}

// RefundObject is the refund at Stripe that an operation led to. It may stay
// pending for days, and fail in the end.
type RefundObject struct {
	ID     string `json:"id"`
	Status string `json:"status"`
}

// amountBody is the body of a capture. Without an amount it is for all of it;
// null is refused, since a client that lost its amount sends that.
type amountBody struct {
	Amount orders.Nullable[int64] `json:"amount"` // minor units
}

// refundBody is the body of a refund. It does not embed amountBody: errors name
// a field by its path, in which encoding/json includes the embedded struct.
type refundBody struct {
	Amount orders.Nullable[int64] `json:"amount"` // minor units
	Reason *string                `json:"reason"`
	// RefundFee is nil for what the configuration says.
	RefundFee       *bool `json:"refund_application_fee"`
	ReverseTransfer bool  `json:"reverse_transfer"`
}

// ServeCapture is POST /v1/orders/{id}/capture.
func (s *Service) ServeCapture(w http.ResponseWriter, r *http.Request, c Call) error {
	var body amountBody
	if err := httpio.DecodeOptionalJSON(w, r, &body, maxBody); err != nil {
		return err
	}

	return s.operate(w, r, c, payments.OperationRequest{Kind: payments.OperationCapture}, body.Amount)
}

// ServeCancel is POST /v1/orders/{id}/cancel.
func (s *Service) ServeCancel(w http.ResponseWriter, r *http.Request, c Call) error {
	var body struct{}
	if err := httpio.DecodeOptionalJSON(w, r, &body, maxBody); err != nil {
		return err
	}

	return s.operate(w, r, c, payments.OperationRequest{Kind: payments.OperationCancel}, orders.Nullable[int64]{})
}

// ServeRefund is POST /v1/orders/{id}/refund.
func (s *Service) ServeRefund(w http.ResponseWriter, r *http.Request, c Call) error {
	var body refundBody
	if err := httpio.DecodeOptionalJSON(w, r, &body, maxBody); err != nil {
		return err
	}

	req := payments.OperationRequest{Kind: payments.OperationRefund, ReverseTransfer: body.ReverseTransfer}
	if body.RefundFee != nil {
		req.RefundFee = *body.RefundFee
	} else {
		req.UsualFee = true
	}

	if body.Reason != nil {
		req.Reason = *body.Reason
	}

	return s.operate(w, r, c, req, body.Amount)
}

// operate carries out an operation on the order that the path names. The
// operation has the ID of the call, if that has one, so that a repetition is
// the same operation.
func (s *Service) operate(
	w http.ResponseWriter, r *http.Request, c Call, req payments.OperationRequest, amount orders.Nullable[int64],
) error {
	if amount.Set {
		if amount.Value == nil || *amount.Value < 1 { // 0 would mean all of it
			return fault.InvalidField("amount", "amount_out_of_range",
				"The amount must be a whole number of minor units, at least 1. Leave it out for all of it.")
		}

		req.Amount = *amount.Value
	}

	if id, ok := c.ID("op_"); ok {
		req.ID = id
	}

	res, err := s.cfg.Operations.Do(r.Context(), r.PathValue("id"), req)
	if err != nil {
		return err
	}

	op := res.Operation
	httpio.LogFields(r.Context()).Set("order_id", op.OrderID)
	httpio.LogFields(r.Context()).Set("operation_id", op.ID)

	out := s.render(&res.State.Order)
	out.Operation = RenderOperation(res)

	return httpio.WriteJSON(w, http.StatusOK, out)
}

// RenderOperation returns what an operation did.
func RenderOperation(res payments.Result) *OperationObject {
	op := res.Operation
	out := &OperationObject{
		ID:     op.ID,
		Kind:   op.Kind,
		Amount: op.Amount,
		Reason: optional(op.Reason),

		RefundFee:       op.RefundFee,
		ReverseTransfer: op.ReverseTransfer,

		State:     op.State,
		CreatedAt: op.CreatedAt.UTC(),
	}

	if re := res.Refund(); re != nil {
		out.Refund = &RefundObject{re.ID, re.Status}
	}

	return out
}
