package main

import (
	"context"
	"flag"
	"fmt"
	"strings"
	"time"

	"checkoutd/internal/app"
	"checkoutd/internal/cli"
	"checkoutd/internal/connect"
)

// connectCommand manages the connected accounts.
func connectCommand() cli.Command {
	const account = "an account as the API has it"
	return cli.Command{
		Name:    "connect",
		Short:   "the Stripe accounts of others: list, show, link, sync, deauthorize, mirror, report",
		Example: "server connect link --reference customer-17",
		Commands: []cli.Command{
			{
				Name:    "list",
				Short:   "list the Stripe accounts of others that are connected, newest first",
				Example: "server connect list --state connected",
				JSON:    account,
				Paged:   true,
				New:     newConnectList,
			},
			{
				Name:    "show",
				Args:    "ACCOUNT",
				Short:   "show what is known of an account",
				Example: "server connect show acct_…",
				JSON:    account,
				New: plain(func(ctx context.Context, words []string, e env) error {
					return withAccount(ctx, "show", words, e, func(c *app.Connections, id string) (connect.Account, error) {
						return c.ConnectAccount(ctx, id)
					})
				}),
			},
			{
				Name:    "link",
				Short:   "print an address by which somebody can connect an account",
				Long:    "The first line of the output is the address alone, so that a script can read it.",
				Example: "server connect link --reference customer-17 --expires-in 48h",
				JSON:    "one object: url, id, reference, expires_at",
				New:     newConnectLink,
			},
			{
				Name:    "sync",
				Args:    "ACCOUNT",
				Short:   "read an account at Stripe",
				Example: "server connect sync acct_…",
				JSON:    account,
				New:     plain(atStripe("sync", (*connect.Service).Sync)),
			},
			{
				Name:    "deauthorize",
				Args:    "ACCOUNT",
				Short:   "disconnect an account, at Stripe and here",
				Example: "server connect deauthorize acct_…",
				JSON:    account,
				New:     plain(atStripe("deauthorize", (*connect.Service).Deauthorize)),
			},
			mirrorCommand(),
			reportCommand(),
		},
	}
}

// withAccount prints the account that read returns for the one ID among words.
func withAccount(
	ctx context.Context, command string, words []string, e env,
	read func(c *app.Connections, id string) (connect.Account, error),
) error {
	if len(words) != 1 || !strings.HasPrefix(words[0], "acct_") {
		return cli.Usage("connect %s needs the ID of an account, as \"connect list\" shows it: acct_…", command)
	}

	return withOpened(ctx, e, app.OpenConnections, func(c *app.Connections) error {
		a, err := read(c, words[0])
		if err != nil {
			return fmt.Errorf("%s: %w", words[0], publicError(err))
		}
		return showAccount(e, a)
	})
}

// atStripe returns the action that does something with an account at Stripe.
func atStripe(
	command string, do func(*connect.Service, context.Context, string) (connect.Account, error),
) cli.Action {
	return func(ctx context.Context, words []string, e env) error {
		return withAccount(ctx, command, words, e, func(c *app.Connections, id string) (a connect.Account, err error) {
			service, err := openConnect(ctx, c, e)
			if err != nil {
				return a, err
			}
			return do(service, ctx, id)
		})
	}
}

// openConnect returns what connects accounts, with the configuration of the
// server.
func openConnect(ctx context.Context, c *app.Connections, e env) (*connect.Service, error) {
	mode, err := c.Mode(ctx)
	if err != nil {
		return nil, err
	}
	cfg, log, err := load(mode, e)
	if err != nil {
		return nil, err
	}
	return c.Service(ctx, cfg, versionText(), log, time.Now)
}

func newConnectList(fs *flag.FlagSet) cli.Action {
	var f connect.Filter
	state := fs.String("state", "", "only those that are in this `state`: connected or disconnected")
	fs.StringVar(&f.Reference, "reference", "", "only those of a customer of yours")
	fs.StringVar(&f.After, "after", "", "the `ID` of the last account of the previous page")
	fs.IntVar(&f.Limit, "limit", 100, "list at most this `number` of accounts")

	return func(ctx context.Context, _ []string, e env) error {
		switch s := connect.State(*state); {
		case s == connect.Connected || s == connect.Disconnected:
			f.States = []connect.State{s}
		case s != "":
			return cli.Usage("--state is %q: use connected or disconnected", *state)
		}
		if f.Limit < 1 {
			return cli.Usage("--limit must be 1 or more")
		}

		return withOpened(ctx, e, app.OpenConnections, func(c *app.Connections) error {
			return listAccounts(ctx, c, f, e)
		})
	}
}

func listAccounts(ctx context.Context, c *app.Connections, f connect.Filter, e env) error {
	limit := f.Limit
	f.Limit++
	list, err := c.ConnectAccounts(ctx, f)
	if err != nil {
		return publicError(err)
	}

	out := e.List("ID", "STATE", "REFERENCE", "SCOPE", "CONNECTED", "DISCONNECTED")
	for _, a := range list[:min(limit, len(list))] {
		if err := out.Add(connect.Render(&a), a.ID, cli.State(a.State), cli.Text(a.Reference), a.Scope,
			a.ConnectedAt, a.DisconnectedAt); err != nil {
			return err
		}
	}
	if err := out.Close(); err != nil {
		return err
	}
	return tellOfMore(e, len(list), limit)
}

func showAccount(e env, a connect.Account) error {
	if e.JSON {
		return e.Encode(connect.Render(&a))
	}

	return e.Record(
		"account", a.ID,
		"reference", cli.Text(a.Reference),
		"state", cli.State(a.State),
		"scope", a.Scope,
		"live", a.Livemode,
		"connected", a.ConnectedAt,
		"disconnected", strings.TrimSpace(e.Time(a.DisconnectedAt)+" "+string(a.Reason)),
		"charges enabled", a.ChargesEnabled,
		"payouts enabled", a.PayoutsEnabled,
		"country", a.Country,
		"currency", a.DefaultCurrency,
		"read", a.ReadAt,
	)
}

func newConnectLink(fs *flag.FlagSet) cli.Action {
	var req connect.LinkRequest
	fs.StringVar(&req.Reference, "reference", "", "your name of the customer who will connect an account")
	fs.StringVar(&req.ReturnURL, "return-url", "", "the `URL` where the person goes on")
	lifetime := fs.Duration("expires-in", connect.DefaultLifetime, "how long the link is valid, like 30m or 48h")

	return func(ctx context.Context, _ []string, e env) error {
		if req.Reference == "" {
			return cli.Usage("connect link needs --reference: for which of your customers the account will be connected")
		}
		req.ExpiresIn = int(lifetime.Seconds())

		return withOpened(ctx, e, app.OpenConnections, func(c *app.Connections) error {
			service, err := openConnect(ctx, c, e)
			if err != nil {
				return err
			}
			return makeLink(ctx, service, req, e)
		})
	}
}

// makeLink prints the address alone on standard output's first line, so that a
// script can read it.
func makeLink(ctx context.Context, s *connect.Service, req connect.LinkRequest, e env) error {
	token := connect.NewToken()
	l, err := s.CreateLink(ctx, req, "", token)
	if err != nil {
		return publicError(err)
	}

	url := s.URL(l.ID, token)
	object := cli.Object{"url": url, "id": l.ID, "reference": l.Reference, "expires_at": l.ExpiresAt}
	return e.Result(object, "%s\ncreated %s for %s: valid until %s\n",
		url, l.ID, cli.Printable(l.Reference), e.Time(l.ExpiresAt))
}
