package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"text/tabwriter"
	"time"

	"checkoutd/internal/app"
)

const certificatesUsage = `usage: server certificates list
       server certificates renew <name>

  list   list the certificates of the server's own https, with what became of the last try
  renew  get a new one for a name now: after a failure whose cause has ended, or if the key may be known

A running server follows within a minute. The CA counts every try: Let's Encrypt gives five equal certificates a week,
and refuses a name for an hour after five failures.

`

// certificatesCommand shows certificates, or has one renewed.
func certificatesCommand(ctx context.Context, args []string, e env) error {
	name, err := parseCertificates(args, e.err)
	if err != nil {
		return ignoreHelp(err)
	}

	return withOpened(ctx, e, app.OpenCertificates, func(c *app.Certificates) error {
		if name == "" {
			return listCertificates(ctx, c, e.out)
		}

		n, err := c.Renew(ctx, name)
		if err == nil && n == 0 {
			err = withExitCode(exitNotFound,
				fmt.Errorf("%s: there is no certificate of this name, or a server is getting one now", name))
		}
		if err != nil {
			return err
		}

		_, err = fmt.Fprintf(e.out, "%s is due: the server gets a certificate within a minute\n", name)
		return err
	})
}

// parseCertificates returns the name to renew, "" for the list.
func parseCertificates(args []string, stderr io.Writer) (name string, err error) {
	sub, err := subcommand("certificates", certificatesUsage, args, stderr, "list", "renew")
	if err != nil {
		return "", err
	}

	fs := newFlags("certificates "+sub, certificatesUsage, stderr)
	words, err := parseInterspersed(fs, args[1:])
	switch {
	case err != nil:
		return "", err
	case sub == "renew" && len(words) == 1:
		return words[0], nil
	case sub == "renew":
		return "", errors.New("certificates renew needs one name of TLS_DOMAINS")
	case len(words) > 0:
		return "", fmt.Errorf("certificates list: unexpected argument %q", words[0])
	}
	return "", nil
}

func listCertificates(ctx context.Context, c *app.Certificates, out io.Writer) error {
	list, err := c.List(ctx)
	if err != nil {
		return err
	}

	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "NAME\tCA\tUNTIL\tSTATE\tNEXT TRY\tPROBLEM")
	for _, v := range list {
		ca := v.Directory
		if u, err := url.Parse(ca); err == nil {
			ca = u.Host
		}

		until := formatTime(v.NotAfter)
		if v.Chain == "" {
			until = "-"
		}
		state := certificateState(v.Chain != "", v.NotAfter, v.LeaseToken != "", v.Tries)
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", v.Domain, ca, until, state, formatTime(v.NextAt), v.Problem)
	}

	return w.Flush()
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
