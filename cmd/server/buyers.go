package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"checkoutd/internal/app"
)

const buyersUsage = `usage: server buyers revoke <customer ID>
       server buyers revoke --all

  revoke  forget a returning buyer, or all of them, in every browser: the next order gets a new Stripe customer

The customer and the saved payment methods stay at Stripe. Orders that are open already keep their customer.

`

// buyersCommand revokes buyers.
func buyersCommand(ctx context.Context, args []string, e env) error {
	customer, err := parseRevocation(args, e.err)
	if err != nil {
		return ignoreHelp(err)
	}

	return withOpened(ctx, e, app.OpenBuyers, func(b *app.Buyers) error {
		n, err := b.Revoke(ctx, customer)
		if err != nil {
			return err
		}

		_, err = fmt.Fprintf(e.out, "revoked %d buyer token(s)\n", n)
		return err
	})
}

// parseRevocation returns the customer that the arguments name, "" for all.
func parseRevocation(args []string, stderr io.Writer) (customer string, err error) {
	if len(args) > 0 && isHelp(args[0]) {
		_, err := io.WriteString(stderr, buyersUsage)
		return "", cmp.Or(err, flag.ErrHelp)
	}

	if len(args) == 0 || args[0] != "revoke" {
		_, _ = io.WriteString(stderr, buyersUsage)
		return "", errors.New("buyers: the only subcommand is revoke")
	}

	var all bool
	fs := newFlags("buyers revoke", buyersUsage, stderr)
	fs.BoolVar(&all, "all", false, "revoke every buyer")

	words, err := parseInterspersed(fs, args[1:])

	switch {
	case err != nil:
		return "", err
	case all && len(words) == 0:
		return "", nil
	case all || len(words) != 1:
		return "", errors.New("buyers revoke needs one customer ID, or --all")
	case !strings.HasPrefix(words[0], "cus_"):
		return "", fmt.Errorf("%q is not the ID of a Stripe customer, which begins with cus_", words[0])
	}

	return words[0], nil
}
