package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"checkoutd/internal/api"
	"checkoutd/internal/app"
)

const keysUsage = `usage: server keys create --name NAME --scope read|write|refund
       server keys list
       server keys revoke <key ID>

  create  create a key for the shop's backend, and print it once
  list    list the keys, with their last use
  revoke  end a key for good, at once

A key with the scope write may do all that read may, and refund all that write may. The server may be running.

`

// keysQuery is the meaning of the arguments.
type keysQuery struct {
	sub, name, id string
	scope         api.Scope
}

// keysCommand manages the keys of the shop's backend.
func keysCommand(ctx context.Context, args []string, e env) error {
	q, err := parseKeysQuery(args, e.err)
	if err != nil {
		return ignoreHelp(err)
	}

	return withOpened(ctx, e, app.OpenKeys, func(k *app.Keys) error {
		switch q.sub {
		case "create":
			return createKey(ctx, k, q, e.out)
		case "list":
			return listKeys(ctx, k, e.out)
		}

		if err := k.Revoke(ctx, q.id); err != nil {
			return fmt.Errorf("%s: %w", q.id, publicError(err))
		}
		_, err := fmt.Fprintf(e.out, "revoked %s\n", q.id)
		return err
	})
}

// parseKeysQuery parses the arguments of the command.
func parseKeysQuery(args []string, stderr io.Writer) (q keysQuery, err error) {
	if q.sub, err = subcommand("keys", keysUsage, args, stderr, "create", "list", "revoke"); err != nil {
		return q, err
	}

	var scope string
	fs := newFlags("keys "+q.sub, keysUsage, stderr)
	if q.sub == "create" {
		fs.StringVar(&q.name, "name", "", "whose key it is, for people")
		fs.StringVar(&scope, "scope", "", "what the key may do: read, write or refund")
	}

	words, err := parseInterspersed(fs, args[1:])
	q.scope = api.Scope(scope)

	switch {
	case err != nil:
		return q, err
	case q.sub == "create" && (q.name == "" || !q.scope.Known()):
		return q, errors.New("keys create needs --name, and --scope read, write or refund")
	case q.sub == "revoke" && len(words) == 1 && strings.HasPrefix(words[0], "key_"):
		q.id = words[0]
		return q, nil
	case q.sub == "revoke":
		return q, errors.New("keys revoke needs the ID of a key, as \"keys list\" shows it: key_…")
	case len(words) > 0:
		return q, fmt.Errorf("keys %s: unexpected argument %q", q.sub, words[0])
	}

	return q, nil
}

// createKey prints the key alone on standard output's first line, so that a
// script can read it.
func createKey(ctx context.Context, k *app.Keys, q keysQuery, out io.Writer) error {
	key, secret, err := k.Create(ctx, q.name, q.scope)
	if err != nil {
		return publicError(err)
	}

	_, err = fmt.Fprintf(out, "%s\ncreated %s (%s, scope %s): keep the key above, nothing shows it again\n",
		secret, key.ID, key.Name, key.Scope)
	return err
}

func listKeys(ctx context.Context, k *app.Keys, out io.Writer) error {
	list, err := k.List(ctx)
	if err != nil {
		return err
	}

	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "ID\tNAME\tSCOPE\tKEY\tCREATED\tLAST USED\tREVOKED")
	for _, key := range list {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", key.ID, printable(key.Name), key.Scope, key.Hint,
			formatTime(key.CreatedAt), formatTime(key.LastUsedAt), formatTime(key.RevokedAt))
	}

	return w.Flush()
}
