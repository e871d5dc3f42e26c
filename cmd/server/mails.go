package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"checkoutd/internal/app"
)

const mailsUsage = `usage: server mails list [--order ID] [--limit N]
       server mails resend <e-mail ID>

  list    list the newest e-mails, with what became of them
  resend  send an e-mail that failed, is unknown or was skipped once more

An e-mail is unknown if the connection to the mail server broke after all of it had been handed over: it may have
arrived. It is not sent again by itself. The server may be running; it sends what is due.

`

// mailsQuery is the meaning of the arguments.
type mailsQuery struct {
	order, resend string
	limit         int
}

// mailsCommand shows e-mails, or sends one again.
func mailsCommand(ctx context.Context, args []string, e env) error {
	q, err := parseMailsQuery(args, e.err)
	if err != nil {
		return ignoreHelp(err)
	}

	return withOpened(ctx, e, app.OpenEmails, func(l *app.Emails) error {
		if q.resend == "" {
			return listMails(ctx, l, q, e.out)
		}

		ok, err := l.Resend(ctx, q.resend)
		if err == nil && !ok {
			err = withExitCode(exitNotFound,
				fmt.Errorf("%s: there is no such e-mail, or it is due or sent already", q.resend))
		}
		if err != nil {
			return err
		}

		_, err = fmt.Fprintf(e.out, "%s is due\n", q.resend)
		return err
	})
}

// parseMailsQuery parses the arguments of the command.
func parseMailsQuery(args []string, stderr io.Writer) (q mailsQuery, err error) {
	sub, err := subcommand("mails", mailsUsage, args, stderr, "list", "resend")
	if err != nil {
		return q, err
	}

	fs := newFlags("mails "+sub, mailsUsage, stderr)
	if sub == "list" {
		fs.StringVar(&q.order, "order", "", "only the e-mails about this order")
		fs.IntVar(&q.limit, "limit", 50, "how many, 1 to 1000")
	}

	words, err := parseInterspersed(fs, args[1:])
	switch {
	case err != nil:
		return q, err
	case sub == "resend" && len(words) == 1:
		q.resend = words[0]
	case sub == "resend":
		return q, errors.New("mails resend needs the ID of an e-mail, as \"mails list\" shows it: eml_…")
	case len(words) > 0:
		return q, fmt.Errorf("mails list: unexpected argument %q", words[0])
	case q.limit < 1 || q.limit > 1000:
		return q, errors.New("mails list: --limit is 1 to 1000")
	}

	return q, nil
}

func listMails(ctx context.Context, l *app.Emails, q mailsQuery, out io.Writer) error {
	list, err := l.List(ctx, q.order, q.limit)
	if err != nil {
		return err
	}

	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "ID\tCREATED\tORDER\tABOUT\tTO\tSTATE\tTRIES\tDONE\tPROBLEM")
	for _, m := range list {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\t%s\n", m.ID, formatTime(m.CreatedAt), m.OrderID, m.Kind,
			m.Recipient, m.State, m.Tries, formatTime(m.DoneAt), m.Problem)
	}

	return w.Flush()
}
