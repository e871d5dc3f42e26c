package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"checkoutd/internal/app"
	"checkoutd/internal/connect"
)

const connectUsage = `usage: server connect list [--state connected|disconnected] [--reference TEXT] [--after ID]
                           [--limit N]
       server connect show <account ID>
       server connect link --reference TEXT [--return-url URL] [--expires-in DURATION]
       server connect sync <account ID>
       server connect deauthorize <account ID>
       server connect mirror <account ID> [--start] [--since TIME|all] [--watch]
       server connect report <account ID> <report> [--from DAY] [--to DAY] [--format csv|json]

  list         list the Stripe accounts of others that are connected, newest first
  show         show what is known of an account
  link         print an address by which somebody can connect an account
  sync         read an account at Stripe
  deauthorize  disconnect an account, at Stripe and here
  mirror       show how far the copy of an account's payments has come; --start and --since start it
  report       print sums by day: payments, success, declines, refunds, disputes or fees

The server may be running.

`

// connectQuery is the meaning of the arguments.
type connectQuery struct {
	sub, id string
	filter  connect.Filter
	link    connect.LinkRequest
}

// connectCommand manages the connected accounts.
func connectCommand(ctx context.Context, args []string, e env) error {
	if len(args) > 0 {
		switch args[0] {
		case "mirror":
			return mirrorCommand(ctx, args[1:], e)
		case "report":
			return reportCommand(ctx, args[1:], e)
		}
	}

	q, err := parseConnectQuery(args, e.err)
	if err != nil {
		return ignoreHelp(err)
	}

	return withOpened(ctx, e, app.OpenConnections, func(c *app.Connections) error {
		switch q.sub {
		case "list":
			return listAccounts(ctx, c, q.filter, e.out)
		case "show":
			a, err := c.ConnectAccount(ctx, q.id)
			return showAccount(e.out, q.id, a, err)
		}

		service, err := openConnect(ctx, c, e)
		if err != nil {
			return err
		}

		switch q.sub {
		case "link":
			return makeLink(ctx, service, q.link, e.out)
		case "sync":
			a, err := service.Sync(ctx, q.id)
			return showAccount(e.out, q.id, a, err)
		default:
			a, err := service.Deauthorize(ctx, q.id)
			return showAccount(e.out, q.id, a, err)
		}
	})
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

// parseConnectQuery parses the arguments of the command.
func parseConnectQuery(args []string, stderr io.Writer) (q connectQuery, err error) {
	if q.sub, err = subcommand("connect", connectUsage, args, stderr,
		"list", "show", "link", "sync", "deauthorize", "mirror", "report"); err != nil {
		return q, err
	}

	var state string
	var expiresIn time.Duration
	fs := newFlags("connect "+q.sub, connectUsage, stderr)

	switch q.sub {
	case "list":
		fs.StringVar(&state, "state", "", "only those that are connected, or disconnected")
		fs.StringVar(&q.filter.Reference, "reference", "", "only those of a customer of yours")
		fs.StringVar(&q.filter.After, "after", "", "the last account of the previous page")
		fs.IntVar(&q.filter.Limit, "limit", 100, "how many")
	case "link":
		fs.StringVar(&q.link.Reference, "reference", "", "your name of the customer who will connect an account")
		fs.StringVar(&q.link.ReturnURL, "return-url", "", "where the person goes on")
		fs.DurationVar(&expiresIn, "expires-in", connect.DefaultLifetime, "how long the link is valid, like 30m or 48h")
	}

	words, err := parseInterspersed(fs, args[1:])
	if err != nil {
		return q, err
	}

	q.link.ExpiresIn = int(expiresIn.Seconds())
	if state != "" {
		q.filter.States = []connect.State{connect.State(state)}
	}
	return q, q.check(state, words)
}

// check completes a query with the words that are no flags.
func (q *connectQuery) check(state string, words []string) error {
	needsID := q.sub == "show" || q.sub == "sync" || q.sub == "deauthorize"
	switch {
	case state != "" && state != string(connect.Connected) && state != string(connect.Disconnected):
		return fmt.Errorf("--state is %q: use connected or disconnected", state)
	case q.sub == "list" && q.filter.Limit < 1:
		return errors.New("--limit must be 1 or more")
	case q.sub == "link" && q.link.Reference == "":
		return errors.New("connect link needs --reference: for which of your customers the account will be connected")
	case needsID && (len(words) != 1 || !strings.HasPrefix(words[0], "acct_")):
		return fmt.Errorf("connect %s needs the ID of an account, as \"connect list\" shows it: acct_…", q.sub)
	case needsID:
		q.id = words[0]
	case len(words) > 0:
		return fmt.Errorf("connect %s: unexpected argument %q", q.sub, words[0])
	}
	return nil
}

func listAccounts(ctx context.Context, c *app.Connections, f connect.Filter, out io.Writer) error {
	list, err := c.ConnectAccounts(ctx, f)
	if err != nil {
		return publicError(err)
	}

	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "ID\tREFERENCE\tSTATE\tSCOPE\tCONNECTED\tDISCONNECTED")
	for _, a := range list {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", a.ID, printable(a.Reference), a.State, a.Scope,
			formatTime(a.ConnectedAt), formatTime(a.DisconnectedAt))
	}

	return w.Flush()
}

// showAccount prints an account, or the error about it.
func showAccount(out io.Writer, id string, a connect.Account, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", id, publicError(err))
	}

	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, row := range [][2]string{
		{"account", a.ID},
		{"reference", printable(a.Reference)},
		{"state", string(a.State)},
		{"scope", string(a.Scope)},
		{"live", fmt.Sprint(a.Livemode)},
		{"connected", formatTime(a.ConnectedAt)},
		{"disconnected", strings.TrimSpace(formatTime(a.DisconnectedAt) + " " + string(a.Reason))},
		{"charges enabled", fmt.Sprint(a.ChargesEnabled)},
		{"payouts enabled", fmt.Sprint(a.PayoutsEnabled)},
		{"country", a.Country},
		{"currency", a.DefaultCurrency},
		{"read", formatTime(a.ReadAt)},
	} {
		if row[1] != "" {
			_, _ = fmt.Fprintf(w, "%s\t%s\n", row[0], row[1])
		}
	}

	return w.Flush()
}

// makeLink prints the address alone on standard output's first line, so that a
// script can read it.
func makeLink(ctx context.Context, s *connect.Service, req connect.LinkRequest, out io.Writer) error {
	token := connect.NewToken()
	l, err := s.CreateLink(ctx, req, "", token)
	if err != nil {
		return publicError(err)
	}
	_, err = fmt.Fprintf(out, "%s\ncreated %s for %s: valid until %s\n",
		s.URL(l.ID, token), l.ID, printable(l.Reference), formatTime(l.ExpiresAt))
	return err
}
