package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"checkoutd/internal/app"
	"checkoutd/internal/cli"
	"checkoutd/internal/money"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

// maxFound is how many of the orders that a word is about are shown.
const maxFound = 20

// showOrders prints the orders that the words are about, with everything that
// belongs to them and an empty line between two.
func showOrders(ctx context.Context, words []string, e env) error {
	if len(words) == 0 {
		return cli.Usage("show needs an order: its ID or number, your reference, an e-mail address, pi_…, evt_…")
	}

	return withOpened(ctx, e, app.OpenOrderReader, func(reader *app.OrderReader) error {
		shown := 0
		for _, word := range words {
			n, err := showFound(ctx, reader, word, shown, e)
			if err != nil {
				return err
			}

			shown += n
		}

		return nil
	})
}

// showFound prints the orders that a word is about, and returns how many.
func showFound(ctx context.Context, reader *app.OrderReader, word string, before int, e env) (int, error) {
	ids, err := findOrders(ctx, reader, word, e)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", cli.Printable(word), publicError(err))
	}

	shown := ids[:min(len(ids), maxFound)]
	for i, id := range shown {
		if before+i > 0 && !e.JSON {
			_, _ = fmt.Fprintln(e.Out)
		}

		if err := showOrder(ctx, reader, id, e); err != nil {
			return 0, fmt.Errorf("%s: %w", id, publicError(err))
		}
	}

	if len(ids) > maxFound {
		if !e.JSON {
			_, _ = fmt.Fprintln(e.Out)
		}

		_, _ = fmt.Fprintf(e.Aside(), "only the newest %d orders of %s are shown\n", maxFound, cli.Printable(word))
	}

	return len(shown), nil
}

func showOrder(ctx context.Context, reader *app.OrderReader, id string, e env) error {
	st, err := reader.Order(ctx, id)
	if err != nil {
		return err
	}

	// If the outcome of an operation is unknown, ask Stripe for it first. The
	// order is shown even if Stripe cannot be asked.
	var checkErr error
	if st.StartedOperation() != nil {
		if checkErr = checkOperation(ctx, reader, id, e); checkErr == nil {
			if st, err = reader.Order(ctx, id); err != nil {
				return err
			}
		}
	}

	if e.JSON {
		return e.Encode(orderObject(st, linksOf(ctx, reader, e)))
	}

	return e.Show(nil, func(w io.Writer) {
		showTerms(w, &st.Order, e)
		showPayments(w, st, e)

		if op := st.StartedOperation(); op != nil {
			_, _ = fmt.Fprintf(w, "\nthe outcome of the %s is not known yet: "+
				"run the same command again, nothing is done twice\n", op.Kind)
		}

		if checkErr != nil {
			_, _ = fmt.Fprintf(w, "could not ask Stripe: %v\n", publicError(checkErr))
		}
	})
}

// checkOperation asks Stripe for the outcome of the order's open operation.
func checkOperation(ctx context.Context, reader *app.OrderReader, id string, e env) error {
	ops, err := openOperations(ctx, reader, e)
	if err != nil {
		return err
	}
	_, err = ops.FindOut(ctx, id)
	return err
}

// showTerms prints an order's terms and its state.
func showTerms(w io.Writer, o *orders.Order, e env) {
	in := func(minor int64) string { return amount(minor, o.Currency) }
	writeRows(w,
		"order", o.ID,
		"number", orders.ShortID(o.ID),
		"mode", string(o.Mode),
		"status", e.Paint(string(o.Status)),
		"payment", paymentNote(o),
		"review", o.ReviewReason,
		"amount", in(o.Amount),
		"paid with", paidWith(o.PaidWith),
		"captured", in(o.Captured),
		"refunded", in(o.Refunded),
		"customer", o.CustomerID,
		"livemode", strconv.FormatBool(o.Livemode),
		"created", e.Time(o.CreatedAt),
		"expires", e.Time(o.ExpiresAt),
		"paid", e.Time(o.PaidAt))

	showItems(w, o)
	showShop(w, o)
	showConnect(w, o)

	if o.Contact.Email != "" {
		_, _ = fmt.Fprintf(w, "e-mail\t%s\n", cli.Printable(o.Contact.Email))
	}

	showAddress(w, "ship to", o.Contact.Shipping)
	showAddress(w, "bill to", o.Contact.Billing)
}

// paidWith returns a payment method in a line, "" if it is not known.
func paidWith(m orders.PaymentMethod) string {
	return strings.Join(strings.Fields(m.Type+" "+m.Brand+" "+m.Last4+" "+m.Wallet), " ")
}

// paymentNote returns the payment status of an order, and that no payment is
// missing from one that cost nothing.
func paymentNote(o *orders.Order) string {
	if o.Free() && o.Status == orders.Paid {
		return string(o.PaymentStatus) + " (nothing to pay)"
	}
	return string(o.PaymentStatus)
}

