package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"

	"checkoutd/internal/app"
	"checkoutd/internal/orders"
)

const ordersUsage = `usage: server orders <list|show|capture|cancel|refund> [flags] [order ids]

  list     the orders, newest first; --status review shows those that wait for a person
  show     orders with their attempts, intents, refunds, disputes and operations
  capture  take the money that is held for an order, or with --amount a part of it: the rest is released
  cancel   cancel an order that is not paid; a hold is let go
  refund   give back what was taken for an order, or with --amount a part of it

Capture, cancel and refund ask Stripe, with the configuration of the server. When it is not known what became of a call,
ask for the same again: nothing is done twice.

`

// orderQuery is what the arguments ask for.
type orderQuery struct {
	sub    string
	filter orders.Filter // of list
	ids    []string
	amount string // of capture and refund: a decimal in the order's currency, "" for all
	reason string // of refund
}

// ordersCommand is the command for the orders.
func ordersCommand(ctx context.Context, args []string, e env) error {
	q, err := parseOrderQuery(args, e.err)
	if err != nil {
		return helped(err)
	}
	return beside(ctx, e, app.OpenOrderReader, func(books *app.OrderReader) error {
		switch q.sub {
		case "list":
			return listOrders(ctx, books, q.filter, e.out)
		case "show":
			for _, id := range q.ids {
				if err := showOrder(ctx, books, id, e); err != nil {
					return fmt.Errorf("%s: %w", id, told(err))
				}
			}
			return nil
		default:
			return operate(ctx, books, q, e)
		}
	})
}

func parseOrderQuery(args []string, stderr io.Writer) (q orderQuery, err error) {
	if len(args) > 0 {
		q.sub = args[0]
	}
	switch q.sub {
	case "list", "show", "capture", "cancel", "refund":
	case "help", "-h", "--help":
		_, err := io.WriteString(stderr, ordersUsage)
		return q, cmp.Or(err, flag.ErrHelp)
	default:
		_, _ = io.WriteString(stderr, ordersUsage)
		return q, errors.New("orders: list, show, capture, cancel or refund?")
	}
	fs := newFlags("orders "+q.sub, ordersUsage, stderr)
	filter := q.flags(fs)
	if q.ids, err = parseMixed(fs, args[1:]); err != nil {
		return q, err
	}
	if err := filter(); err != nil {
		return q, err
	}
	return q, q.check()
}

// flags defines the flags of the subcommand; filter reads those of list when they are parsed.
func (q *orderQuery) flags(fs *flag.FlagSet) (filter func() error) {
	var statuses, from, to string
	switch q.sub {
	case "list":
		fs.StringVar(&statuses, "status", "", "statuses, comma-separated: open, authorized, paid, review, expired, canceled")
		fs.StringVar(&from, "from", "", "created at or after: 2026-01-31 or 2026-01-31T12:00:00Z")
		fs.StringVar(&to, "to", "", "created before")
		fs.IntVar(&q.filter.Limit, "limit", 100, "at most so many")
	case "capture":
		fs.StringVar(&q.amount, "amount", "", "how much to take, like 10.99; all of it if not given")
	case "refund":
		fs.StringVar(&q.amount, "amount", "", "how much to give back, like 5.00; all that is left if not given")
		fs.StringVar(&q.reason, "reason", "", "duplicate, fraudulent or requested_by_customer")
	}
	return func() (err error) {
		for _, s := range list(statuses) {
			if !orders.Status(s).Known() {
				return fmt.Errorf("there is no status %q: open, authorized, paid, review, expired or canceled", s)
			}
			q.filter.Statuses = append(q.filter.Statuses, orders.Status(s))
		}
		q.filter.From, q.filter.To, err = span(from, to)
		return err
	}
}

func (q *orderQuery) check() error {
	switch {
	case q.sub == "list" && len(q.ids) > 0:
		return errors.New("list takes no ids: show does")
	case q.sub == "list" && q.filter.Limit < 1:
		return errors.New("--limit must be 1 or more")
	case q.sub == "show" && len(q.ids) == 0:
		return errors.New("show which order? Give its id")
	case q.sub != "list" && q.sub != "show" && len(q.ids) != 1:
		return fmt.Errorf("%s which order? Give one id", q.sub)
	}
	return nil
}
