package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"checkoutd/internal/app"
	"checkoutd/internal/money"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

// lapsesSoon is how long before a hold lapses the lists warn of it.
const lapsesSoon = 48 * time.Hour

// listOrders prints the orders that the filter selects.
func listOrders(ctx context.Context, reader *app.OrderReader, f orders.Filter, out io.Writer) error {
	found, err := reader.Orders(ctx, f)
	if err != nil {
		return err
	}

	foreign, err := reader.OpenForeignPayments(ctx)
	if err != nil {
		return err
	}

	disputed, err := disputesOf(ctx, reader, found)
	if err != nil {
		return err
	}

	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "CREATED\tID\tMODE\tSTATUS\tPAYMENT\tAMOUNT\tCAPTURED\tREFUNDED\tCAPTURE BEFORE\t"+
		"ENDS\tDISPUTE\tACCOUNT\tREVIEW")

	for _, o := range found {
		deadline, err := captureDeadline(ctx, reader, &o)
		if err != nil {
			return err
		}

		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n",
			formatTime(o.CreatedAt), o.ID, o.Mode, o.Status, o.PaymentStatus,
			amount(o.Amount, o.Currency),
			money.Decimal(o.Captured, o.Currency),
			money.Decimal(o.Refunded, o.Currency),
			deadline, formatTime(o.SubscriptionEndsAt), strings.Join(disputed[o.ID], ", "),
			o.Account, reviewNote(&o, foreign[o.ID]))
	}

	if err := w.Flush(); err != nil || len(found) < f.Limit {
		return err
	}

	_, err = fmt.Fprintf(out, "only the newest %d are shown; use --limit to list more\n", len(found))
	return err
}

// reviewNote says why a person has to look at an order, "" if nobody has to.
func reviewNote(o *orders.Order, foreignIntent string) string {
	if o.ReviewReason == "" && foreignIntent != "" {
		return "foreign payment " + foreignIntent + ": adopt or refund it"
	}
	return o.ReviewReason
}

// disputesOf returns the disputes of each order as the list shows them.
func disputesOf(ctx context.Context, reader *app.OrderReader, found []orders.Order) (map[string][]string, error) {
	ids := make([]string, 0, len(found))
	for _, o := range found {
		ids = append(ids, o.ID)
	}

	list, err := reader.Disputes(ctx, ids)
	if err != nil {
		return nil, err
	}

	of := map[string][]string{}
	for _, d := range list {
		of[d.OrderID] = append(of[d.OrderID], disputeState(d))
	}

	return of, nil
}

// disputeState returns the status of a dispute, with the deadline for evidence
// while the shop can submit some.
func disputeState(d payments.Dispute) string {
	if !d.NeedsResponse() || d.EvidenceDueBy.IsZero() {
		return d.Status
	}
	return d.Status + " by " + formatTime(d.EvidenceDueBy)
}

// captureDeadline returns until when the hold of an authorized order must be
// captured, "" for other orders.
func captureDeadline(ctx context.Context, reader *app.OrderReader, o *orders.Order) (string, error) {
	if o.Status != orders.Authorized {
		return "", nil
	}

	st, err := reader.Order(ctx, o.ID)
	if err != nil {
		return "", err
	}

	for _, in := range st.Intents {
		if in.Status == payments.StatusRequiresCapture {
			return captureBefore(in), nil
		}
	}

	return "", nil
}

// captureBefore returns when the hold of an intent lapses, with a warning if
// that is soon.
func captureBefore(in payments.Intent) string {
	if in.CaptureBefore.IsZero() || in.Status != payments.StatusRequiresCapture {
		return ""
	}

	deadline := formatTime(in.CaptureBefore)
	switch left := time.Until(in.CaptureBefore); {
	case left <= 0:
		return deadline + " (lapsed)"
	case left < lapsesSoon:
		return deadline + " (soon: in " + strings.TrimSuffix(left.Truncate(time.Minute).String(), "0s") + ")"
	}

	return deadline
}

// showOrders prints the orders with everything that belongs to them.
func showOrders(ctx context.Context, reader *app.OrderReader, ids []string, e env) error {
	for _, id := range ids {
		if err := showOrder(ctx, reader, id, e); err != nil {
			return fmt.Errorf("%s: %w", id, publicError(err))
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
		"mode", string(o.Mode),
		"status", string(o.Status),
		"payment", paymentNote(o),
		"review", o.ReviewReason,
		"amount", in(o.Amount),
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
