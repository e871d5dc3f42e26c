package main

import (
	"checkoutd/internal/api"
	"checkoutd/internal/cli"
	"checkoutd/internal/payments"
)

// shownOrder is an order as `orders show --json` prints it. Secrets of clients
// and tokens are not in it.
type shownOrder struct {
	api.OrderObject

	Attempts        []cli.Object `json:"attempts"`
	Intents         []cli.Object `json:"intents"`
	Subscriptions   []cli.Object `json:"subscriptions"`
	Refunds         []cli.Object `json:"refunds"`
	Disputes        []cli.Object `json:"disputes"`
	ForeignPayments []cli.Object `json:"foreign_payments"`
	Operations      []cli.Object `json:"operations"`
}

func orderObject(st *payments.State, links api.Links) shownOrder {
	return shownOrder{
		OrderObject: api.Render(&st.Order, links),
		Attempts: objects(st.Attempts, func(a payments.Attempt) cli.Object {
			return cli.Object{
				"id": a.ID, "number": a.N, "state": a.State, "intent": a.IntentID, "verdict": a.Verdict, "created": a.CreatedAt,
				"error_type": a.ErrorType, "error_code": a.ErrorCode, "decline_code": a.DeclineCode,
			}
		}),
		Intents: objects(st.Intents, func(in payments.Intent) cli.Object {
			return cli.Object{
				"id": in.ID, "status": string(in.Status), "amount": in.Amount, "captured": in.Captured, "currency": in.Currency,
				"capture_before": in.CaptureBefore, "subscription": in.SubscriptionID, "renewal": in.Renewal,
				"paid_out_of_band": in.PaidOutOfBand, "created": in.CreatedAt,
			}
		}),
		Subscriptions: objects(st.Subscriptions, func(s payments.Subscription) cli.Object {
			return cli.Object{
				"id": s.ID, "status": string(s.Status), "period_end": s.PeriodEnd, "ends_at": s.EndsAt,
				"cancel_at_period_end": s.CancelAtPeriodEnd,
			}
		}),
		Refunds: objects(st.Refunds, func(re payments.Refund) cli.Object {
			return cli.Object{
				"id": re.ID, "status": re.Status, "amount": re.Amount, "currency": re.Currency, "reason": re.Reason,
				"intent": re.IntentID, "operation": re.OperationID, "created": re.CreatedAt,
			}
		}),
		Disputes: objects(st.Disputes, func(d payments.Dispute) cli.Object {
			return cli.Object{
				"id": d.ID, "status": d.Status, "amount": d.Amount, "currency": d.Currency, "reason": d.Reason,
				"intent": d.IntentID, "evidence_due_by": d.EvidenceDueBy, "created": d.CreatedAt,
			}
		}),
		ForeignPayments: objects(st.ForeignPayments, func(f payments.ForeignPayment) cli.Object {
			return cli.Object{
				"intent": f.IntentID, "status": string(f.Status), "amount": f.Amount, "currency": f.Currency,
				"adopted": f.Adopted, "open": f.Open(), "created": f.CreatedAt,
			}
		}),
		Operations: objects(st.Operations, func(op payments.Operation) cli.Object {
			return cli.Object{
				"id": op.ID, "kind": op.Kind, "state": op.State, "amount": op.Amount, "reason": op.Reason, "note": op.Note,
				"intent": op.IntentID, "created": op.CreatedAt,
			}
		}),
	}
}

// objects renders a list, which is empty and not null without elements.
func objects[T any](list []T, render func(T) cli.Object) []cli.Object {
	out := make([]cli.Object, 0, len(list))
	for _, v := range list {
		out = append(out, render(v))
	}
	return out
}
