package main

import (
	"context"
	"flag"
	"fmt"

	"checkoutd/internal/app"
	"checkoutd/internal/cli"
)

// mailsCommand shows e-mails, or sends one again.
func mailsCommand() cli.Command {
	return cli.Command{
		Name:  "mails",
		Short: "list the e-mails to buyers and to the shop, or send one again",
		Long: `An e-mail is unknown if the connection to the mail server broke after all of it had been handed over: it may
			have arrived. It is not sent again by itself.`,
		Example: "server mails list --order ord_…",
		Commands: []cli.Command{
			{
				Name:    "list",
				Short:   "list the newest e-mails, with what became of them",
				Example: "server mails list --limit 10",
				JSON:    "id, created, state, order, about, to, tries, problem, done",
				Paged:   true,
				New:     newMailsList,
			},
			{
				Name:    "resend",
				Args:    "EMAIL",
				Short:   "send an e-mail that failed, is unknown or was skipped once more",
				Long:    "The running server sends it.",
				Example: "server mails resend eml_…",
				JSON:    "one object with due, the e-mail's ID",
				New:     plain(resendMail),
			},
		},
	}
}

func newMailsList(fs *flag.FlagSet) cli.Action {
	order := fs.String("order", "", "only the e-mails about this order, by its `ID`")
	limit := fs.Int("limit", 50, "list at most this `number` of e-mails")

	return func(ctx context.Context, _ []string, e env) error {
		if *limit < 1 {
			return cli.Usage("mails list: --limit is 1 or more")
		}

		return withOpened(ctx, e, app.OpenEmails, func(l *app.Emails) error {
			list, err := l.List(ctx, *order, *limit+1)
			if err != nil {
				return err
			}

			out := e.List("ID", "CREATED", "STATE", "ORDER", "ABOUT", "TO", "TRIES", "PROBLEM", "DONE")
			for _, m := range list[:min(*limit, len(list))] {
				if err := out.Add(nil, m.ID, m.CreatedAt, cli.State(m.State), m.OrderID, m.Kind, m.Recipient, m.Tries,
					cli.Text(m.Problem), m.DoneAt); err != nil {
					return err
				}
			}
			if err := out.Close(); err != nil {
				return err
			}
			return tellOfMore(e, len(list), *limit)
		})
	}
}

func resendMail(ctx context.Context, words []string, e env) error {
	if len(words) != 1 {
		return cli.Usage("mails resend needs the ID of an e-mail, as \"mails list\" shows it: eml_…")
	}

	return withOpened(ctx, e, app.OpenEmails, func(l *app.Emails) error {
		ok, err := l.Resend(ctx, words[0])
		if err == nil && !ok {
			err = cli.WithExitCode(cli.ExitNotFound,
				fmt.Errorf("%s: there is no such e-mail, or it is due or sent already", words[0]))
		}
		if err != nil {
			return err
		}
		return e.Result(cli.Object{"due": words[0]}, "%s is due\n", words[0])
	})
}
