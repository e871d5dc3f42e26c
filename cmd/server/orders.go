package main

import (
	"context"
	"flag"

	"checkoutd/internal/app"
	"checkoutd/internal/cli"
	"checkoutd/internal/orders"
)

// ordersCommand lists, shows or operates on orders.
func ordersCommand() cli.Command {
	const again = `It calls Stripe with the configuration of the server. If the outcome is unknown, run the same command again:
		nothing is done twice.`
	const order = "the order as the API has it, with what was done in its operation"

	return cli.Command{
		Name:    "orders",
		Short:   "list or show orders; capture, cancel, refund or adopt for one",
		Example: "server orders list --status review\nserver orders show K3PSX4BP",
		Commands: []cli.Command{
			{
				Name:    "list",
				Short:   "list orders, newest first",
				Long:    "Those that need a decision have the status review.",
				Example: "server orders list --status review\nserver orders list --from 2026-01-01 --to 2026-02-01 --json",
				JSON:    "an order as the API has it (docs/api.md)",
				Paged:   true,
				New:     newOrdersList,
			},
			{
				Name:  "show",
				Args:  "ORDER…",
				Short: "show orders with their attempts, intents, refunds, disputes and operations",
				Long: `Name them by ID, by the number that the buyer sees, by your reference, by the buyer's e-mail address or
					reference, or by an object at Stripe: pi_…, ch_… or py_… (Stripe is asked for its payment), sub_…, re_…,
					dp_…, evt_…, cus_….`,
				Example: "server orders show K3PSX4BP\nserver orders show ada@example.com\nserver orders show pi_…",
				JSON: "an order as the API has it, with attempts, intents, subscriptions, refunds, disputes, " +
					"foreign_payments and operations",
				Paged: true,
				New:   plain(showOrders),
			},
			{
				Name:    "capture",
				Args:    "ORDER",
				Short:   "capture the hold of an order; with --amount capture a part and release the rest",
				Long:    again,
				Example: "server orders capture ord_… --amount 10.99",
				JSON:    order,
				New:     newCapture,
			},
			{
				Name:    "cancel",
				Args:    "ORDER",
				Short:   "cancel an unpaid order and release its hold",
				Long:    again,
				Example: "server orders cancel ord_…",
				JSON:    order,
				New: plain(func(ctx context.Context, words []string, e env) error {
					return withOrder(ctx, orderQuery{kind: "cancel"}, words, e)
				}),
			},
			{
				Name:    "refund",
				Args:    "ORDER",
				Short:   "refund the payment of an order, or with --amount a part of it",
				Long:    again,
				Example: "server orders refund ord_… --amount 5.00 --reason requested_by_customer",
				JSON:    order,
				New:     newRefund,
			},
			{
				Name:    "adopt",
				Args:    "ORDER INTENT",
				Short:   "let an intent at Stripe that took money pay an order that does not know it",
				Long:    again,
				Example: "server orders adopt ord_… pi_…",
				JSON:    "the order as the API has it",
				New:     plain(adopt),
			},
		},
	}
}

func newOrdersList(fs *flag.FlagSet) cli.Action {
	var f orders.Filter
	statuses := fs.String("status", "",
		"`statuses`, comma-separated: open, authorized, paid, review, expired, canceled")
	fs.BoolVar(&f.Disputed, "disputed", false, "only orders whose payment was disputed")
	from := fs.String("from", "", "created at or after this `time`: 2026-01-31 or 2026-01-31T12:00:00Z")
	to := fs.String("to", "", "created before this `time`")
	fs.IntVar(&f.Limit, "limit", 100, "list at most this `number` of orders")

	return func(ctx context.Context, _ []string, e env) (err error) {
		for _, s := range splitList(*statuses) {
			if !orders.Status(s).Known() {
				return cli.Usage("--status: unknown status %q: "+
					"use open, authorized, paid, review, expired or canceled", s)
			}
			f.Statuses = append(f.Statuses, orders.Status(s))
		}

		if f.From, f.To, err = parseRange(*from, *to); err != nil {
			return err
		}
		if f.Limit < 1 {
			return cli.Usage("--limit must be 1 or more")
		}

		return withOpened(ctx, e, app.OpenOrderReader, func(reader *app.OrderReader) error {
			return listOrders(ctx, reader, f, e)
		})
	}
}

func newCapture(fs *flag.FlagSet) cli.Action {
	q := orderQuery{kind: "capture"}
	fs.StringVar(&q.amount, "amount", "", "the `amount` to capture, like 10.99 (default: the whole hold)")

	return func(ctx context.Context, words []string, e env) error { return withOrder(ctx, q, words, e) }
}

func newRefund(fs *flag.FlagSet) cli.Action {
	q := orderQuery{kind: "refund"}
	fs.StringVar(&q.amount, "amount", "", "the `amount` to refund, like 5.00 (default: all that is left)")
	fs.StringVar(&q.reason, "reason", "", "the `reason`: duplicate, fraudulent or requested_by_customer")
	fs.StringVar(&q.fee, "fee", "", "refund or keep the platform's `fee` (default: as CONNECT_FEE_REFUND says)")
	fs.BoolVar(&q.back, "reverse-transfer", false, "take the money back from the destination of a destination charge")

	return func(ctx context.Context, words []string, e env) error {
		if q.fee != "" && q.fee != "refund" && q.fee != "keep" {
			return cli.Usage("--fee must be refund or keep")
		}
		return withOrder(ctx, q, words, e)
	}
}
