package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"regexp"

	"checkoutd/internal/app"
)

const accountUsage = `usage: server account
       server account acct_…

Without an argument it prints the ID of the Stripe account that the orders in the database belong to. A server
does not start with a key of another account.

With an account's ID it says that the shop has moved there for good. Payments, refunds and saved payment methods
of the former account stay there: settle what is open first, and stop the servers with the former keys.

`

var accountPattern = regexp.MustCompile(`^acct_[A-Za-z0-9]{1,250}$`)

// accountCommand shows or sets which Stripe account the orders belong to.
func accountCommand(ctx context.Context, args []string, e env) error {
	id, err := parseAccount(args, e.err)
	if err != nil {
		return ignoreHelp(err)
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

		_, err = fmt.Fprintln(e.out, cmp.Or(bound, "not known yet: a server finds it out when it starts"))
		return err
	})
}

// parseAccount returns the account to move to, "" for none.
func parseAccount(args []string, stderr io.Writer) (id string, err error) {
	switch {
	case len(args) == 0:
		return "", nil

	case isHelp(args[0]):
		_, err := io.WriteString(stderr, accountUsage)
		return "", cmp.Or(err, flag.ErrHelp)

	case len(args) == 1 && accountPattern.MatchString(args[0]):
		return args[0], nil
	}

	_, _ = io.WriteString(stderr, accountUsage)
	return "", errors.New("account takes the ID of a Stripe account (acct_…), or nothing")
}
