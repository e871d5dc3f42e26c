package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"checkoutd/internal/app"
	"checkoutd/internal/fault"
	"checkoutd/internal/money"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

// operate captures, cancels or refunds an order.
func operate(ctx context.Context, books *app.OrderReader, q orderQuery, e env) error {
	id := q.ids[0]
	st, err := books.Order(ctx, id)
	if err != nil {
		return fmt.Errorf("%s: %w", id, told(err))
	}
	var minor int64 // all of it
	if q.amount != "" {
		if minor, err = money.Parse(q.amount, st.Order.Currency); err != nil {
			return fmt.Errorf("--amount: %w", err)
		}
		if minor == 0 {
			return errors.New("--amount must be more than 0")
		}
	}
	ops, err := openOperations(ctx, books, e)
	if err != nil {
		return err
	}
	res, err := ask(ctx, ops, q, id, minor)
	if res.Earlier != nil {
		tellEarlier(e.out, res, st.Order.Currency)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", id, told(err))
	}
	return tellResult(e.out, res)
}

func ask(ctx context.Context, ops *payments.Operations, q orderQuery, id string, minor int64) (payments.Result, error) {
	switch q.sub {
	case "capture":
		return ops.Capture(ctx, id, minor)
	case "cancel":
		return ops.CancelOrder(ctx, id)
	default:
		return ops.Refund(ctx, id, minor, q.reason)
	}
}

// openOperations loads the configuration with which the orders of the books are paid.
func openOperations(ctx context.Context, books *app.OrderReader, e env) (*payments.Operations, error) {
	mode, err := books.Mode(ctx)
	if err != nil {
		return nil, err
	}
	cfg, log, err := load(mode, e)
	if err != nil {
		return nil, err
	}
	return books.Operations(ctx, cfg, versionText(), log, time.Now)
}

// told gives an error its public sentence, with the cause.
func told(err error) error {
	if errors.Is(err, orders.ErrNotFound) { // its sentence is a buyer's
		return errors.New("there is no such order")
	}
	var f *fault.Error
	if !errors.As(err, &f) {
		return err
	}
	if cause := errors.Unwrap(f); cause != nil {
		return fmt.Errorf("%s (%w)", f.Message, cause)
	}
	return errors.New(f.Message)
}

// tellEarlier says what was found out before anything else was done.
func tellEarlier(out io.Writer, res payments.Result, currency string) {
	op := *res.Earlier
	became := "what became of it is not known yet"
	switch op.State {
	case payments.OperationDone:
		became = "it is done"
	case payments.OperationFailed:
		became = "it failed: " + op.Note
	}
	_, _ = fmt.Fprintf(out, "found out first: %s, asked for at %s: %s\n", describe(op, currency), when(op.CreatedAt), became)
	if op.ID == res.Operation.ID {
		_, _ = fmt.Fprintln(out, "that was the same wish, so nothing else was asked of Stripe")
	}
}

// describe names an operation.
func describe(op payments.Operation, currency string) string {
	if op.Kind == payments.OperationCancel {
		return string(op.Kind)
	}
	return fmt.Sprintf("%s of %s", op.Kind, amount(op.Amount, currency))
}

// tellResult says what was done, and the order's new state. A refund that Stripe took on
// and that failed at once is an error.
func tellResult(out io.Writer, res payments.Result) error {
	o := res.State.Order
	switch res.Operation.Kind {
	case payments.OperationCapture:
		_, _ = fmt.Fprintf(out, "captured %s", amount(res.Operation.Amount, o.Currency))
		if rest := o.Amount - res.Operation.Amount; rest > 0 {
			_, _ = fmt.Fprintf(out, "; %s released", amount(rest, o.Currency))
		}
		_, _ = fmt.Fprintln(out)
	case payments.OperationCancel:
		_, _ = fmt.Fprintln(out, "canceled")
	case payments.OperationRefund:
		if err := tellRefund(out, res); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(out, "order %s: %s, payment %s; captured %s, refunded %s of %s\n", o.ID, o.Status, o.PaymentStatus,
		money.Decimal(o.Captured, o.Currency), money.Decimal(o.Refunded, o.Currency), amount(o.Amount, o.Currency))
	return err
}

func tellRefund(out io.Writer, res payments.Result) error {
	re := res.Refund()
	if re == nil {
		return fmt.Errorf("the refund of operation %s is not known", res.Operation.ID)
	}
	_, _ = fmt.Fprintf(out, "refund %s of %s: %s\n", re.ID, amount(re.Amount, re.Currency), re.Status)
	switch re.Status {
	case "failed", "canceled":
		return fmt.Errorf("the refund %s; the money is still the shop's, and can be refunded again", re.Status)
	case "pending":
		_, _ = fmt.Fprintln(out, "the money is on its way back; if that fails, the order will show it")
	case "requires_action":
		_, _ = fmt.Fprintln(out, "the buyer has to say where the money shall go; Stripe asks by e-mail")
	}
	return nil
}
