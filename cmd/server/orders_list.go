package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"checkoutd/internal/api"
	"checkoutd/internal/app"
	"checkoutd/internal/cli"
	"checkoutd/internal/config"
	"checkoutd/internal/money"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

// lapsesSoon is how long before a hold lapses the lists warn of it.
const lapsesSoon = 48 * time.Hour

// listPage is how many rows of a list are read, and printed, at a time.
const listPage = 500

// listOrders prints the orders that the filter selects as it reads them.
func listOrders(ctx context.Context, reader *app.OrderReader, f orders.Filter, e env) error {
	foreign, err := reader.OpenForeignPayments(ctx)
	if err != nil {
		return err
	}

	l := orderList{
		reader:  reader,
		foreign: foreign,
		links:   linksOf(ctx, reader, e),
		e:       e,
		out: e.List("CREATED", "ID", "STATUS", "AMOUNT", "REVIEW", "DISPUTE", "CAPTURE BEFORE", "PAYMENT", "REFUNDED",
			"CAPTURED", "MODE", "ENDS", "ACCOUNT"),
	}

	return inPages(e, l.out, f.Limit,
		func(n int, last *orders.Order) ([]orders.Order, error) {
			f.Limit = n
			if last != nil {
				f.After = last.ID
			}

			return reader.Orders(ctx, f)
		},
		func(found []orders.Order) error { return l.add(ctx, found) })
}

// inPages prints a list, newest first, as it reads it, and says beside it if
// there are more than limit. read returns at most n rows after last, nil for
// the first.
func inPages[T any](
	e env, out *cli.List, limit int, read func(n int, last *T) ([]T, error), add func([]T) error,
) error {
	var last *T
	for left := limit; left > 0; left -= listPage {
		n := min(left, listPage)
		found, err := read(n+1, last) // one more tells whether there are more
		if err != nil {
			return err
		}

		shown := found[:min(len(found), n)]
		if err := add(shown); err != nil {
			return err
		}
		if err := out.Flush(); err != nil {
			return err
		}
		if len(found) <= n {
			return out.Close()
		}

		last = &shown[n-1]
	}

	if err := out.Close(); err != nil {
		return err
	}
	return tellOfMore(e, limit+1, limit)
}

// tellOfMore says beside a list if there are more rows than limit, the number
// of those shown. A list that reads all at once reads one more to know.
func tellOfMore(e env, found, limit int) error {
	if found <= limit {
		return nil
	}
	_, err := fmt.Fprintf(e.Aside(), "only the newest %d are shown; use --limit to list more\n", limit)
	return err
}

// orderList prints orders.
type orderList struct {
	reader  *app.OrderReader
	foreign map[string]string // open foreign payments, by order
	links   api.Links
	e       env
	out     *cli.List
}

func (l *orderList) add(ctx context.Context, found []orders.Order) error {
	if l.e.JSON {
		for _, o := range found {
			if err := l.e.Encode(api.Render(&o, l.links)); err != nil {
				return err
			}
		}

		return nil
	}

	disputed, err := disputesOf(ctx, l.reader, found, l.e)
	if err != nil {
		return err
	}

	for _, o := range found {
		deadline, err := captureDeadline(ctx, l.reader, &o, l.e)
		if err != nil {
			return err
		}

		if err := l.out.Add(nil, o.CreatedAt, o.ID, cli.State(o.Status), amount(o.Amount, o.Currency),
			cli.Text(reviewNote(&o, l.foreign[o.ID])), cli.Text(strings.Join(disputed[o.ID], ", ")), deadline,
			cli.Text(o.PaymentStatus), money.Decimal(o.Refunded, o.Currency), money.Decimal(o.Captured, o.Currency),
			o.Mode, o.SubscriptionEndsAt, o.Account); err != nil {
			return err
		}
	}

	return nil
}

// linksOf returns what makes the addresses of orders. Without the configuration
// of the server they begin with a slash.
func linksOf(ctx context.Context, reader *app.OrderReader, e env) api.Links {
	links := api.Links{Picture: func(string) string { return "" }}
	if cfg, err := ofServer(ctx, reader, e, config.LoadWithoutHooks); err == nil {
		links.BaseURL = cfg.BaseURL
	}
	return links
}

// reviewNote says why a person has to look at an order, "" if nobody has to.
func reviewNote(o *orders.Order, foreignIntent string) string {
	if o.ReviewReason == "" && foreignIntent != "" {
		return "foreign payment " + foreignIntent + ": adopt or refund it"
	}
	return o.ReviewReason
}

// disputesOf returns the disputes of each order as the list shows them.
func disputesOf(ctx context.Context, reader *app.OrderReader, found []orders.Order, e env) (map[string][]string, error) {
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
		of[d.OrderID] = append(of[d.OrderID], disputeState(d, e))
	}

	return of, nil
}

// disputeState returns the status of a dispute, with the deadline for evidence
// while the shop can submit some.
func disputeState(d payments.Dispute, e env) string {
	if !d.NeedsResponse() || d.EvidenceDueBy.IsZero() {
		return d.Status
	}
	return d.Status + " by " + e.Time(d.EvidenceDueBy)
}

// captureDeadline returns until when the hold of an authorized order must be
// captured, "" for other orders.
func captureDeadline(ctx context.Context, reader *app.OrderReader, o *orders.Order, e env) (string, error) {
	if o.Status != orders.Authorized {
		return "", nil
	}

	st, err := reader.Order(ctx, o.ID)
	if err != nil {
		return "", err
	}

	for _, in := range st.Intents {
		if in.Status == payments.StatusRequiresCapture {
			return captureBefore(in, e), nil
		}
	}

	return "", nil
}

// captureBefore returns when the hold of an intent lapses, with a warning if
// that is soon.
func captureBefore(in payments.Intent, e env) string {
	if in.CaptureBefore.IsZero() || in.Status != payments.StatusRequiresCapture {
		return ""
	}

	deadline := e.Time(in.CaptureBefore)
	switch left := time.Until(in.CaptureBefore); {
	case left <= 0:
		return deadline + " (lapsed)"
	case left < lapsesSoon:
		return deadline + " (soon: in " + strings.TrimSuffix(left.Truncate(time.Minute).String(), "0s") + ")"
	}

	return deadline
}
