package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"

	"checkoutd/internal/app"
	"checkoutd/internal/orders"
)

const ordersUsage = `usage: server orders <list|show|capture|cancel|refund|adopt> [flags] [orders]

  list     list orders, newest first; --status review lists those that need a decision,
           --disputed those whose payment was disputed
  show     show orders with their attempts, intents, refunds, disputes and operations. Name them by ID, by the
           number that the buyer sees, by your reference, by the buyer's e-mail address or reference, or by an
           object at Stripe (pi_…, sub_…, re_…, dp_…, evt_…, cus_…)
  capture  capture the hold of an order; with --amount capture a part and release the rest
  cancel   cancel an unpaid order and release its hold
  refund   refund the payment of an order, or with --amount a part of it
  adopt    ORDER INTENT: let an intent at Stripe that took money pay an order that does not know it

Capture, cancel, refund and adopt call Stripe with the configuration of the server. If the outcome of a command is unknown,
run the same command again: nothing is done twice.

`

// orderQuery is the meaning of the arguments.
type orderQuery struct {
	sub    string
	filter orders.Filter // of list
	ids    []string
	amount string // of capture and refund, in the order's currency; "" for all
	reason string // of refund
	fee    string // of refund: refund, keep, or "" for what the configuration says
	back   bool   // of refund: take the money back from the destination
	intent string // of adopt
}

// ordersCommand lists, shows or operates on orders.
func ordersCommand(ctx context.Context, args []string, e env) error {
	q, err := parseOrderQuery(args, e.err)
	if err != nil {
		return ignoreHelp(err)
	}

	return withOpened(ctx, e, app.OpenOrderReader, func(reader *app.OrderReader) error {
		switch q.sub {
		case "list":
			return listOrders(ctx, reader, q.filter, e.out)
		case "show":
			return showOrders(ctx, reader, q.ids, e)
		case "adopt":
			return adopt(ctx, reader, q, e)
		default:
			return operate(ctx, reader, q, e)
		}
	})
}

// parseOrderQuery parses the arguments of the command.
func parseOrderQuery(args []string, stderr io.Writer) (q orderQuery, err error) {
	if q.sub, err = subcommand("orders", ordersUsage, args, stderr,
		"list", "show", "capture", "cancel", "refund", "adopt"); err != nil {
		return q, err
	}

	fs := newFlags("orders "+q.sub, ordersUsage, stderr)
	parseFilter := q.defineFlags(fs)

	if q.ids, err = parseInterspersed(fs, args[1:]); err != nil {
		return q, err
	}
	if err := parseFilter(); err != nil {
		return q, err
	}

	if q.sub == "adopt" && len(q.ids) == 2 {
		q.ids, q.intent = q.ids[:1], q.ids[1]
	}

	return q, q.check()
}

// defineFlags defines the flags of the subcommand. Once they have been parsed,
// parseFilter sets the filter of list from their values.
func (q *orderQuery) defineFlags(fs *flag.FlagSet) (parseFilter func() error) {
	var statuses, from, to string
	switch q.sub {
	case "list":
		fs.StringVar(&statuses, "status", "",
			"`statuses`, comma-separated: open, authorized, paid, review, expired, canceled")
		fs.BoolVar(&q.filter.Disputed, "disputed", false, "only orders whose payment was disputed")
		fs.StringVar(&from, "from", "", "created at or after this `time`: 2026-01-31 or 2026-01-31T12:00:00Z")
		fs.StringVar(&to, "to", "", "created before this `time`")
		fs.IntVar(&q.filter.Limit, "limit", 100, "list at most this `number` of orders")

	case "capture":
		fs.StringVar(&q.amount, "amount", "", "the `amount` to capture, like 10.99 (default: the whole hold)")
	case "refund":
		fs.StringVar(&q.amount, "amount", "", "the `amount` to refund, like 5.00 (default: all that is left)")
		fs.StringVar(&q.reason, "reason", "", "the `reason`: duplicate, fraudulent or requested_by_customer")
		fs.StringVar(&q.fee, "fee", "", "refund or keep the platform's `fee` (default: as CONNECT_FEE_REFUND says)")
		fs.BoolVar(&q.back, "reverse-transfer", false,
			"take the money back from the destination of a destination charge")
	}

	return func() (err error) {
		for _, s := range splitList(statuses) {
			if !orders.Status(s).Known() {
				return fmt.Errorf("--status: unknown status %q: "+
					"use open, authorized, paid, review, expired or canceled", s)
			}

			q.filter.Statuses = append(q.filter.Statuses, orders.Status(s))
		}

		q.filter.From, q.filter.To, err = parseRange(from, to)
		return err
	}
}

// check reports what the subcommand lacks.
func (q *orderQuery) check() error {
	switch {
	case q.fee != "" && q.fee != "refund" && q.fee != "keep":
		return errors.New("--fee must be refund or keep")
	case q.sub == "list" && len(q.ids) > 0:
		return errors.New("list takes no order IDs: use show")
	case q.sub == "list" && q.filter.Limit < 1:
		return errors.New("--limit must be 1 or more")
	case q.sub == "show" && len(q.ids) == 0:
		return errors.New("show needs an order: its ID or number, your reference, an e-mail address, pi_…, evt_…")
	case q.sub == "adopt" && q.intent == "":
		return errors.New("adopt needs the ID of an order and the ID of an intent")
	case q.sub != "list" && q.sub != "show" && len(q.ids) != 1:
		return fmt.Errorf("%s needs exactly one order ID", q.sub)
	}

	return nil
}