// showItems prints what an order is for, line by line.
func showItems(w io.Writer, o *orders.Order) {
	in := func(minor int64) string { return amount(minor, o.Currency) }
	for _, i := range o.Items {
		every := ""
		if r := i.Recurring; r != nil {
			every = fmt.Sprintf("every %d %s", r.IntervalCount, r.Interval)
		}

		name := cli.Printable(cmp.Or(i.SKU, i.Name))
		_, _ = fmt.Fprintf(w, "item\t%s\t%d × %s\t%s\n", name, i.Quantity, in(i.UnitAmount), every)
	}

	if o.Discount.Code != "" {
		_, _ = fmt.Fprintf(w, "discount\t%s\t-%s\n", o.Discount.Code, in(o.Discount.Amount))
	}

	if o.ShippingRate.ID != "" {
		name := cli.Printable(cmp.Or(o.ShippingRate.Name, o.ShippingRate.ID))
		_, _ = fmt.Fprintf(w, "shipping\t%s\t%s\n", name, in(o.ShippingRate.Amount))
	}

	if r := o.Recurring(); r != nil {
		_, _ = fmt.Fprintf(w, "later\t%s every %d %s\n", in(o.RecurringAmount()), r.IntervalCount, r.Interval)
	}
}

// writeRows writes pairs of a name and a value, one a line. It leaves out what
// is empty.
func writeRows(w io.Writer, pairs ...string) {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			_, _ = fmt.Fprintf(w, "%s\t%s\n", pairs[i], pairs[i+1])
		}
	}
}

// showAddress prints an address on one line.
func showAddress(w io.Writer, name string, a *orders.Address) {
	if a == nil {
		return
	}

	place := a.Address
	var parts []string
	for _, s := range []string{
		a.Name, a.Phone,
		place.Line1, place.Line2, place.City, place.State, place.PostalCode, place.Country,
	} {
		if s != "" {
			parts = append(parts, cli.Printable(s))
		}
	}

	_, _ = fmt.Fprintf(w, "%s\t%s\n", name, strings.Join(parts, ", "))
}

// showPayments prints the payments of an order.
func showPayments(w io.Writer, st *payments.State, e env) {
	showAttempts(w, st, e)
	showIntents(w, st, e)

	for _, s := range st.Subscriptions {
		_, _ = fmt.Fprintf(w, "subscription\t%s\t%s\tperiod ends %s%s\n",
			s.ID, s.Status, e.Time(s.PeriodEnd), ending(s, e))
	}

	for _, re := range st.Refunds {
		_, _ = fmt.Fprintf(w, "refund\t%s\t%s\t%s\t%s\n", re.ID, e.Paint(re.Status), amount(re.Amount, re.Currency), re.Reason)
	}

	for _, d := range st.Disputes {
		_, _ = fmt.Fprintf(w, "dispute\t%s\t%s\t%s\t%s\n",
			d.ID, e.Paint(disputeState(d, e)), amount(d.Amount, d.Currency), d.Reason)
	}

	for _, f := range st.ForeignPayments {
		_, _ = fmt.Fprintf(w, "foreign payment\t%s\t%s\t%s\t%s\n",
			f.IntentID, f.Status, amount(f.Amount, f.Currency), foreignNote(f))
	}

	for _, op := range st.Operations {
		_, _ = fmt.Fprintf(w, "operation\t%s\t%s\t%s\t%s\n",
			e.Time(op.CreatedAt), e.Paint(string(op.State)), describe(op, st.Order.Currency),
			strings.TrimSpace(op.Reason+" "+op.Note))
	}
}

// foreignNote says what to do about money that no attempt of the order took.
func foreignNote(f payments.ForeignPayment) string {
	switch {
	case f.Adopted:
		return "adopted"
	case f.Open():
		return "no attempt took it: adopt it, or refund or release it in the Dashboard"
	}
	return ""
}

// ending says when a subscription ends or ended, if it does.
func ending(s payments.Subscription, e env) string {
	switch {
	case s.EndsAt.IsZero():
		return ""
	case s.Status == payments.SubscriptionCanceled, s.Status == payments.SubscriptionIncompleteExpired:
		return ", ended on " + e.Time(s.EndsAt)
	}
	return ", ends on " + e.Time(s.EndsAt)
}

func showAttempts(w io.Writer, st *payments.State, e env) {
	for _, a := range st.Attempts {
		notes := strings.Fields(a.ErrorType + " " + a.ErrorCode + " " + a.DeclineCode)
		if a.Verdict != "" {
			notes = append(notes, "("+a.Verdict+")")
		}

		_, _ = fmt.Fprintf(w, "attempt %d\t%s\t%s\t%s\t%s\n",
			a.N, e.Time(a.CreatedAt), e.Paint(string(a.State)), a.IntentID, strings.Join(notes, " "))
	}
}

func showIntents(w io.Writer, st *payments.State, e env) {
	for _, in := range st.Intents {
		currency := cmp.Or(in.Currency, st.Order.Currency)
		_, _ = fmt.Fprintf(w, "intent\t%s\t%s\t%s\tcaptured %s%s\n",
			in.ID, e.Paint(string(in.Status)), amount(in.Amount, currency), money.Decimal(in.Captured, currency), invoiceNote(in))

		if before := captureBefore(in, e); before != "" {
			_, _ = fmt.Fprintf(w, "capture before\t%s\n", before)
		}
	}
}

// invoiceNote marks the payment of a renewal, which is not the order's own, and
// an invoice that was paid outside of Stripe.
func invoiceNote(in payments.Intent) (note string) {
	if in.Renewal {
		note = ", of a later invoice of the subscription"
	}
	if in.PaidOutOfBand {
		note += ", paid outside of Stripe"
	}
	return note
}

// amount formats an amount of minor units with its currency.
func amount(minor int64, currency string) string {
	return money.Decimal(minor, currency) + " " + strings.ToUpper(currency)
}
