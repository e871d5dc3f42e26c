package main

import (
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

// lapsesSoon is how long before a hold lapses the lists warn of it.
const lapsesSoon = 48 * time.Hour

// listPage is how many orders are read, and printed, at a time.
const listPage = 500

// listOrders prints the orders that the filter selects as it reads them.
func listOrders(ctx context.Context, reader *app.OrderReader, f orders.Filter, out io.Writer) error {
	foreign, err := reader.OpenForeignPayments(ctx)
	if err != nil {
		return err
	}

	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "CREATED\tID\tMODE\tSTATUS\tPAYMENT\tAMOUNT\tCAPTURED\tREFUNDED\tCAPTURE BEFORE\t"+
		"ENDS\tDISPUTE\tACCOUNT\tREVIEW")

	for left := f.Limit; left > 0; {
		page := f
		page.Limit = min(left, listPage)

		found, err := reader.Orders(ctx, page)
		if err != nil {
			return err
		}
		if err := printOrders(ctx, reader, found, foreign, w); err != nil {
			return err
		}

		// The columns of a page are aligned, not those of all: a list of a
		// hundred thousand begins at once.
		if err := w.Flush(); err != nil || len(found) < page.Limit {
			return err
		}

		left -= len(found)
		f.After = found[len(found)-1].ID
	}

	_, err = fmt.Fprintf(out, "only the newest %d are shown; use --limit to list more\n", f.Limit)
	return err
}

func printOrders(
	ctx context.Context, reader *app.OrderReader, found []orders.Order, foreign map[string]string, w io.Writer,
) error {
	disputed, err := disputesOf(ctx, reader, found)
	if err != nil {
		return err
	}

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

	return nil
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
