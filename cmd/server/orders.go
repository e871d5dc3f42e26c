package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"checkoutd/internal/app"
	"checkoutd/internal/config"
	"checkoutd/internal/money"
	"checkoutd/internal/orders"
)

const ordersUsage = `usage: server orders <list|show> [flags] [order ids]

  list  the orders, newest first; --status review shows those that wait for a person
  show  one order with its attempts, intents, refunds and disputes

`

// showOrders is the command for the orders.
func showOrders(ctx context.Context, args []string, e env) (err error) {
	f, ids, err := parseOrderQuery(args, e.err)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	cfg, log, err := load(config.Migrate, e)
	if err != nil {
		return err
	}
	books, err := app.OpenBooks(ctx, cfg, log, time.Now)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, books.Close()) }()
	if len(ids) == 0 {
		return listOrders(ctx, books, f, e.out)
	}
	for _, id := range ids {
		if err := showOrder(ctx, books, id, e.out); err != nil {
			return fmt.Errorf("%s: %w", id, err)
		}
	}
	return nil
}

// parseOrderQuery gives the ids to show; without any the orders are listed.
func parseOrderQuery(args []string, stderr io.Writer) (f orders.Filter, ids []string, err error) {
	if len(args) == 0 || args[0] != "list" && args[0] != "show" {
		_, _ = io.WriteString(stderr, ordersUsage)
		return f, nil, errors.New("orders: list or show?")
	}
	fs := flag.NewFlagSet("orders "+args[0], flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.Usage = func() {
		_, _ = io.WriteString(stderr, ordersUsage)
		fs.PrintDefaults()
	}
	var statuses, from, to string
	if args[0] == "list" {
		fs.StringVar(&statuses, "status", "", "statuses, comma-separated: open, authorized, paid, review, expired, canceled")
		fs.StringVar(&from, "from", "", "created at or after: 2026-01-31 or 2026-01-31T12:00:00Z")
		fs.StringVar(&to, "to", "", "created before")
		fs.IntVar(&f.Limit, "limit", 100, "at most so many")
	}
	if err := fs.Parse(args[1:]); err != nil {
		return f, nil, err
	}
	for _, s := range list(statuses) {
		if !orders.Status(s).Known() {
			return f, nil, fmt.Errorf("there is no status %q", s)
		}
		f.Statuses = append(f.Statuses, orders.Status(s))
	}
	if f.From, err = moment(from); err != nil {
		return f, nil, err
	}
	if f.To, err = moment(to); err != nil {
		return f, nil, err
	}
	switch {
	case args[0] == "list" && fs.NArg() > 0:
		return f, nil, errors.New("list takes no ids: show does")
	case args[0] == "show" && fs.NArg() == 0:
		return f, nil, errors.New("show which order? Give its id")
	case f.Limit < 0 || args[0] == "list" && f.Limit == 0:
		return f, nil, errors.New("--limit must be 1 or more")
	}
	return f, fs.Args(), nil
}

func listOrders(ctx context.Context, books *app.Books, f orders.Filter, out io.Writer) error {
	found, err := books.Orders(ctx, f)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "CREATED\tID\tSTATUS\tPAYMENT\tAMOUNT\tREVIEW")
	for _, o := range found {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", when(o.CreatedAt), o.ID, o.Status, o.PaymentStatus,
			amount(o.Amount, o.Currency), o.ReviewReason)
	}
	if err := w.Flush(); err != nil || len(found) < f.Limit {
		return err
	}
	_, err = fmt.Fprintf(out, "the newest %d; --limit shows more\n", len(found))
	return err
}

func showOrder(ctx context.Context, books *app.Books, id string, out io.Writer) error {
	st, err := books.Order(ctx, id)
	if err != nil {
		return err
	}
	o := st.Order
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintf(w, "order\t%s\nstatus\t%s\npayment\t%s\nreview\t%s\namount\t%s\nrefunded\t%s\ncustomer\t%s\nlivemode\t%t\n"+
		"created\t%s\nexpires\t%s\npaid\t%s\n", o.ID, o.Status, o.PaymentStatus, o.ReviewReason, amount(o.Amount, o.Currency),
		amount(o.Refunded, o.Currency), o.CustomerID, o.Livemode, when(o.CreatedAt), when(o.ExpiresAt), when(o.PaidAt))
	for _, i := range o.Items {
		_, _ = fmt.Fprintf(w, "item\t%s\t%d × %s\n", i.SKU, i.Quantity, amount(i.UnitAmount, o.Currency))
	}
	for _, a := range st.Attempts {
		_, _ = fmt.Fprintf(w, "attempt %d\t%s\t%s\t%s\t%s\n", a.N, when(a.CreatedAt), a.State, a.IntentID,
			strings.Join(strings.Fields(a.ErrorType+" "+a.ErrorCode+" "+a.DeclineCode), " "))
	}
	for _, in := range st.Intents {
		_, _ = fmt.Fprintf(w, "intent\t%s\t%s\t%s\n", in.ID, in.Status, amount(in.Amount, in.Currency))
	}
	for _, re := range st.Refunds {
		_, _ = fmt.Fprintf(w, "refund\t%s\t%s\t%s\t%s\n", re.ID, re.Status, amount(re.Amount, re.Currency), re.Reason)
	}
	for _, d := range st.Disputes {
		_, _ = fmt.Fprintf(w, "dispute\t%s\t%s\t%s\t%s\n", d.ID, d.Status, amount(d.Amount, d.Currency), d.Reason)
	}
	return w.Flush()
}

func amount(minor int64, currency string) string {
	return money.Decimal(minor, currency) + " " + strings.ToUpper(currency)
}

func when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
