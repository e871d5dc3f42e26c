package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"checkoutd/internal/api"
	"checkoutd/internal/app"
	"checkoutd/internal/cli"
	"checkoutd/internal/fault"
	"checkoutd/internal/money"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

// orderQuery is the meaning of the arguments of an operation.
type orderQuery struct {
	kind   string // capture, cancel or refund
	amount string // of capture and refund, in the order's currency; "" for all
	reason string // of refund
	fee    string // of refund: refund, keep, or "" for what the configuration says
	back   bool   // of refund: take the money back from the destination
}

// withOrder captures, cancels or refunds the one order that the words name.
func withOrder(ctx context.Context, q orderQuery, words []string, e env) error {
	if len(words) != 1 {
		return cli.Usage("%s needs exactly one order ID", q.kind)
	}
	return withOpened(ctx, e, app.OpenOrderReader, func(reader *app.OrderReader) error {
		return operate(ctx, reader, q, words[0], e)
	})
}

func operate(ctx context.Context, reader *app.OrderReader, q orderQuery, id string, e env) error {
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
		printEarlier(e, res, st.Order.Currency)
	}

	if err != nil {
		return fmt.Errorf("%s: %w", id, publicError(err))
	}

	if e.JSON {
		object := api.Render(&res.State.Order, linksOf(ctx, reader, e))
		object.Operation = api.RenderOperation(res)
		return errors.Join(e.Encode(object), refundError(res))
	}
	return printResult(e.Out, res)
}

// adopt makes an intent at Stripe the order's.
func adopt(ctx context.Context, words []string, e env) error {
	if len(words) != 2 {
		return cli.Usage("adopt needs the ID of an order and the ID of an intent")
	}

	id, intent := words[0], words[1]
	return withOpened(ctx, e, app.OpenOrderReader, func(reader *app.OrderReader) error {
		ops, err := openOperations(ctx, reader, e)
		if err != nil {
			return err
		}

		st, err := ops.Adopt(ctx, id, intent)
		if err != nil {
			return fmt.Errorf("%s: %w", id, publicError(err))
		}

		o := &st.Order
		return e.Result(api.Render(o, linksOf(ctx, reader, e)), "adopted %s\norder %s: %s, payment %s\n",
			intent, o.ID, o.Status, o.PaymentStatus)
	})
}

// parseAmount parses the value of --amount. It returns 0, the whole amount, if
// the flag was not given.
func parseAmount(text, currency string) (minor int64, err error) {
	if text == "" {
		return 0, nil
	}

	minor, err = money.Parse(text, currency)
	if err != nil {
		return 0, cli.Usage("--amount: %v", err)
	}
	if minor == 0 {
		return 0, cli.Usage("--amount must be more than 0")
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
	switch q.kind {
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
		return cli.WithExitCode(cli.ExitNotFound, errors.New("there is no such order"))
	}

	var f *fault.Error
	if !errors.As(err, &f) {
		return err
	}

	text := errors.New(f.Message)
	if cause := errors.Unwrap(f); cause != nil {
		text = fmt.Errorf("%s (%w)", f.Message, cause)
	}

	return cli.WithExitCode(cli.FaultCode(f), text)
}

// printEarlier prints the outcome of an operation that an earlier command had
// left open.
func printEarlier(e env, res payments.Result, currency string) {
	op, w := *res.Earlier, e.Aside()

	outcome := "its outcome is not known yet"
	switch op.State {
	case payments.OperationDone:
		outcome = "it succeeded"
	case payments.OperationFailed:
		outcome = "it failed: " + op.Note
	}

	_, _ = fmt.Fprintf(w, "pending since %s: %s; %s\n", e.Time(op.CreatedAt), describe(op, currency), outcome)
	if op.ID == res.Operation.ID {
		_, _ = fmt.Fprintln(w, "this was the same request, so nothing else was sent to Stripe")
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
	case "pending":
		_, _ = fmt.Fprintln(out, "the money is on its way to the buyer; if the refund fails, the order will show it")
	case "requires_action":
		_, _ = fmt.Fprintln(out, "the buyer must choose where to receive the money; Stripe asks by e-mail")
	}

	return refundError(res)
}

// refundError returns an error for a refund that Stripe accepted but that
// failed at once.
func refundError(res payments.Result) error {
	re := res.Refund()
	switch {
	case re == nil:
	case re.Status == "failed":
		return errors.New("the refund failed: the shop still has the money and can refund it again")
	case re.Status == "canceled":
		return errors.New("the refund was canceled: the shop still has the money and can refund it again")
	}
	return nil
}
