package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"checkoutd/internal/app"
	"checkoutd/internal/money"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

// maxFound is how many of the orders that a word is about are shown.
const maxFound = 20

// showOrders prints the orders that the words are about, with everything that
// belongs to them and an empty line between two.
func showOrders(ctx context.Context, reader *app.OrderReader, words []string, e env) error {
	shown := 0
	for _, word := range words {
		ids, err := reader.Find(ctx, word, maxFound+1)
		if err == nil && len(ids) == 0 {
			err = orders.ErrNotFound
		}
		if err != nil {
			return fmt.Errorf("%s: %w", printable(word), publicError(err))
		}

		for _, id := range ids[:min(len(ids), maxFound)] {
			if shown++; shown > 1 {
				_, _ = fmt.Fprintln(e.out)
			}
			if err := showOrder(ctx, reader, id, e); err != nil {
				return fmt.Errorf("%s: %w", id, publicError(err))
			}
		}

		if len(ids) > maxFound {
			_, _ = fmt.Fprintf(e.out, "\nonly the newest %d orders of %s are shown\n", maxFound, printable(word))
		}
	}

	return nil
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

	w := tabwriter.NewWriter(e.out, 0, 0, 2, ' ', 0)
	showTerms(w, &st.Order)
	showPayments(w, st)

	if op := st.StartedOperation(); op != nil {
		_, _ = fmt.Fprintf(w, "\nthe outcome of the %s is not known yet: "+
			"run the same command again, nothing is done twice\n", op.Kind)
	}

	if checkErr != nil {
		_, _ = fmt.Fprintf(w, "could not ask Stripe: %v\n", publicError(checkErr))
	}

	return w.Flush()
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
func showTerms(w io.Writer, o *orders.Order) {
	in := func(minor int64) string { return amount(minor, o.Currency) }
	writeRows(w,
		"order", o.ID,
		"number", orders.ShortID(o.ID),
		"mode", string(o.Mode),
		"status", string(o.Status),
		"payment", paymentNote(o),
		"review", o.ReviewReason,
		"amount", in(o.Amount),
		"paid with", paidWith(o.PaidWith),
		"captured", in(o.Captured),
		"refunded", in(o.Refunded),
		"customer", o.CustomerID,
		"livemode", strconv.FormatBool(o.Livemode),
		"created", formatTime(o.CreatedAt),
		"expires", formatTime(o.ExpiresAt),
		"paid", formatTime(o.PaidAt))

	showItems(w, o)
	showShop(w, o)
	showConnect(w, o)

	if o.Contact.Email != "" {
		_, _ = fmt.Fprintf(w, "e-mail\t%s\n", printable(o.Contact.Email))
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

		name := printable(cmp.Or(i.SKU, i.Name))
		_, _ = fmt.Fprintf(w, "item\t%s\t%d × %s\t%s\n", name, i.Quantity, in(i.UnitAmount), every)
	}

	if o.Discount.Code != "" {
		_, _ = fmt.Fprintf(w, "discount\t%s\t-%s\n", o.Discount.Code, in(o.Discount.Amount))
	}

	if o.ShippingRate.ID != "" {
		name := printable(cmp.Or(o.ShippingRate.Name, o.ShippingRate.ID))
		_, _ = fmt.Fprintf(w, "shipping\t%s\t%s\n", name, in(o.ShippingRate.Amount))
	}
}

// writeRows writes pairs of a name and a value, one a line.
func writeRows(w io.Writer, pairs ...string) {
	for i := 0; i+1 < len(pairs); i += 2 {
		_, _ = fmt.Fprintf(w, "%s\t%s\n", pairs[i], pairs[i+1])
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
			parts = append(parts, printable(s))
		}
	}

	_, _ = fmt.Fprintf(w, "%s\t%s\n", name, strings.Join(parts, ", "))
}

// printable escapes control characters, with which a buyer's text could move
// the terminal's cursor.
func printable(s string) string {
	return strings.Trim(fmt.Sprintf("%q", s), `"`)
}

// showPayments prints the payments of an order.
func showPayments(w io.Writer, st *payments.State) {
	showAttempts(w, st)
	showIntents(w, st)

	for _, s := range st.Subscriptions {
		_, _ = fmt.Fprintf(w, "subscription\t%s\t%s\tperiod ends %s%s\n",
			s.ID, s.Status, formatTime(s.PeriodEnd), ending(s))
	}

	for _, re := range st.Refunds {
		_, _ = fmt.Fprintf(w, "refund\t%s\t%s\t%s\t%s\n", re.ID, re.Status, amount(re.Amount, re.Currency), re.Reason)
	}

	for _, d := range st.Disputes {
		_, _ = fmt.Fprintf(w, "dispute\t%s\t%s\t%s\t%s\n",
			d.ID, disputeState(d), amount(d.Amount, d.Currency), d.Reason)
	}

	for _, f := range st.ForeignPayments {
		_, _ = fmt.Fprintf(w, "foreign payment\t%s\t%s\t%s\t%s\n",
			f.IntentID, f.Status, amount(f.Amount, f.Currency), foreignNote(f))
	}

	for _, op := range st.Operations {
		_, _ = fmt.Fprintf(w, "operation\t%s\t%s\t%s\t%s\n",
			formatTime(op.CreatedAt), op.State, describe(op, st.Order.Currency),
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
func ending(s payments.Subscription) string {
	switch {
	case s.EndsAt.IsZero():
		return ""
	case s.Status == payments.SubscriptionCanceled, s.Status == payments.SubscriptionIncompleteExpired:
		return ", ended on " + formatTime(s.EndsAt)
	}
	return ", ends on " + formatTime(s.EndsAt)
}

func showAttempts(w io.Writer, st *payments.State) {
	for _, a := range st.Attempts {
		notes := strings.Fields(a.ErrorType + " " + a.ErrorCode + " " + a.DeclineCode)
		if a.Verdict != "" {
			notes = append(notes, "("+a.Verdict+")")
		}

		_, _ = fmt.Fprintf(w, "attempt %d\t%s\t%s\t%s\t%s\n",
			a.N, formatTime(a.CreatedAt), a.State, a.IntentID, strings.Join(notes, " "))
	}
}

func showIntents(w io.Writer, st *payments.State) {
	for _, in := range st.Intents {
		currency := cmp.Or(in.Currency, st.Order.Currency)
		_, _ = fmt.Fprintf(w, "intent\t%s\t%s\t%s\tcaptured %s%s\n",
			in.ID, in.Status, amount(in.Amount, currency), money.Decimal(in.Captured, currency), invoiceNote(in))

		if before := captureBefore(in); before != "" {
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
