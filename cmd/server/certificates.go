package main

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"checkoutd/internal/app"
	"checkoutd/internal/cli"
)

// certificatesCommand shows certificates, or has one renewed.
func certificatesCommand() cli.Command {
	return cli.Command{
		Name:  "certificates",
		Short: "the certificates of the server's own https: list, renew",
		Long: `A running server follows within a minute. The CA counts every try: Let's Encrypt gives five equal certificates
			a week, and refuses a name for an hour after five failures.`,
		Example: "server certificates list",
		Commands: []cli.Command{
			{
				Name:    "list",
				Short:   "list the certificates, with what became of the last try",
				Example: "server certificates list",
				JSON:    "name, state, until, ca, next_try, problem",
				Paged:   true,
				New:     plain(listCertificates),
			},
			{
				Name:    "renew",
				Args:    "NAME",
				Short:   "get a new certificate for a name now",
				Long:    "Use it after a failure whose cause has ended, or if the key may be known to others.",
				Example: "server certificates renew pay.shop.example",
				JSON:    "one object with due, the name",
				New:     plain(renewCertificate),
			},
		},
	}
}

func renewCertificate(ctx context.Context, words []string, e env) error {
	if len(words) != 1 {
		return cli.Usage("certificates renew needs one name of TLS_DOMAINS")
	}

	name := words[0]
	return withOpened(ctx, e, app.OpenCertificates, func(c *app.Certificates) error {
		n, err := c.Renew(ctx, name)
		if err == nil && n == 0 {
			err = cli.WithExitCode(cli.ExitNotFound,
				fmt.Errorf("%s: there is no certificate of this name, or a server is getting one now", name))
		}
		if err != nil {
			return err
		}
		return e.Result(cli.Object{"due": name}, "%s is due: the server gets a certificate within a minute\n", name)
	})
}

func listCertificates(ctx context.Context, _ []string, e env) error {
	return withOpened(ctx, e, app.OpenCertificates, func(c *app.Certificates) error {
		list, err := c.List(ctx)
		if err != nil {
			return err
		}

		out := e.List("NAME", "STATE", "UNTIL", "CA", "NEXT TRY", "PROBLEM")
		for _, v := range list {
			ca := v.Directory
			if u, err := url.Parse(ca); err == nil {
				ca = u.Host
			}

			until := v.NotAfter
			if v.Chain == "" {
				until = time.Time{}
			}
			state := certificateState(v.Chain != "", v.NotAfter, v.LeaseToken != "", v.Tries)
			if err := out.Add(nil, v.Domain, cli.State(state), until, ca, v.NextAt, cli.Text(v.Problem)); err != nil {
				return err
			}
		}
		return out.Close()
	})
}

func certificateState(there bool, until time.Time, working bool, tries int64) string {
	switch {
	case working:
		return "the CA is asked"
	case there && time.Now().After(until):
		return "ended"
	case tries > 0:
		return fmt.Sprintf("failed %d times", tries)
	case !there:
		return "not asked yet"
	}
	return "ok"
}
