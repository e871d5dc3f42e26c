package main

import (
	"context"
	"flag"
	"strings"

	"checkoutd/internal/app"
	"checkoutd/internal/cli"
)

// buyersCommand revokes buyers.
func buyersCommand() cli.Command {
	return cli.Command{
		Name:  "buyers",
		Short: "make browsers forget a returning buyer",
		Commands: []cli.Command{{
			Name:  "revoke",
			Args:  "[cus_…]",
			Short: "forget a returning buyer, or all of them, in every browser",
			Long: `The next order of the buyer gets a new Stripe customer. The customer and the saved payment methods stay at
				Stripe. Orders that are open already keep their customer.`,
			Example: "server buyers revoke cus_…\nserver buyers revoke --all",
			JSON:    "one object with revoked, the number of browsers that forget",
			New:     newBuyersRevoke,
		}},
		Example: "server buyers revoke cus_…",
	}
}

func newBuyersRevoke(fs *flag.FlagSet) cli.Action {
	all := fs.Bool("all", false, "revoke every buyer")

	return func(ctx context.Context, words []string, e env) error {
		customer := "" // all
		switch {
		case *all && len(words) == 0:
		case *all || len(words) != 1:
			return cli.Usage("buyers revoke needs one customer ID, or --all")
		case !strings.HasPrefix(words[0], "cus_"):
			return cli.Usage("%q is not the ID of a Stripe customer, which begins with cus_", words[0])
		default:
			customer = words[0]
		}

		return withOpened(ctx, e, app.OpenBuyers, func(b *app.Buyers) error {
			n, err := b.Revoke(ctx, customer)
			if err != nil {
				return err
			}
			return e.Result(cli.Object{"revoked": n}, "revoked %d buyer token(s)\n", n)
		})
	}
}
