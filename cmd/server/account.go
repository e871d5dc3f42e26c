package main

import (
	"cmp"
	"context"
	"regexp"

	"checkoutd/internal/app"
	"checkoutd/internal/cli"
)

var accountPattern = regexp.MustCompile(`^acct_[A-Za-z0-9]{1,250}$`)

// accountCommand shows or sets which Stripe account the orders belong to.
func accountCommand() cli.Command {
	return cli.Command{
		Name:  "account",
		Args:  "[acct_…]",
		Short: "show or change which Stripe account the orders belong to",
		Long: `Without an argument it prints the ID of the Stripe account that the orders in the database belong to. A server
			does not start with a key of another account.

			With an account's ID it says that the shop has moved there for good. Payments, refunds and saved payment methods
			of the former account stay there: settle what is open first, and stop the servers with the former keys.`,
		Example: "server account",
		JSON:    "one object with the account, null if it is not known yet",
		New:     plain(runAccount),
	}
}

func runAccount(ctx context.Context, words []string, e env) error {
	id := ""
	if len(words) > 0 {
		id = words[0]
	}
	if len(words) > 1 || len(words) == 1 && !accountPattern.MatchString(id) {
		return cli.Usage("account takes the ID of a Stripe account (acct_…), or nothing")
	}

	return withOpened(ctx, e, app.OpenAccount, func(a *app.Account) error {
		if id != "" {
			if err := a.Move(ctx, id); err != nil {
				return err
			}
		}

		bound, err := a.ID(ctx)
		if err != nil {
			return err
		}

		return e.Result(cli.Object{"account": bound}, "%s\n",
			cmp.Or(bound, "not known yet: a server finds it out when it starts"))
	})
}
