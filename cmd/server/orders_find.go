package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"checkoutd/internal/app"
	"checkoutd/internal/cli"
	"checkoutd/internal/orders"
)

// stripeObjects says what those objects of Stripe's are by which no order is
// found, by the prefix of their IDs, and what to name instead.
var stripeObjects = map[string]string{
	"in":     "an invoice of Stripe's: name its payment (pi_…) or its subscription (sub_…)",
	"cs":     "a Checkout Session, with which checkoutd takes no payments: name its payment (pi_…)",
	"pm":     "a payment method: name its customer (cus_…) or a payment (pi_…)",
	"ctoken": "a ConfirmationToken, which is not stored: name the payment (pi_…)",
	"txn":    "a balance transaction: name its charge (ch_…) or its payment (pi_…)",
	"po":     "a payout, which is of many payments",
	"acct":   "a connected account: use \"server connect show\"",
	"we":     "a webhook endpoint: use \"server endpoints list\"",
	"price":  "a price of Stripe's, which many orders may have",
	"prod":   "a product of Stripe's, which many orders may have",
	"seti":   "a SetupIntent that no order here has",
	"pi":     "a PaymentIntent that no order here has: \"server drift\" finds payments without an order",
	"sub":    "a subscription that no order here has",
	"re":     "a refund of no order here",
	"pyr":    "a refund of no order here",
	"dp":     "a dispute about no order here",
	"du":     "a dispute about no order here",
	"evt":    "an event of no order here: use \"server events show\"",
	"drf":    "a finding: use \"server drift list\"",
	"eml":    "an e-mail: use \"server mails list\"",
	"key":    "an API key: use \"server keys list\"",
}

// findOrders returns the IDs of the orders that a word is about, up to one more
// than are shown.
func findOrders(ctx context.Context, reader *app.OrderReader, word string, e env) ([]string, error) {
	ids, err := reader.Find(ctx, word, maxFound+1)
	if err != nil || len(ids) > 0 {
		return ids, err
	}

	prefix, _, ok := strings.Cut(word, "_")
	what := stripeObjects[prefix]
	switch {
	case !ok:
		return nil, orders.ErrNotFound
	case prefix == "ch" || prefix == "py":
		return ordersOfCharge(ctx, reader, word, e)
	case what != "":
		return nil, cli.WithExitCode(cli.ExitNotFound, errors.New("this is "+what))
	}
	return nil, orders.ErrNotFound
}

// ordersOfCharge asks Stripe for the intent of a charge, since the IDs of
// charges are not stored.
func ordersOfCharge(ctx context.Context, reader *app.OrderReader, charge string, e env) ([]string, error) {
	mode, err := reader.Mode(ctx)
	if err != nil {
		return nil, err
	}

	cfg, log, err := load(mode, e)
	if err != nil {
		return nil, cli.WithExitCode(cli.ExitCode(err), fmt.Errorf(
			"charges are not stored here, and Stripe cannot be asked without the settings of the server "+
				"(name the payment, pi_…, instead): %w", err))
	}

	intent, err := reader.IntentOfCharge(ctx, cfg, versionText(), log, charge)
	if err != nil {
		return nil, fmt.Errorf("charges are not stored here, and Stripe could not be asked: %w", err)
	}
	if intent == "" {
		return nil, cli.WithExitCode(cli.ExitNotFound, errors.New(
			"your own account at Stripe has no payment with this charge; for one of a connected account, name the payment (pi_…)"))
	}

	ids, err := reader.Find(ctx, intent, maxFound+1)
	if err == nil && len(ids) == 0 {
		err = cli.WithExitCode(cli.ExitNotFound, fmt.Errorf("this is a charge of %s, which no order here has", intent))
	}
	return ids, err
}
