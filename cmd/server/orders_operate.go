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
func operate(ctx context.Context, reader *app.OrderReader, q orderQuery, e env) error {
	id := q.ids[0]
	st, err := reader.Order(ctx, id)
	if err != nil {
		return fmt.Errorf("%s: %w", id, publicError(err))
	}

	minor, err := parseAmount(q.amount, st.Order.Currency)
	if err != nil {
		return err
	}

	ops, err := openOperations(ctx, reader, e)
	if err != nil {
		return err
	}

	// An earlier operation was resolved even if the requested one fails.
	res, err := request(ctx, ops, q, id, minor)
	if res.Earlier != nil {
		printEarlier(e.out, res, st.Order.Currency)
	}

	if err != nil {
		return fmt.Errorf("%s: %w", id, publicError(err))
	}

	return printResult(e.out, res)
}

// adopt makes an intent at Stripe the order's.
func adopt(ctx context.Context, reader *app.OrderReader, q orderQuery, e env) error {
	id := q.ids[0]
	ops, err := openOperations(ctx, reader, e)
	if err != nil {
		return err
	}

	st, err := ops.Adopt(ctx, id, q.intent)
	if err != nil {
		return fmt.Errorf("%s: %w", id, publicError(err))
	}

	o := st.Order
	_, err = fmt.Fprintf(e.out, "adopted %s\norder %s: %s, payment %s\n", q.intent, o.ID, o.Status, o.PaymentStatus)
	return err
}

// parseAmount parses the value of --amount. It returns 0, the whole amount, if
// the flag was not given.
func parseAmount(text, currency string) (minor int64, err error) {
	if text == "" {
		return 0, nil
	}

	minor, err = money.Parse(text, currency)
	if err != nil {
		return 0, fmt.Errorf("--amount: %w", err)
	}
	if minor == 0 {
		return 0, errors.New("--amount must be more than 0")
	}

	return minor, nil
}

// request performs the operation that q names. minor is its amount, 0 for all.
func request(
	ctx context.Context,
	ops *payments.Operations,
	q orderQuery,
	id string,
	minor int64,
) (payments.Result, error) {
	switch q.sub {
	case "capture":
		return ops.Capture(ctx, id, minor)
	case "cancel":
		return ops.CancelOrder(ctx, id)
	default:
		return ops.Do(ctx, id, payments.OperationRequest{
			Kind:            payments.OperationRefund,
			Amount:          minor,
			Reason:          q.reason,
			RefundFee:       q.fee == "refund",
			UsualFee:        q.fee == "",
			ReverseTransfer: q.back,
		})
	}
}

// openOperations returns the operations on the orders of reader. It loads the
// configuration of the server that takes their payments.
func openOperations(ctx context.Context, reader *app.OrderReader, e env) (*payments.Operations, error) {
	mode, err := reader.Mode(ctx)
	if err != nil {
		return nil, err
	}

	cfg, log, err := load(mode, e)
	if err != nil {
		return nil, err
	}

	return reader.Operations(ctx, cfg, versionText(), log, time.Now)
}

// publicError returns an error with the public sentence of err and its cause,
// and with the exit code of its kind.
func publicError(err error) error {
	if errors.Is(err, orders.ErrNotFound) { // its own sentence is for buyers
		return withExitCode(exitNotFound, errors.New("there is no such order"))
	}

	var f *fault.Error
	if !errors.As(err, &f) {
		return err
	}

	text := errors.New(f.Message)
	if cause := errors.Unwrap(f); cause != nil {
		text = fmt.Errorf("%s (%w)", f.Message, cause)
	}

	return withExitCode(exitCodeOf(f), text)
}

// printEarlier prints the outcome of an operation that an earlier command had
// left open.
func printEarlier(out io.Writer, res payments.Result, currency string) {
	op := *res.Earlier

	outcome := "its outcome is not known yet"
	switch op.State {
	case payments.OperationDone:
		outcome = "it succeeded"
	case payments.OperationFailed:
		outcome = "it failed: " + op.Note
	}

	_, _ = fmt.Fprintf(out, "pending since %s: %s; %s\n", formatTime(op.CreatedAt), describe(op, currency), outcome)
	if op.ID == res.Operation.ID {
		_, _ = fmt.Fprintln(out, "this was the same request, so nothing else was sent to Stripe")
	}
}

// describe returns the kind and the amount of an operation.
func describe(op payments.Operation, currency string) string {
	if op.Kind == payments.OperationCancel {
		return string(op.Kind)
	}
	return fmt.Sprintf("%s of %s", op.Kind, amount(op.Amount, currency))
}

// printResult prints what was done, and the order's new state. It returns an
// error for a refund that Stripe accepted but that failed at once.
func printResult(out io.Writer, res payments.Result) error {
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
		if err := printRefund(out, res); err != nil {
			return err
		}
	}

	_, err := fmt.Fprintf(out, "order %s: %s, payment %s; captured %s, refunded %s of %s\n",
		o.ID, o.Status, o.PaymentStatus,
		money.Decimal(o.Captured, o.Currency),
		money.Decimal(o.Refunded, o.Currency),
		amount(o.Amount, o.Currency))

	return err
}

// printRefund prints the state of the refund that the operation led to.
func printRefund(out io.Writer, res payments.Result) error {
	re := res.Refund()
	if re == nil {
		return fmt.Errorf("the order has no refund of operation %s", res.Operation.ID)
	}

	_, _ = fmt.Fprintf(out, "refund %s of %s: %s\n", re.ID, amount(re.Amount, re.Currency), re.Status)
	switch re.Status {
	case "failed":
		return errors.New("the refund failed: the shop still has the money and can refund it again")
	case "canceled":
		return errors.New("the refund was canceled: the shop still has the money and can refund it again")
	case "pending":
		_, _ = fmt.Fprintln(out, "the money is on its way to the buyer; if the refund fails, the order will show it")
	case "requires_action":
		_, _ = fmt.Fprintln(out, "the buyer must choose where to receive the money; Stripe asks by e-mail")
	}

	return nil
}
