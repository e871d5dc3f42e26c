package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"checkoutd/internal/app"
	"checkoutd/internal/money"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

// lapsesSoon is how long before a hold lapses it is time to say so.
const lapsesSoon = 48 * time.Hour

func listOrders(ctx context.Context, books *app.OrderReader, f orders.Filter, out io.Writer) error {
	found, err := books.Orders(ctx, f)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "CREATED\tID\tMODE\tSTATUS\tPAYMENT\tAMOUNT\tCAPTURED\tREFUNDED\tCAPTURE BEFORE\tREVIEW")
	for _, o := range found {
		hold, err := holdOf(ctx, books, &o)
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", when(o.CreatedAt), o.ID, o.Mode, o.Status, o.PaymentStatus,
			amount(o.Amount, o.Currency), money.Decimal(o.Captured, o.Currency), money.Decimal(o.Refunded, o.Currency),
			hold, o.ReviewReason)
	}
	if err := w.Flush(); err != nil || len(found) < f.Limit {
		return err
	}
	_, err = fmt.Fprintf(out, "the newest %d; --limit shows more\n", len(found))
	return err
}

// holdOf says until when the hold of an authorized order is to be captured.
func holdOf(ctx context.Context, books *app.OrderReader, o *orders.Order) (string, error) {
	if o.Status != orders.Authorized {
		return "", nil
	}
	st, err := books.Order(ctx, o.ID)
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

// captureBefore shows when a hold lapses, with a warning when that is soon.
func captureBefore(in payments.Intent) string {
	switch left := time.Until(in.CaptureBefore); {
	case in.CaptureBefore.IsZero() || in.Status != payments.StatusRequiresCapture:
		return ""
	case left <= 0:
		return when(in.CaptureBefore) + " (lapsed)"
	case left < lapsesSoon:
		return when(in.CaptureBefore) + " (soon: in " + strings.TrimSuffix(left.Truncate(time.Minute).String(), "0s") + ")"
	}
	return when(in.CaptureBefore)
}

func showOrder(ctx context.Context, books *app.OrderReader, id string, e env) error {
	st, err := books.Order(ctx, id)
	if err != nil {
		return err
	}
	var doubt error
	if st.StartedOperation() != nil {
		if doubt = findOut(ctx, books, id, e); doubt == nil {
			if st, err = books.Order(ctx, id); err != nil {
				return err
			}
		}
	}
	w := tabwriter.NewWriter(e.out, 0, 0, 2, ' ', 0)
	showTerms(w, &st.Order)
	showPayments(w, st)
	if op := st.StartedOperation(); op != nil {
		_, _ = fmt.Fprintf(w, "\nwhat became of the %s is not known yet: ask for the same again, nothing is done twice\n", op.Kind)
	}
	if doubt != nil {
		_, _ = fmt.Fprintf(w, "Stripe could not be asked: %v\n", told(doubt))
	}
	return w.Flush()
}

// findOut reads at Stripe what became of the operation that an order has open.
func findOut(ctx context.Context, books *app.OrderReader, id string, e env) error {
	ops, err := openOperations(ctx, books, e)
	if err != nil {
		return err
	}
	_, err = ops.FindOut(ctx, id)
	return err
}

// showTerms writes what an order is about, and where it stands.
func showTerms(w io.Writer, o *orders.Order) {
	in := func(minor int64) string { return amount(minor, o.Currency) }
	rows(w,
		"order", o.ID, "mode", string(o.Mode), "status", string(o.Status), "payment", string(o.PaymentStatus),
		"review", o.ReviewReason, "amount", in(o.Amount), "captured", in(o.Captured), "refunded", in(o.Refunded),
		"customer", o.CustomerID, "livemode", fmt.Sprint(o.Livemode),
		"created", when(o.CreatedAt), "expires", when(o.ExpiresAt), "paid", when(o.PaidAt))
	for _, i := range o.Items {
		every := ""
		if r := i.Recurring; r != nil {
			every = fmt.Sprintf("every %d %s", r.IntervalCount, r.Interval)
		}
		_, _ = fmt.Fprintf(w, "item\t%s\t%d × %s\t%s\n", i.SKU, i.Quantity, in(i.UnitAmount), every)
	}
	if o.Discount.Code != "" {
		_, _ = fmt.Fprintf(w, "discount\t%s\t-%s\n", o.Discount.Code, in(o.Discount.Amount))
	}
	if o.ShippingRate.ID != "" {
		_, _ = fmt.Fprintf(w, "shipping\t%s\t%s\n", cmp.Or(o.ShippingRate.Name, o.ShippingRate.ID), in(o.ShippingRate.Amount))
	}
	if o.Contact.Email != "" {
		_, _ = fmt.Fprintf(w, "e-mail\t%s\n", printable(o.Contact.Email))
	}
	showAddress(w, "ship to", o.Contact.Shipping)
	showAddress(w, "bill to", o.Contact.Billing)
}

// rows writes names with their values, a pair a line.
func rows(w io.Writer, pairs ...string) {
	for i := 0; i+1 < len(pairs); i += 2 {
		_, _ = fmt.Fprintf(w, "%s\t%s\n", pairs[i], pairs[i+1])
	}
}

func showAddress(w io.Writer, name string, a *orders.Address) {
	if a == nil {
		return
	}
	var parts []string
	for _, s := range []string{a.Name, a.Phone, a.Address.Line1, a.Address.Line2, a.Address.City, a.Address.State, a.Address.PostalCode, a.Address.Country} {
		if s != "" {
			parts = append(parts, printable(s))
		}
	}
	_, _ = fmt.Fprintf(w, "%s\t%s\n", name, strings.Join(parts, ", "))
}

// printable keeps what a buyer wrote from moving the terminal's cursor.
func printable(s string) string {
	return strings.Trim(fmt.Sprintf("%q", s), `"`)
}

// showPayments writes the ledger of an order.
func showPayments(w io.Writer, st *payments.State) {
	for _, a := range st.Attempts {
		_, _ = fmt.Fprintf(w, "attempt %d\t%s\t%s\t%s\t%s\n", a.N, when(a.CreatedAt), a.State, a.IntentID,
			strings.Join(strings.Fields(a.ErrorType+" "+a.ErrorCode+" "+a.DeclineCode), " "))
	}
	for _, in := range st.Intents {
		_, _ = fmt.Fprintf(w, "intent\t%s\t%s\t%s\tcaptured %s%s\n", in.ID, in.Status,
			amount(in.Amount, cmp.Or(in.Currency, st.Order.Currency)), money.Decimal(in.Captured, cmp.Or(in.Currency, st.Order.Currency)),
			ofLaterInvoice(in))
		if before := captureBefore(in); before != "" {
			_, _ = fmt.Fprintf(w, "capture before\t%s\n", before)
		}
	}
	for _, s := range st.Subscriptions {
		_, _ = fmt.Fprintf(w, "subscription\t%s\t%s\tperiod ends %s\n", s.ID, s.Status, when(s.PeriodEnd))
	}
	for _, re := range st.Refunds {
		_, _ = fmt.Fprintf(w, "refund\t%s\t%s\t%s\t%s\n", re.ID, re.Status, amount(re.Amount, re.Currency), re.Reason)
	}
	for _, d := range st.Disputes {
		_, _ = fmt.Fprintf(w, "dispute\t%s\t%s\t%s\t%s\n", d.ID, d.Status, amount(d.Amount, d.Currency), d.Reason)
	}
	for _, op := range st.Operations {
		_, _ = fmt.Fprintf(w, "operation\t%s\t%s\t%s\t%s\n", when(op.CreatedAt), op.State, describe(op, st.Order.Currency),
			strings.TrimSpace(op.Reason+" "+op.Note))
	}
}

// ofLaterInvoice tells a renewal's payment apart from the order's own.
func ofLaterInvoice(in payments.Intent) string {
	if !in.Renewal {
		return ""
	}
	return ", of a later invoice of the subscription"
}

func amount(minor int64, currency string) string {
	return money.Decimal(minor, currency) + " " + strings.ToUpper(currency)
}
